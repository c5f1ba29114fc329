"""``bioplaus evaluate``: test a run's weights on other data."""

from __future__ import annotations

import argparse

from bioplaus.commands import show
from bioplaus.commands.outcome import plan_of
from bioplaus.records import RunReader
from bioplaus.runs.pages.running import evaluate

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    show.configure(parser)
    parser.add_argument("--dataset", default="", help="another data set (default: its own)")
    parser.add_argument("--part", default="test", choices=["train", "validation", "test"])


def execute(options: argparse.Namespace) -> int:
    """Print its metrics."""
    run = RunReader(options.run)
    metrics = evaluate(plan_of(run), run, options.dataset, options.part)
    for name, value in metrics.items():
        print(f"{name} = {value:.6g}")
    return 0
