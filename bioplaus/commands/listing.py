"""``bioplaus list``: the experiments, one line each."""

from __future__ import annotations

import argparse

from bioplaus import registry

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """There are no options."""


def execute(options: argparse.Namespace) -> int:
    """Print their names and summaries."""
    entries = registry.entries()
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        print(f"{entry.name:<{width}}  {entry.summary}")
    return 0
