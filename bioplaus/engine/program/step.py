"""The parts of a step of a network, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .blocks import Blocks
from .kernel import Kernel
from .loop import Loop
from .records import Records
from .shape import Shape
from .sweep import Sweep

__all__ = ["Form", "Split", "Step"]


Form = Loop | Sweep | Blocks
"""The forms of a loop that rewrites read."""


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
    """An object of a network, or one of its code objects.

    kernel : its compiled code, None where it runs in Python, for which ``reason`` says why.
    loop : the form of the kernel, None where rewrites have made another of it.
    owner : the object, as a weak proxy: a plan must not keep objects alive.
    clock : its clock; a program without clocks does one step.
    code_object : where it comes from; what it draws ahead is kept by its place.
    notes : what rewrites have done to it, each beginning with the name of one.
    begin : called before every run; finish : called at its end with the device, where something
    has been put off until then.
    grow : called when the kernel has no room left; switchable : whether it can be left out without
    writing another program; origin : the name of the object and its statements, for errors.
    part : what threads do after the kernel, each for its block; split : the kernel without what
    does not change during a run; flushed : whether numbers too small for full precision are zero;
    shape : that of its projection, where the kernel takes it for granted; records : whose fields
    the kernel reaches, in place of arrays of synapses.
    """

    kernel: Kernel | None
    loop: Form | None = None
    owner: Any = None
    clock: Any = None
    code_object: Any = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    begin: tuple[Callable[[], None], ...] = ()
    finish: Callable[[Any], None] | None = None
    grow: Callable[[], None] | None = None
    switchable: bool = False
    origin: str = ""
    part: Kernel | None = None
    split: Split | None = None
    flushed: bool = False
    shape: Shape | None = None
    records: tuple[Records, ...] = ()

    def rewritten(self, kernel: Kernel, note: str, loop: Form | None = None, **others: Any) -> Step:
        """The step with another kernel, which touches what the last one does.

        note : what has been done; loop, others : what else is another.
        """
        assert self.kernel is not None
        kernel = replace(kernel, reads=self.kernel.reads, writes=self.kernel.writes)
        return replace(self, kernel=kernel, loop=loop, notes=(*self.notes, note), **others)
