"""The rewrite ``dense``: all-to-all projections are swept along contiguous rows.

The synapses of a projection in which every source meets every target are numbered row by row, so
that synapse k belongs to source k // columns and target k % columns.  A loop over its synapses
becomes a loop over sources and, inside, one over targets, whose weights lie next to each other.
Without self-connections a row is two such parts, on both sides of the target that is missing.
Synapses are visited in the same order and the same operations are done: the bits do not change.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from brian2.synapses.synapses import Synapses

from ..preferences import preference
from ..program.memory import one_name_each
from ..program.rows import COLUMN, SOURCE, Ways
from ..program.shape import Shape, shape_of
from ..program.sweep import Sweep

__all__ = ["sweep_of"]


def sweep_of(
    code_object: Any, change: Callable[[Sweep], Sweep] = lambda sweep: sweep
) -> tuple[Sweep, list[ast.stmt]] | None:
    """The sweep that a code object of a dense projection does, and its body made of it.

    change : called with the sweep, returns the one that is to be done.
    """
    synapses = code_object.owner
    if not isinstance(synapses, Synapses):
        return None
    tree = ast.parse(code_object.code.run)
    search = {"stateupdate": _over_all, "summed_variable": _over_all, "synapses": _over_events}
    if code_object.template_name not in search:
        return None
    found = search[code_object.template_name](tree)
    shape = shape_of(synapses) if found else None
    if found is None or shape is None or _uses_queue_of_part(code_object, shape):
        return None
    block, at, row = found
    loop = block[at]
    assert isinstance(loop, ast.For)
    sweep = _sweep(code_object, shape, block[:at], loop.body)
    if sweep is None:
        return None
    sweep = change(sweep)
    if code_object.template_name == "synapses":
        sweep.of_events = True
        block[at : at + 1] = sweep.loop(row)
        return sweep, tree.body
    sweep.before = block[:at]
    return sweep, [*sweep.whole(), *block[at + 1 :]]


def _over_all(tree: ast.Module) -> tuple[list[ast.stmt], int, str] | None:
    for at, node in enumerate(tree.body):
        if isinstance(node, ast.For) and ast.unparse(node.target) == "_idx":
            return tree.body, at, "_nb_row"
    return None


def _over_events(tree: ast.Module) -> tuple[list[ast.stmt], int, str] | None:
    for node in (n for n in ast.walk(tree) if isinstance(n, ast.For)):
        for at, inner in enumerate(node.body):
            if isinstance(inner, ast.For) and ast.unparse(inner.target) == "_nb_k":
                in_order = ast.unparse(inner.body[0]) == "_idx = _nb_k"
                inner.body = inner.body[1:]
                return (node.body, at, "_nb_source") if in_order else None
    return None


def _uses_queue_of_part(code_object: Any, shape: Shape) -> bool:
    queue = code_object.queue
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
        self.views: dict[str, str] = {}

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        array, place = ast.unparse(node.value), ast.unparse(node.slice)
        if place == "_nb_at(_idx)" and array in self.index:
            return ast.copy_location(ast.Name(self.index[array], ast.Load()), node)
        self.generic_visit(node)
        place = ast.unparse(node.slice)
        if place == "_nb_at(_idx)":
            name = self._view(array, self.of_synapses)
        elif place == "_nb_at(_postsynaptic_idx)":
            name = array if self.all_targets else self._view(array, self.of_targets)
        else:
            return node
        column = ast.parse(f"{name}[{COLUMN}]", mode="eval").body
        assert isinstance(column, ast.Subscript)
        column.ctx = node.ctx
        return ast.copy_location(column, node)

    def _view(self, array: str, part: str) -> str:
        """The name of a view; names are numbers, so that equal projections share one kernel."""
        expression = f"{array}[{part}]"
        for name, known in self.views.items():
            if known == expression:
                return name
        name = f"_nb_view_{len(self.views)}"
        self.views[name] = expression
        return name


def _sweep(
    code_object: Any, shape: Shape, before: list[ast.stmt], body: list[ast.stmt]
) -> Sweep | None:
    sources, targets = (
        code_object.generator_class.get_array_name(code_object.owner.variables[name])
        for name in ("_synaptic_pre", "_synaptic_post")
    )
    bounded = shape.gap is not None or preference("threads") > 1
    to_rows = _ToRows(sources, targets, shape, bounded)
    element = [to_rows.visit(node) for node in body]
    left = {node.id for tree in element for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if "_idx" in left:
        return None
    names = _arrays(code_object, [*before, *element], to_rows.views)
    memory = one_name_each(names, code_object._resolve)
    written = _stored(element, to_rows.views, memory)
    row: list[ast.stmt] = []
    used = _still_used(element, "_postsynaptic_idx")
    inner = ast.parse(f"_postsynaptic_idx = {to_rows.target}").body if used else []
    skipped = {"pass", *(f"{index} = {index}" for index in to_rows.index.values())}
    for node in element:
        if ast.unparse(node) in skipped:
            continue
        loaded = _load_from_source(node, memory)
        (inner if loaded is None or loaded & written else row).append(node)
    return Sweep(shape, [], row, inner, to_rows.views, bounded, memory=memory)


def _arrays(code_object: Any, nodes: list[ast.stmt], views: Mapping[str, str]) -> list[str]:
    """The arrays that statements name, or views that they name."""
    names = {node.id for tree in nodes for node in ast.walk(tree) if isinstance(node, ast.Name)}
    viewed = {views.get(name, name).partition("[")[0] for name in names}
    return sorted(viewed & set(code_object._array_names))


def _stored(nodes: list[ast.stmt], views: Mapping[str, str], memory: Mapping[str, str]) -> set[str]:
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
