"""The rewrite ``low_rank``: a weight change that is a sum of a few products forms no matrix.

Let every weight of a dense projection change at every step by ``sum_d f_d(i, t) * g_d(j)``, where
the g_d are made of what is constant for a target during a run, the f_d of anything that is the same
for all targets.  Then ``w(i, j) = w_0(i, j) + sum_d m_d(i) * g_d(j)``, where m_d is the sum of the
f_d so far: a few numbers per source in place of a matrix.  A spike reads the weights of one source
and works them out.  At the end of a run they are written to where they belong.

What is added up in another order is equal up to rounding, and rounding depends on where runs end.
It is therefore done on demand: the name has to be added to the preference ``rewrites``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np

from ..program.kernel import Argument, ArrayArgument, Kernel
from ..program.loop import copied
from ..program.program import Program
from ..program.step import Step
from ..program.sweep import Sweep
from ..program.ways import COLUMN
from .products import products, substituted
from .rewrite import Rewrite

__all__ = ["REWRITE"]

_MOST_PRODUCTS = 8
"""Above this, working out the weights of a source costs more than it saves."""

Terms = list[tuple[str, str]]
"""The f_d and the g_d, as expressions."""


class _LowRank:
    """What has been added to the weights in this run: m_d(i), (products * rows,)."""

    def __init__(self, step: Step, sweep: Sweep, key: Any, terms: Terms) -> None:
        self.terms = terms
        self.sums = np.zeros(len(terms) * sweep.shape.rows, dtype=key.dtype)
        # Names of views are numbers; those of the other sweep are others.
        self.views = {_given(name): view for name, view in sweep.views.items()}
        self.sweep = replace(sweep, names=self.resolver(sweep.resolve))
        array = step.code_object.array_name(key)
        place = next(name for name, view in self.views.items() if view.array == array)
        add = ast.parse(f"{place}[{COLUMN}] += {self.added}").body
        self._write = replace(
            self.sweep, before=[], row=self.row, element=add, views=self.views, memory={}
        )
        self._flushed = step.flushed
        self._program: Program | None = None

    @property
    def note(self) -> str:
        """What `explain` says."""
        return f"low_rank: the change of its weights in a run is {len(self.terms)} products"

    @property
    def row(self) -> list[ast.stmt]:
        """Statements that read the sums of a source."""
        place = "_nb_at({} * _nb_rows + _presynaptic_idx - _nb_first_source)"
        lines = [f"_nb_sum_{d} = _nb_sums[{place.format(d)}]" for d in range(len(self.terms))]
        return ast.parse("\n".join(lines)).body

    @property
    def added(self) -> str:
        """What a weight is above its value at the beginning of the run."""
        return " + ".join(f"_nb_sum_{d} * ({g})" for d, (_, g) in enumerate(self.terms))

    def resolver(self, others: Callable[[str], Argument]) -> Callable[[str], Argument]:
        """What a name stands for in a body that reads the sums."""
        sums = ArrayArgument((id(self), "sums"), lambda: self.sums)
        return lambda name: sums if name == "_nb_sums" else others(name)

    def begin_run(self) -> None:
        """Every run begins with nothing added."""
        self.sums[:] = 0

    def end_run(self, device: Any) -> None:
        """Write the weights to where they belong."""
        if not self.sums.any():
            return
        if self._program is None:
            self._program = Program([Step(self._write.kernel(), flushed=self._flushed)])
        self._program.refresh()
        self._program.enter(device.random_generator())
        self.sums[:] = 0


def _as_products(steps: list[Step]) -> list[Step]:
    """Rewrite weights that change by few products and are otherwise read by spikes alone."""
    if any(step.kernel is None for step in steps):
        return steps  # Python may look at the weights at any time
    for at in range(len(steps)):
        steps = _changed_by_products(at, steps) or steps
    return steps


REWRITE = Rewrite("low_rank", keeps="rounding", apply=_as_products)


def _changed_by_products(at: int, steps: list[Step]) -> list[Step] | None:
    """The steps with the weights that one of them changes as products, None if it does not."""
    step, sweep = steps[at], steps[at].loop
    if not isinstance(sweep, Sweep) or not _changes_weights(step, sweep):
        return None
    kernel = _kernel(step)
    (key,) = kernel.writes
    fixed = {variable for variable in sweep.of.arrays.values() if variable.constant}
    written = frozenset().union(*(_kernel(other).writes for other in steps))
    terms = _terms(sweep, step.code_object.array_name(key), fixed - written)
    others = {n: _kernel(other) for n, other in enumerate(steps) if n != at}
    users = [n for n, other in others.items() if key in other.reads | other.writes]
    if terms is None or not all(_only_reads(steps[n], key) for n in users):
        return None
    memory = _LowRank(step, sweep, key, terms)
    adding = replace(
        step,
        kernel=_adding(memory),
        loop=None,
        notes=(*step.notes, memory.note),
        begin=(*step.begin, memory.begin_run),
        finish=memory.end_run,
    )
    new = {n: _reading(steps[n], memory, key) for n in users} | {at: adding}
    return [new.get(n, other) for n, other in enumerate(steps)]


def _kernel(step: Step) -> Kernel:
    assert step.kernel is not None
    return step.kernel


def _changes_weights(step: Step, sweep: Sweep) -> bool:
    kernel = _kernel(step)
    return (
        sweep.of.kind == "stateupdate"
        and not kernel.resumable
        and not kernel.draws
        and len(kernel.writes) == 1
        and sweep.of.only_by_number(step.code_object.array_name(*kernel.writes))
    )


def _only_reads(user: Step, key: Any) -> bool:
    """Whether it is a spike pathway along whole rows that leaves the weights as they are."""
    sweep = user.loop
    if not isinstance(sweep, Sweep) or not sweep.of_events or key in _kernel(user).writes:
        return False
    return sweep.of.only_by_number(user.code_object.array_name(key))


def _terms(sweep: Sweep, array: str, fixed: Collection[Any]) -> Terms | None:
    """The products by which the weights change, put together by their g; None for other changes.

    array : what the weights are called; fixed : the variables of which the g may be made.
    """
    changed, known = None, dict[str, ast.expr]()
    weight = ""
    for node in sweep.element:
        if not isinstance(node, ast.Assign) or changed is not None:
            return None
        value = substituted(node.value, known)
        if isinstance(node.targets[0], ast.Name):
            known[node.targets[0].id] = value
        else:
            weight, changed = ast.unparse(node.targets[0]), value
    if changed is None or sweep.array(weight) != array:
        return None
    found: dict[str, list[str]] = {}
    itself = 0
    for product in products(changed):
        of_target = [f for f in product.factors if COLUMN in ast.unparse(f)]
        others = [f for f in product.factors if f not in of_target]
        if [ast.unparse(f) for f in product.factors] == [weight] and not product.negative:
            itself += 1
            continue
        if not all(_is_fixed(f, sweep, fixed) for f in of_target):
            return None
        if any(name in ast.unparse(f) for f in others for name in ("_nb_column", "_postsyn")):
            return None
        sign = "-" if product.negative else ""
        f = " * ".join(f"({ast.unparse(factor)})" for factor in others) or "1.0"
        g = " * ".join(sorted(f"({ast.unparse(factor)})" for factor in of_target)) or "1.0"
        found.setdefault(g, []).append(f"{sign}{f}")
    if itself != 1 or not 0 < len(found) <= _MOST_PRODUCTS:
        return None
    return [(" + ".join(fs), _given(g)) for g, fs in found.items()]


def _given(text: str) -> str:
    return re.sub(r"\b_nb_view_(\d+)\b", r"_nb_given_\1", text)


def _is_fixed(factor: ast.expr, sweep: Sweep, fixed: Collection[Any]) -> bool:
    """Whether it is made of what is fixed for the target, and of nothing else."""
    for node in ast.walk(factor):
        if isinstance(node, ast.Subscript):
            variable = sweep.of.arrays.get(sweep.array(ast.unparse(node)))
            if ast.unparse(node.slice) != COLUMN or variable not in fixed:
                return False
    elements = {
        id(n) for s in ast.walk(factor) if isinstance(s, ast.Subscript) for n in ast.walk(s)
    }
    names = [n.id for n in ast.walk(factor) if isinstance(n, ast.Name) and id(n) not in elements]
    return all(name.startswith("_nb_") for name in names)


def _adding(memory: _LowRank) -> Kernel:
    """The kernel that adds the f_d of this step to the sums."""
    sweep = memory.sweep
    lines = ["_presynaptic_idx = _nb_row + _nb_first_source"]
    lines += [ast.unparse(node) for node in sweep.row]
    for d, (f, _) in enumerate(memory.terms):
        lines.append(f"_nb_sums[_nb_at({d} * _nb_rows + _nb_row)] += {f}")
    before = "\n".join(ast.unparse(node) for node in sweep.before)
    body = f"{before}\nfor _nb_row in range(_nb_rows):\n    " + "\n    ".join(lines)
    return Kernel.from_body(body, sweep.resolve, sweep.functions)


def _reading(user: Step, memory: _LowRank, key: Any) -> Step:
    """A pathway that works the weights out."""
    sweep = user.loop
    assert isinstance(sweep, Sweep)
    complete = _Complete(sweep, user.code_object.array_name(key), memory.added)

    def resolve(name: str) -> Argument:
        try:
            return sweep.names(name)
        except KeyError:
            return memory.sweep.resolve(name)

    completed = replace(
        sweep,
        row=[*sweep.row, *memory.row],
        element=[complete.visit(node) for node in copied(sweep.element)],
        views={**sweep.views, **memory.views},
        names=resolve,
    )
    kernel = replace(completed.kernel(), reads=_kernel(user).reads, writes=_kernel(user).writes)
    return replace(user, kernel=kernel, loop=None)


class _Complete(ast.NodeTransformer):
    """Adds to every weight that is read what it has become."""

    def __init__(self, sweep: Sweep, array: str, added: str) -> None:
        self.sweep, self.array, self.added = sweep, array, added

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        text = ast.unparse(node)
        if self.sweep.array(text) != self.array or not isinstance(node.ctx, ast.Load):
            return node
        return ast.parse(f"({text} + ({self.added}))", mode="eval").body
