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

from ..program.kernel import Argument, Kernel
from ..program.loop import Loop, copied
from ..program.memory import one_name_each
from ..program.step import Step
from ..program.sweep import Sweep
from .rewrite import Rewrite

__all__ = ["REWRITE"]


@dataclass
class _Group:
    """A sweep and the later ones that have joined it, with the step of all; at : its place."""

    at: int
    step: Step
    sweep: Sweep
    parts: list[Loop]

    @property
    def kernel(self) -> Kernel:
        """The kernel of all."""
        assert self.step.kernel is not None
        return self.step.kernel


def _joined(steps: list[Step]) -> list[Step]:
    """Join sweeps over the same projection; the joined one stands where the first one stood."""
    groups: list[_Group] = []
    joined: set[int] = set()
    steps = list(steps)
    with_python = any(step.kernel is None for step in steps)
    for at, step in enumerate(steps):
        sweep = step.loop
        if not isinstance(sweep, Sweep) or sweep.of_events:
            continue
        if with_python and step.code_object.reads_outside:
            continue  # it may have to be run by itself
        assert step.kernel is not None
        if step.kernel.resumable:
            continue  # what it asks for is known to its own code object
        left = [n for n in range(at) if n not in joined]
        for group in groups:
            if _same_projection(group.step, step) and _may_join(
                group, step.kernel, sweep, [steps[n].kernel for n in left if n > group.at]
            ):
                _join(group, step, sweep)
                steps[group.at] = group.step  # what has joined stands between others, too
                joined.add(at)
                break
        else:
            groups.append(_Group(at, step, sweep, [sweep.of]))
    return [step for n, step in enumerate(steps) if n not in joined]


REWRITE = Rewrite("one_pass", keeps="bits", apply=_joined)


def _same_projection(one: Step, other: Step) -> bool:
    return one.clock is other.clock and one.code_object.owner.name == other.code_object.owner.name


def _may_join(
    group: _Group, kernel: Kernel, sweep: Sweep, between: Sequence[Kernel | None]
) -> bool:
    if kernel.draws:
        return False  # random numbers would be drawn in another order
    for other in between:
        if other is None or not _independent(other, kernel, lambda key: False):
            return False
    of_element = _of_element([*group.parts, sweep.of])
    return _independent(group.kernel, kernel, of_element.__contains__)


def _independent(one: Kernel, two: Kernel, ignored: Callable[[Hashable], bool]) -> bool:
    shared = (one.writes & (two.reads | two.writes)) | (one.reads & two.writes)
    return all(ignored(key) for key in shared)


def _of_element(parts: Sequence[Loop]) -> set[Hashable]:
    """Arrays that all parts reach by the number of the synapse only: no order is lost there."""
    found: set[Hashable] = set(parts[0].arrays.values())
    for part in parts:
        found &= {v for name, v in part.arrays.items() if part.only_by_number(name)}
    return found


def _join(group: _Group, step: Step, later: Sweep) -> None:
    assert step.kernel is not None
    first = group.sweep
    rename = _Rename(later, len(group.parts), first)
    before, row, element = map(rename.copied, (later.before, later.row, later.element))
    views = {rename.new(name): view for name, view in later.views.items()}
    names = {new: old for old, new in rename.names.items()}

    def resolve(name: str) -> Argument:
        if name in names:
            return later.resolve(names[name])
        return later.resolve(name) if name in later.of.arrays else first.resolve(name)

    group.sweep = replace(
        first,
        before=[*first.before, *before],
        row=[*first.row, *row],
        element=[*first.element, *element],
        views={**first.views, **views},
        memory=one_name_each([*first.memory, *later.memory], resolve),
        names=resolve,
        functions={**first.functions, **later.functions},
    )
    kernel = group.sweep.kernel()
    group.step = replace(
        group.step,
        kernel=replace(
            kernel,
            reads=group.kernel.reads | step.kernel.reads,
            writes=group.kernel.writes | step.kernel.writes,
        ),
        loop=group.sweep,
        notes=(*group.step.notes, f"one_pass: joined with {step.owner.name}"),
    )
    group.parts.append(later.of)


class _Rename(ast.NodeTransformer):
    """Gives the names of one part, other than arrays, functions and views, to that part alone."""

    def __init__(self, later: Sweep, number: int, first: Sweep) -> None:
        self.shared = {*later.of.arrays, *later.functions, *dir(builtins)}
        self.shared |= {"_presynaptic_idx", "_postsynaptic_idx"}
        self.number = number
        known = {view: name for name, view in first.views.items()}
        self.names = {name: known[view] for name, view in later.views.items() if view in known}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        own = node.id not in self.shared and not _of_engine(node.id)
        return ast.Name(self.new(node.id), node.ctx) if own else node

    def copied(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Copies of statements with the new names."""
        return [self.visit(node) for node in copied(nodes)]

    def new(self, name: str) -> str:
        """What a name is called now."""
        return self.names.setdefault(name, f"_nb_part_{self.number}_{name}")


def _of_engine(name: str) -> bool:
    return name.startswith("_nb_") and not name.startswith("_nb_view_")
