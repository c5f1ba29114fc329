"""The rewrite ``not_yet``: of conditions that wait for a time, a block is asked when it is due.

A threshold ``t >= next_spike`` holds for few neurons in few steps.  Where ``next_spike`` changes
only when a neuron is reset, or by objects on another clock, its least value in a block of 64
neurons is remembered: until that time none of them fires, and the block is not looked at.  A block
that has fired, or whose times another object may have set, is looked at in the next step.  The same
neurons fire in the same order: the bits do not change.

Times are compared as integers, because the least of several floats is not found several at a time
(one may not be a number).  Times from zero on have the same order as their bits; a block with a
time below zero is always looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..program.blocks import BLOCK, Blocks
from ..program.kernel import ArrayArgument, Kernel
from ..program.loop import Loop
from ..program.step import Step
from .rewrite import Rewrite

__all__ = ["REWRITE"]

_NOTE = "not_yet: a block of neurons is looked at when the first of their times has come"

_ALWAYS = -1.0
"""A time that has come, whatever the time is."""


class _Due:
    """When each block is due.

    times : (n / 64,) float64 [s]; unsure : (1,) int64, whether times may have been set by others
    since the last step.
    """

    def __init__(self, blocks: int, awaited: ArrayArgument) -> None:
        self.times = np.full(blocks, _ALWAYS)
        self.unsure = np.ones(1, dtype=np.int64)
        bits = self.times.view(np.int64)
        arrays = {
            "_nb_due": lambda: self.times,
            "_nb_due_bits": lambda: bits,
            "_nb_unsure": lambda: self.unsure,
            "_nb_time_bits": lambda: awaited.fetch().view(np.int64),
        }
        self.arguments = {
            name: ArrayArgument((id(self), name), fetch) for name, fetch in arrays.items()
        }

    def begin_run(self) -> None:
        """Times may have been set by hand since the last run."""
        self.unsure[0] = 1

    def warned_of(self, step: Step) -> Step:
        """A step that says first that it may set times."""
        assert step.kernel is not None
        unsure, name = self.arguments["_nb_unsure"], f"_nb_x{len(step.kernel.arguments)}"
        kernel = step.kernel.preceded([f"{name}[0] = 1"], name, unsure)
        return replace(step, kernel=kernel, loop=None)  # of which none could be made again


def _waiting(steps: list[Step]) -> list[Step]:
    """Let every threshold that waits for times, and may do so in blocks, wait."""
    if any(step.kernel is None for step in steps):
        return steps  # Python may write to anything
    found = {n: _one_waiting(n, steps) for n, step in enumerate(steps)}
    waiting = {n: one for n, one in found.items() if one is not None}
    new = [waiting[n].step if n in waiting else step for n, step in enumerate(steps)]
    for one in waiting.values():
        for n in one.setters:
            new[n] = one.due.warned_of(new[n])
    return new


REWRITE = Rewrite("not_yet", keeps="bits", apply=_waiting)


class _Waiting(NamedTuple):
    """A threshold that waits, and the places of the steps that may set its times."""

    step: Step
    due: _Due
    setters: list[int]


def _one_waiting(at: int, steps: list[Step]) -> _Waiting | None:
    step, blocks = steps[at], steps[at].loop
    if not isinstance(blocks, Blocks) or len(blocks.flags) == 0:
        return None
    awaited = _awaited(blocks.of)
    if awaited is None:
        return None
    array, early = awaited
    times = blocks.of.resolve(array)
    assert isinstance(times, ArrayArgument)
    others = [n for n in range(len(steps)) if n != at]
    writers = [n for n in others if times.key in _kernel(steps[n]).writes]
    setters = [n for n in writers if not _resets(steps[n], step, array)]
    if times.kind != "float64" or any(steps[n].clock.dt <= step.clock.dt for n in setters):
        return None
    due = _Due(len(blocks.flags) // BLOCK, times)
    waiting = _in_due_blocks(blocks, due, early)
    begin = (*step.begin, due.begin_run)
    return _Waiting(step.rewritten(waiting.kernel(), _NOTE, waiting, begin=begin), due, setters)


def _kernel(step: Step) -> Kernel:
    assert step.kernel is not None
    return step.kernel


def _awaited(loop: Loop) -> tuple[str, str] | None:
    """The array of times of ``t >= time`` in the tests of a block, and what holds before it."""
    loads: dict[str, str] = {}
    condition: ast.expr | None = None
    for node in loop.element:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
            condition = value if name == "_cond" else condition
            loads.pop(name, None)
            if isinstance(value, ast.Subscript) and ast.unparse(value.slice) == "_nb_at(_idx)":
                loads[name] = ast.unparse(value.value)
    together = isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And)
    for part in condition.values if together else [condition]:  # type: ignore[union-attr]
        for time, early in _comparison(part):
            if time in loads:
                return loads[time], early
    return None


def _comparison(node: Any) -> list[tuple[str, str]]:
    """The x of ``t >= x`` or ``t > x``, either way round, with the opposite of the comparison."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return []
    left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
    operation = type(node.ops[0])
    if left == "t" and operation in (ast.GtE, ast.Gt):
        return [(right, "<" if operation is ast.GtE else "<=")]
    if right == "t" and operation in (ast.LtE, ast.Lt):
        return [(left, "<" if operation is ast.LtE else "<=")]
    return []


def _resets(step: Step, threshold: Step, array: str) -> bool:
    """Whether it sets the times of no neurons but those that this threshold has let fire."""
    loop = step.loop
    if not isinstance(loop, Loop) or loop.kind != "reset":
        return False
    if _events(_kernel(step).reads) != _events(_kernel(threshold).writes):
        return False
    return loop.only_by_number(array)


def _events(keys: frozenset[Hashable]) -> set[Hashable]:
    """The event spaces, which have names that no variable of a model can have."""
    names = {key: str(getattr(key, "name", "")) for key in keys}
    return {key for key, name in names.items() if name[:1] == "_" and name.endswith("space")}


def _in_due_blocks(blocks: Blocks, due: _Due, early: str) -> Blocks:
    """The blocks, of which those are left out that are not due."""
    place = f"_nb_at(_nb_block // {BLOCK})"
    return replace(
        blocks,
        begin=_BEGIN,
        first=f"if t {early} _nb_due[{place}]:\n    continue\n_nb_least = {np.iinfo(np.int64).max}",
        tested="_nb_least = min(_nb_least, _nb_time_bits[_nb_at(_idx)])",
        silent=f"_nb_due_bits[{place}] = _nb_least",
        fired=f"_nb_due[{place}] = {_ALWAYS}",
        memory=due.arguments,
    )


_BEGIN = f"""
if _nb_unsure[0] != 0:
    _nb_unsure[0] = 0
    for _nb_block in range(len(_nb_due)):
        _nb_due[_nb_at(_nb_block)] = {_ALWAYS}
"""
