"""The rewrite ``one_pass``: sweeps over the weights of one dense projection become one sweep.

A drive that is summed over all synapses and a weight change at every step each move the whole
matrix of weights through the processor.  Where no object between them in the order of a step
depends on the difference, the later sweep is done together with the earlier one, element by
element.  Every number is computed from the same numbers by the same operations as before.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..program.kernel import Argument, GeneratorArgument, Kernel
from ..program.memory import one_name_each
from ..program.rows import ways_of
from ..program.sweep import Sweep

__all__ = ["one_pass"]


@dataclass
class _Group:
    """A sweep and the later ones that have joined it, with the kernel of all."""

    at: int
    clock: Any
    synapses: str
    sweep: Sweep
    kernel: Kernel
    resolve: Callable[[str], Argument]
    parts: list[Any]


def one_pass(entries: list[Any]) -> list[Any]:
    """Join sweeps over the same projection; the joined entry stands where the first one stood."""
    groups: list[_Group] = []
    joined: set[int] = set()
    entries = list(entries)
    with_python = any(entry.kernel is None for entry in entries)
    for at, entry in enumerate(entries):
        code_object = entry.code_object
        if code_object is None or code_object.sweep is None or code_object.sweep.of_events:
            continue
        if with_python and code_object.reads_outside:
            continue  # it may have to be run by itself, see `NumbaCodeObject.current`
        if entry.kernel.resumable:
            continue  # what it asks for is known to its own code object
        name = code_object.owner.name
        for group in groups:
            if group.synapses == name and group.clock is entry.clock:
                between = [
                    e for n, e in enumerate(entries[:at]) if n > group.at and n not in joined
                ]
                if _may_join(group, entry, between):
                    _join(group, code_object)
                    joined.add(at)
                    entries[group.at] = replace(
                        entries[group.at],
                        kernel=group.kernel,
                        sweep=group.sweep,
                        resolve=group.resolve,
                        notes=[
                            *entries[group.at].notes,
                            f"one_pass: joined with {entry.owner.name}",
                        ],
                    )
                    break
        else:
            resolve = code_object.sweep.resolver(code_object._resolve)
            sweep = code_object.sweep
            groups.append(
                _Group(at, entry.clock, name, sweep, entry.kernel, resolve, [code_object])
            )
    return [entry for n, entry in enumerate(entries) if n not in joined]


def _may_join(group: _Group, entry: Any, between: Sequence[Any]) -> bool:
    kernel = entry.kernel
    if any(isinstance(argument, GeneratorArgument) for argument in kernel.arguments):
        return False  # random numbers would be drawn in another order
    for other in between:
        if other.kernel is None or not _independent(other.kernel, kernel, lambda key: False):
            return False
    of_element = _of_element([*group.parts, entry.code_object])
    return _independent(group.kernel, kernel, of_element.__contains__)


def _independent(one: Kernel, two: Kernel, ignored: Callable[[Hashable], bool]) -> bool:
    shared = (one.writes & (two.reads | two.writes)) | (one.reads & two.writes)
    return all(ignored(key) for key in shared)


def _of_element(parts: Sequence[Any]) -> set[Hashable]:
    """Arrays that all parts reach by the number of the synapse only: no order is lost there."""
    found = set(parts[0]._array_names.values())
    for part in parts:
        ways, names = ways_of(part), part._array_names.items()
        found &= {v for name, v in names if ways.to(name) == {f"{name} at _nb_at(_idx)"}}
    return found


def _memory(group: _Group, code_object: Any) -> dict[str, str]:
    """As `one_name_each`, of the arrays of both."""
    own = code_object._array_names

    def resolve(name: str) -> Argument:
        return code_object._resolve(name) if name in own else group.resolve(name)

    return one_name_each([*group.sweep.memory, *code_object.sweep.memory], resolve)


def _join(group: _Group, code_object: Any) -> None:
    rename = _Rename(code_object, len(group.parts), group.sweep)
    part = rename.sweep(code_object.sweep)
    first = group.sweep
    group.sweep = Sweep(
        first.shape,
        [*first.before, *part.before],
        [*first.row, *part.row],
        [*first.element, *part.element],
        {**first.views, **part.views},
        first.bounded,
        memory=_memory(group, code_object),
    )
    known, other = group.resolve, first.resolver(code_object._resolve)
    names = {new: old for old, new in rename.names.items()}

    def resolve(name: str) -> Argument:
        if name in names:
            return other(names[name])
        return other(name) if name in code_object._array_names else known(name)

    functions = {**group.kernel.functions, **code_object.kernel.functions}
    kernel = Kernel.from_statements(group.sweep.whole(), resolve, functions)
    group.resolve = resolve
    group.kernel = replace(
        kernel,
        reads=group.kernel.reads | code_object.kernel.reads,
        writes=group.kernel.writes | code_object.kernel.writes,
    )
    group.parts.append(code_object)


class _Rename(ast.NodeTransformer):
    """Gives the names of one part, other than arrays, functions and views, to that part alone."""

    def __init__(self, code_object: Any, number: int, first: Sweep) -> None:
        self.shared = {*code_object._array_names, *code_object.kernel.functions, *dir(builtins)}
        self.shared |= {"_presynaptic_idx", "_postsynaptic_idx"}
        self.number = number
        known = {expression: name for name, expression in first.views.items()}
        views = code_object.sweep.views.items()
        self.names = {name: known[view] for name, view in views if view in known}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        own = node.id not in self.shared and not _of_engine(node.id)
        return ast.Name(self._new(node.id), node.ctx) if own else node

    def sweep(self, sweep: Sweep) -> Sweep:
        return Sweep(
            sweep.shape,
            [self._copy(node) for node in sweep.before],
            [self._copy(node) for node in sweep.row],
            [self._copy(node) for node in sweep.element],
            {self._new(name): expression for name, expression in sweep.views.items()},
            sweep.bounded,
        )

    def _copy(self, node: ast.stmt) -> Any:
        return self.visit(ast.parse(ast.unparse(node)).body[0])

    def _new(self, name: str) -> str:
        return self.names.setdefault(name, f"_nb_part_{self.number}_{name}")


def _of_engine(name: str) -> bool:
    return name.startswith("_nb_") and not name.startswith("_nb_view_")
