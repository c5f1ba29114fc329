"""The rewrite ``all_at_once``: conditions are tested for all neurons first, then those that hold.

A loop that tests one neuron and stores its number if it fires is not vectorised, and may branch in
ways that the processor cannot foresee.  Here one loop writes the truth of every condition to a
byte, 64 neurons at a time; if one of them fires, a second looks at eight bytes together and goes
from one that is set to the next.  The neurons that are left after the last 64 go through the plain
loop.  The same neurons fire in the same order: the bits do not change.
"""

from __future__ import annotations

import sys

import numpy as np

from ..program.blocks import BLOCK, Blocks
from ..program.loop import Loop
from ..program.step import Step
from .rewrite import Rewrite, each

__all__ = ["REWRITE"]

_NOTE = "all_at_once: all conditions are tested together, then those that hold are collected"


def _in_blocks(step: Step) -> Step:
    loop = step.loop
    if not isinstance(loop, Loop) or loop.kind != "threshold" or sys.byteorder != "little":
        return step
    assert step.kernel is not None
    if step.kernel.draws or _depends_on_others(loop):
        return step
    neurons = int(step.code_object.variables["N"].get_value())
    blocks = Blocks(loop, np.zeros(neurons // BLOCK * BLOCK, dtype=bool))
    return step.rewritten(blocks.kernel(), _NOTE, blocks)


REWRITE = Rewrite("all_at_once", keeps="bits", apply=each(_in_blocks), alone=True)


def _depends_on_others(loop: Loop) -> bool:
    """Whether a test reads what the firing of another neuron writes."""
    tested, emitted = loop.ways(loop.element), loop.ways(loop.emit[1:])
    return any(
        tested.to(array) and len(tested.to(array) | emitted.to(array)) > 1
        for array in emitted.written
    )
