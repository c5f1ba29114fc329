"""``bioplaus show``: what a run is and how far it came."""

from __future__ import annotations

import argparse
from pathlib import Path

from bioplaus.commands.outcome import print_summary
from bioplaus.records import RunReader

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options: a run, as other commands that are told one have it too."""
    parser.add_argument("run", metavar="RUN", type=Path, help="a run directory")


def execute(options: argparse.Namespace) -> int:
    """Print it."""
    print_summary(RunReader(options.run))
    return 0
