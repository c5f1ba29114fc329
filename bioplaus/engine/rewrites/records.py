"""The rewrite ``records``: state of synapses that is visited together stands together.

A synapse that is visited by its target costs one cache line for each of its variables, for its
neighbours in memory have other targets.  While a run lasts its variables are kept as one record
(`program.records`), and every object that reaches them does so there.  The same numbers are
calculated in the same order: the bits do not change.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import replace

from brian2.core.variables import ArrayVariable

from ..program.kernel import Argument, ArrayArgument
from ..program.loop import Loop, copied
from ..program.records import Records
from ..program.step import Step
from .rewrite import Rewrite

__all__ = ["REWRITE"]

_WORTHWHILE = 1 << 20
"""Bytes of the variables from which on the processor does not find them in a cache of its own."""

_SELDOM = 100
"""Steps between two passes over all synapses that may be made through records."""

_NOTE = "records: what its synapses remember stands together"


def _recorded(steps: list[Step]) -> list[Step]:
    """Have records for every projection that is visited by its targets, where all may use them."""
    seldom = _SELDOM * min(step.clock.dt_ for step in steps) if steps else 0.0
    reached = {n: _reached(s, seldom) for n, s in enumerate(steps) if s.kernel is not None}
    spoilt = {key for n, ways in reached.items() for key in _touched(steps[n]) - ways.keys()}
    for arrays in _together(steps, spoilt):
        steps = _as_records(steps, Records(arrays))
    return steps


REWRITE = Rewrite("records", keeps="bits", apply=_recorded)


def _touched(step: Step) -> frozenset[Hashable]:
    assert step.kernel is not None
    return step.kernel.reads | step.kernel.writes


def _reached(step: Step, seldom: float) -> dict[Hashable, str]:
    """The arrays that a step reaches by ``name[_nb_at(place)]`` only, with their names.

    seldom : time between two passes over all synapses that may be made through records [s].
    """
    loop = step.loop
    if not isinstance(loop, Loop):
        return {}
    if loop.kind not in ("synapses", "statemonitor") and step.clock.dt_ < seldom:
        return {}
    nodes = [node for tree in loop.statements() for node in ast.walk(tree)]
    elements = {id(n.value) for n in nodes if isinstance(n, ast.Subscript) and _place(n)}
    whole = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in elements}
    names = [name for name in loop.arrays if name in loop.memory and name not in whole]
    standing = list(loop.memory.values())
    return {
        argument.key: name
        for name, argument in ((name, loop.resolve(name)) for name in names)
        if isinstance(argument, ArrayArgument) and standing.count(loop.memory[name]) == 1
    }


def _place(node: ast.Subscript) -> bool:
    place = node.slice
    return isinstance(place, ast.Call) and ast.unparse(place.func) == "_nb_at"


def _together(steps: list[Step], spoilt: set[Hashable]) -> list[list[ArrayArgument]]:
    """For each projection whose targets visit their synapses the arrays that make a record."""
    found: dict[str, dict[Hashable, ArrayArgument]] = defaultdict(dict)
    for step in steps:
        loop = step.loop
        if not isinstance(loop, Loop) or not loop.visits_anywhere:
            continue
        element = loop.ways(loop.element)
        for name in loop.arrays:
            argument = loop.resolve(name) if element.to(name) == {f"{name} at {_OWN}"} else None
            if isinstance(argument, ArrayArgument) and argument.key not in spoilt:
                found[step.code_object.owner.name][argument.key] = argument
    together = [_alike(arrays.values()) for arrays in found.values()]
    return [
        arrays
        for arrays in together
        if len(arrays) > 1 and sum(array.fetch().nbytes for array in arrays) >= _WORTHWHILE
    ]


_OWN = "_nb_at(_idx)"
"""Where a synapse finds its own numbers."""


def _alike(arrays: Iterable[ArrayArgument]) -> list[ArrayArgument]:
    """Those of the type of floats that most of them have."""
    kinds: dict[str, list[ArrayArgument]] = defaultdict(list)
    for array in arrays:
        if array.kind in ("float64", "float32") and isinstance(array.key, ArrayVariable):
            kinds[array.kind].append(array)
    return max(kinds.values(), key=len, default=[])


def _as_records(steps: list[Step], records: Records) -> list[Step]:
    """The steps, of which those that reach the arrays of records reach their fields."""
    fields = {a.key: field for a, field in zip(records.arrays, records.fields, strict=True)}
    new = []
    for step in steps:
        loop = step.loop
        if step.kernel is None or not fields.keys() & _touched(step):
            new.append(step)
            continue
        assert isinstance(loop, Loop)
        through = _through_fields(loop, f"_nb_stride_{len(step.records)}", records, fields)
        every = (*step.records, records)
        new.append(step.rewritten(through.kernel(), _NOTE, through, records=every))
    return new


def _through_fields(
    loop: Loop, stride: str, records: Records, fields: dict[Hashable, ArrayArgument]
) -> Loop:
    """The loop, in which arrays of records are fields of them."""
    arguments = {name: loop.resolve(name) for name in loop.arrays}
    new = {
        name: fields[argument.key]
        for name, argument in arguments.items()
        if isinstance(argument, ArrayArgument) and argument.key in fields
    }

    def resolve(name: str) -> Argument:
        if name == stride:
            return records.stride
        return new[name] if name in new else loop.resolve(name)

    through = _Through(new, stride)
    around, element, emit = (
        [through.visit(node) for node in copied(nodes)]
        for nodes in (loop.around, loop.element, loop.emit)
    )
    return replace(loop, around=around, element=element, emit=emit, resolve=resolve)


class _Through(ast.NodeTransformer):
    """Reaches fields of records at their stride."""

    def __init__(self, fields: Iterable[str], stride: str) -> None:
        self.fields, self.stride = set(fields), stride

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        self.generic_visit(node)
        if ast.unparse(node.value) in self.fields:
            assert isinstance(node.slice, ast.Call)
            [number] = node.slice.args
            node.slice.args = [ast.BinOp(ast.Name(self.stride, ast.Load()), ast.Mult(), number)]
        return node
