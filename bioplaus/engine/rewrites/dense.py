"""The rewrite ``dense``: all-to-all projections are swept along contiguous rows.

The synapses of a projection in which every source meets every target are numbered row by row, so
that synapse k belongs to source k // columns and target k % columns.  A loop over its synapses
becomes a loop over sources and, inside, one over targets, whose weights lie next to each other.
Without self-connections a row is two such parts, on both sides of the target that is missing.
Synapses are visited in the same order and the same operations are done: the bits do not change.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from brian2.synapses.synapses import Synapses

from ..machine.settings import preference
from ..program.loop import Loop, OfSource, copied
from ..program.shape import Shape, shape_of
from ..program.step import Step
from ..program.sweep import Sweep
from ..program.ways import COLUMN, SOURCE, View, Ways
from .rewrite import Rewrite, each

__all__ = ["REWRITE"]


def _along_rows(step: Step) -> Step:
    loop = step.loop
    if not isinstance(loop, Loop) or not _goes_over_synapses(loop):
        return step
    synapses = step.code_object.owner
    shape = shape_of(synapses) if isinstance(synapses, Synapses) else None
    if shape is None or _uses_queue_of_part(step.code_object.queue, shape):
        return step
    indices = (synapses.variables[name] for name in ("_synaptic_pre", "_synaptic_post"))
    sweep = _sweep(loop, shape, *map(step.code_object.array_name, indices))
    return step if sweep is None else step.rewritten(sweep.kernel(), sweep.note, sweep, shape=shape)


REWRITE = Rewrite("dense", keeps="bits", apply=each(_along_rows), alone=True)


def _goes_over_synapses(loop: Loop) -> bool:
    """Whether it goes over synapses in the order of their numbers."""
    if isinstance(loop.domain, OfSource):
        return loop.domain.in_order
    return loop.kind in ("stateupdate", "summed_variable")


def _uses_queue_of_part(queue: Any, shape: Shape) -> bool:
    return queue is not None and (
        int(queue.sources[0]) != shape.rows or int(queue.first_source[0]) != shape.first_source
    )


class _ToRows(ast.NodeTransformer):
    """Replaces indices of synapses by rows and columns."""

    def __init__(self, sources: str, targets: str, shape: Shape, bounded: bool) -> None:
        self.index = {sources: "_presynaptic_idx", targets: "_postsynaptic_idx"}
        if bounded:
            part, first = "{0} + _nb_from:{0} + _nb_to", "_nb_from + "
        else:
            part, first = "{0}:{0} + _nb_columns", ""
        self.of_synapses = part.format("_nb_start")
        self.of_targets = part.format("_nb_first_target")
        self.target = f"{first}_nb_column + _nb_first_target"
        self.all_targets = shape.first_target == 0 and not bounded
        self.views: dict[str, View] = {}

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        array, place = ast.unparse(node.value), ast.unparse(node.slice)
        if place == "_nb_at(_idx)" and array in self.index:
            return ast.copy_location(ast.Name(self.index[array], ast.Load()), node)
        self.generic_visit(node)
        place = ast.unparse(node.slice)
        if place == "_nb_at(_idx)":
            name = self._view(View(array, self.of_synapses, of_row=True))
        elif place != "_nb_at(_postsynaptic_idx)":
            return node
        elif self.all_targets:
            name = array
        else:
            name = self._view(View(array, self.of_targets, of_row=False))
        column = ast.parse(f"{name}[{COLUMN}]", mode="eval").body
        assert isinstance(column, ast.Subscript)
        column.ctx = node.ctx
        return ast.copy_location(column, node)

    def _view(self, view: View) -> str:
        """The name of a view; names are numbers, so that equal projections share one kernel."""
        for name, known in self.views.items():
            if known == view:
                return name
        name = f"_nb_view_{len(self.views)}"
        self.views[name] = view
        return name


def _sweep(loop: Loop, shape: Shape, sources: str, targets: str) -> Sweep | None:
    """The sweep of a loop; sources, targets : the names of the arrays of indices."""
    bounded = shape.gap is not None or preference("threads") > 1
    to_rows = _ToRows(sources, targets, shape, bounded)
    element = [to_rows.visit(node) for node in copied(loop.element)]
    left = {node.id for tree in element for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if "_idx" in left:
        return None
    written = _stored(element, to_rows.views, loop.memory)
    row: list[ast.stmt] = []
    used = _still_used(element, "_postsynaptic_idx")
    inner = ast.parse(f"_postsynaptic_idx = {to_rows.target}").body if used else []
    skipped = {"pass", *(f"{index} = {index}" for index in to_rows.index.values())}
    for node in element:
        if ast.unparse(node) in skipped:
            continue
        loaded = _load_from_source(node, loop.memory)
        (inner if loaded is None or loaded & written else row).append(node)
    before = [] if isinstance(loop.domain, OfSource) else loop.head
    return Sweep(
        loop,
        shape,
        before,
        row,
        inner,
        to_rows.views,
        bounded,
        loop.memory,
        loop.resolve,
        loop.functions,
    )


def _stored(
    nodes: list[ast.stmt], views: Mapping[str, View], memory: Mapping[str, str]
) -> set[str]:
    """Memories that are written to, and names that get a value more than once."""
    arrays = Ways.of(nodes, views, memory).written
    names = [
        node.id
        for tree in nodes
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return arrays | {name for name in names if names.count(name) > 1}


def _load_from_source(node: ast.stmt, memory: Mapping[str, str]) -> set[str] | None:
    """The name and the memory of ``name = array[source]``; None for any other statement."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Subscript):
        return None
    if ast.unparse(node.value.slice) != SOURCE:
        return None
    array = ast.unparse(node.value.value)
    return {ast.unparse(node.targets[0]), memory.get(array, array)}


def _still_used(nodes: list[ast.stmt], name: str) -> bool:
    """Whether a name is read other than to itself."""
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for tree in nodes
        if ast.unparse(tree) != f"{name} = {name}"
        for node in ast.walk(tree)
    )
