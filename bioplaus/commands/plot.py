"""``bioplaus plot``: draw a run's figures again, from its record."""

from __future__ import annotations

import argparse

from bioplaus.commands.outcome import draw_figures
from bioplaus.commands.show import configure
from bioplaus.records import RunReader

__all__ = ["configure", "execute"]


def execute(options: argparse.Namespace) -> int:
    """Draw them and print their files."""
    for path in draw_figures(RunReader(options.run)):
        print(f"  {path}")
    return 0
