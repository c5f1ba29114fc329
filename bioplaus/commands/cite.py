"""``bioplaus cite``: the papers behind an experiment, as BibTeX."""

from __future__ import annotations

import argparse
import sys

from bioplaus import registry
from bioplaus.papers import papers

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="an experiment or a paper")


def execute(options: argparse.Namespace) -> int:
    """Print the entry of its paper."""
    known = papers()
    key = options.name if options.name in known else registry.find(options.name).paper
    if key not in known:
        print(f"{options.name} belongs to no paper of this project", file=sys.stderr)
        return 2
    print(known[key].bibtex)
    return 0
