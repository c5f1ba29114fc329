"""``bioplaus show``: what a run is and how far it came."""

from __future__ import annotations

import argparse
from pathlib import Path

from bioplaus.commands.outcome import print_summary
from bioplaus.records import RunReader

__all__ = ["configure", "configure_path", "execute"]


def configure_path(parser: argparse.ArgumentParser) -> None:
    """For commands that are told a run."""
    parser.add_argument("run", metavar="RUN", type=Path, help="a run directory")


configure = configure_path


def execute(options: argparse.Namespace) -> int:
    """Print it."""
    print_summary(RunReader(options.run))
    return 0
