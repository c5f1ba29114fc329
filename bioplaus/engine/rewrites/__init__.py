"""Ways to make a step cheaper: a module for each, and here their order.

A rewrite takes the parts of a step, with the loops that they are, and returns others in their
place (`rewrite.Rewrite`).  A new one is a module with a `REWRITE`, and its place in
`ORDER`; the preference ``rewrites`` knows it then.  Those that look at loops come before those that
look at kernels; a step whose ``loop`` is None has a kernel that nobody else may take apart.
"""

from __future__ import annotations

from ..machine.settings import preference
from ..program.step import Step
from . import (
    all_at_once,
    counted_random,
    dense,
    flush_denormals,
    invariants,
    low_rank,
    nan_check,
    next_spike,
    not_yet,
    one_pass,
    prefetch,
    records,
    threads,
    unchanged_drive,
)

__all__ = ["ORDER", "rewritten"]

ORDER = (
    next_spike.REWRITE,
    all_at_once.REWRITE,
    dense.REWRITE,
    counted_random.REWRITE,
    not_yet.REWRITE,
    one_pass.REWRITE,
    unchanged_drive.REWRITE,
    flush_denormals.REWRITE,
    low_rank.REWRITE,
    nan_check.REWRITE,
    records.REWRITE,
    prefetch.REWRITE,
    threads.REWRITE,
    invariants.REWRITE,
)
"""All rewrites, in the order in which they are applied."""


def rewritten(steps: list[Step], alone: bool = False) -> list[Step]:
    """The parts of a step after all rewrites that are asked for.

    alone : whether they are all that is known, of a network that runs object by object.
    """
    names = preference("rewrites")
    for rewrite in ORDER:
        asked_for = rewrite.name in names or not rewrite.named
        if asked_for and (rewrite.alone or not alone):
            steps = rewrite.apply(steps)
    return steps
