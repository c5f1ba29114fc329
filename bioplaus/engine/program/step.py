"""The parts of a step of a network, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .kernel import Kernel

__all__ = ["Split", "Step"]


@dataclass(frozen=True)
class Split:
    """A kernel's text and, apart, what has to be computed once.

    once : source of ``def once(...)``, which takes the arguments at the positions ``taken`` and
    returns ``values`` numbers; "" if there are none.  text : the kernel, which takes these numbers
    after its own arguments.
    """

    text: str
    once: str = ""
    taken: tuple[int, ...] = ()
    values: int = 0


@dataclass(frozen=True)
class Step:
    """One kernel in the order of a step.

    clock : position in the program's clocks; grow : called when the kernel has no room left;
    switchable : whether it can be left out without writing another program; origin : the name of
    the object and its statements, for errors; part : a kernel that threads do after the first;
    split : the kernel without what does not change during a run.
    """

    kernel: Kernel
    clock: int = 0
    grow: Callable[[], None] | None = None
    switchable: bool = False
    origin: str = ""
    part: Kernel | None = None
    split: Split | None = None
