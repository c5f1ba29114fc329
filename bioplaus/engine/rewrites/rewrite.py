"""What a rewrite is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..program.step import Step

__all__ = ["Rewrite", "each"]

Steps = list[Step]


@dataclass(frozen=True)
class Rewrite:
    """A way to do the same at less expense.

    name : as in the preference ``rewrites``, and as the notes begin that tell of it.
    keeps : what is the same afterwards: the bits, the numbers up to rounding, or their law.
    apply : takes the parts of a step in their order and returns those that take their place.
    alone : whether it may be used on an object that runs by itself; others must know all that
    stands in a step.  named : whether the preference ``rewrites`` asks for it; others ask a
    preference of their own.
    """

    name: str
    keeps: Literal["bits", "rounding", "law"]
    apply: Callable[[Steps], Steps]
    alone: bool = False
    named: bool = True


def each(change: Callable[[Step], Step]) -> Callable[[Steps], Steps]:
    """What changes every compiled part for itself."""
    return lambda steps: [step if step.kernel is None else change(step) for step in steps]
