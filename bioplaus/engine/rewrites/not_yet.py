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
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from ..program.kernel import Argument, ArrayArgument, Kernel
from ..program.rows import ways_of
from .all_at_once import BLOCK, AllAtOnce

__all__ = ["NotYet", "not_yet"]

_NOTE = "not_yet: a block of neurons is looked at when the first of their times has come"

_ALWAYS = -1.0
"""A time that has come, whatever the time is."""


class NotYet(AllAtOnce):
    """`AllAtOnce` that knows for each block when it is due.

    due : (n / 64,) float64 [s]; due_bits : the same memory as int64; unsure : (1,) int64, whether
    times may have been set by others since the last step.
    """

    def __init__(self, body: str, neurons: int, times: Callable[[], Any]) -> None:
        super().__init__(body, neurons)
        self.due = np.full(neurons // BLOCK, _ALWAYS)
        self.due_bits = self.due.view(np.int64)
        self.unsure = np.ones(1, dtype=np.int64)
        self._times = times

    def resolver(self, others: Callable[[str], Argument]) -> Callable[[str], Argument]:
        """What a name of the new body stands for."""
        own = {
            "_nb_due": lambda: self.due,
            "_nb_due_bits": lambda: self.due_bits,
            "_nb_unsure": lambda: self.unsure,
            "_nb_time_bits": lambda: self._times().view(np.int64),
        }
        plain = super().resolver(others)

        def resolve(name: str) -> Argument:
            return ArrayArgument((id(self), name), own[name]) if name in own else plain(name)

        return resolve

    def begin_run(self) -> None:
        """Times may have been set by hand since the last run."""
        self.unsure[0] = 1


def not_yet(entries: list[Any]) -> list[Any]:
    """Let every threshold that waits for times, and may do so in blocks, wait."""
    if any(entry.kernel is None for entry in entries):
        return entries  # Python may write to anything
    for at in range(len(entries)):
        if type(getattr(entries[at].code_object, "cheaper", None)) is AllAtOnce:
            entries = _waiting(entries[at], entries)
    return entries


def _waiting(entry: Any, entries: list[Any]) -> list[Any]:
    code_object = entry.code_object
    plain = code_object.cheaper
    tree = ast.parse(plain.body)
    at = next((n for n, node in enumerate(tree.body) if isinstance(node, ast.For)), 0)
    found = _awaited(tree.body[at])
    if found is None or len(plain.flags) == 0:
        return entries
    array, early = found
    times = code_object._resolve(array)
    writers = [e for e in entries if e is not entry and times.key in e.kernel.writes]
    setters = [e for e in writers if not _resets(e, entry, array)]
    if times.kind != "float64" or any(e.clock.dt <= entry.clock.dt for e in setters):
        return entries
    tree.body[at : at + 1] = [*ast.parse(_BEGIN).body, _in_due_blocks(tree.body[at], early)]
    size = int(code_object.variables["N"].get_value())
    waiting = NotYet(ast.unparse(tree), size, times.fetch)
    code_object.cheaper = waiting
    kernel = Kernel.from_body(
        waiting.body, waiting.resolver(code_object._resolve), entry.kernel.functions
    )
    new = {id(e): replace(e, kernel=_warning(e.kernel, waiting)) for e in setters}
    new[id(entry)] = replace(entry, kernel=kernel, notes=[*entry.notes, _NOTE])
    return [new.get(id(e), e) for e in entries]


def _awaited(blocks: ast.stmt) -> tuple[str, str] | None:
    """The array of times of ``t >= time`` in the tests of a block, and what holds before it."""
    assert isinstance(blocks, ast.For)
    lanes = next(node for node in blocks.body if isinstance(node, ast.For))
    loads: dict[str, str] = {}
    condition: ast.expr | None = None
    for node in lanes.body:
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


def _resets(entry: Any, threshold: Any, array: str) -> bool:
    """Whether it sets the times of no neurons but those that this threshold has let fire."""
    if getattr(entry.code_object, "template_name", "") != "reset":
        return False
    if _events(entry.kernel.reads) != _events(threshold.kernel.writes):
        return False
    return ways_of(entry.code_object).to(array) == {f"{array} at _nb_at(_idx)"}


def _events(keys: frozenset[Hashable]) -> set[Hashable]:
    """The event spaces, which have names that no variable of a model can have."""
    names = {key: str(getattr(key, "name", "")) for key in keys}
    return {key for key, name in names.items() if name[:1] == "_" and name.endswith("space")}


_BEGIN = f"""
if _nb_unsure[0] != 0:
    _nb_unsure[0] = 0
    for _nb_block in range(len(_nb_due)):
        _nb_due[_nb_at(_nb_block)] = {_ALWAYS}
"""


def _in_due_blocks(blocks: ast.stmt, early: str) -> ast.For:
    """The loop over blocks, which leaves out those that are not due."""
    assert isinstance(blocks, ast.For)
    begin, lanes, silent, collect = blocks.body
    assert isinstance(lanes, ast.For)
    assert isinstance(silent, ast.If)
    place = f"_nb_at(_nb_block // {BLOCK})"
    least = "_nb_least = min(_nb_least, _nb_time_bits[_nb_at(_idx)])"
    lanes.body += ast.parse(least).body
    silent.body[:0] = ast.parse(f"_nb_due_bits[{place}] = _nb_least").body
    skip = f"if t {early} _nb_due[{place}]:\n    continue\n_nb_least = {np.iinfo(np.int64).max}"
    again = ast.parse(f"_nb_due[{place}] = {_ALWAYS}").body
    blocks.body = [*ast.parse(skip).body, begin, lanes, silent, collect, *again]
    return blocks


def _warning(kernel: Kernel, waiting: NotYet) -> Kernel:
    """The kernel, which says first that it may set times."""
    unsure = ArrayArgument((id(waiting), "_nb_unsure"), lambda: waiting.unsure)
    name = f"_nb_x{len(kernel.arguments)}"
    return kernel.preceded([f"{name}[0] = 1"], name, unsure)
