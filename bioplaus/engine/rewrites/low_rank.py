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

from ..program.kernel import Argument, ArrayArgument, GeneratorArgument, Kernel
from ..program.program import Program
from ..program.rows import COLUMN, ways_of
from ..program.step import Step
from ..program.sweep import Sweep
from .dense import sweep_of
from .products import products, substituted

__all__ = ["LowRank", "low_rank"]

_MOST_PRODUCTS = 8
"""Above this, working out the weights of a source costs more than it saves."""

Terms = list[tuple[str, str]]
"""The f_d and the g_d, as expressions."""


class LowRank:
    """What has been added to the weights in this run: m_d(i), (products * rows,)."""

    def __init__(self, entry: Any, key: Any, terms: Terms) -> None:
        code_object, sweep = entry.code_object, entry.code_object.sweep
        self.terms = terms
        self.sums = np.zeros(len(terms) * sweep.shape.rows, dtype=key.dtype)
        # Names of views are numbers; those of the other sweep are others.
        self.views = {_given(name): view for name, view in sweep.views.items()}
        resolve = sweep.resolver(code_object._resolve)
        self.resolve = self.resolver(resolve)
        array = code_object.generator_class.get_array_name(key)
        place = next(name for name, view in self.views.items() if view.startswith(f"{array}["))
        add = ast.parse(f"{place}[{COLUMN}] += {self.added}").body
        self._write = Sweep(sweep.shape, [], self.row, add, self.views, sweep.bounded)
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
            kernel = Kernel.from_statements(self._write.whole(), self.resolve)
            self._program = Program([Step(kernel)])
        self._program.refresh()
        self._program.enter(device.random_generator())
        self.sums[:] = 0


def low_rank(entries: list[Any]) -> list[Any]:
    """Rewrite weights that change by few products and are otherwise read by spikes alone."""
    if any(entry.kernel is None for entry in entries):
        return entries  # Python may look at the weights at any time
    entries = list(entries)
    for at, entry in enumerate(entries):
        code_object = entry.code_object
        if not _changes_weights(entry):
            continue
        (key,) = entry.kernel.writes
        fixed = [v for v in code_object._array_names.values() if v.constant]
        written = frozenset().union(*(other.kernel.writes for other in entries))
        terms = _terms(code_object, key, set(fixed) - written)
        users = [
            n
            for n, other in enumerate(entries)
            if n != at and key in other.kernel.reads | other.kernel.writes
        ]
        if terms is None or not all(_only_reads(entries[n], key) for n in users):
            continue
        memory = LowRank(entry, key, terms)
        code_object.cheaper = memory
        entries[at] = replace(entry, kernel=_adding(entry, memory), finish=memory.end_run)
        for n in users:
            entries[n] = replace(entries[n], kernel=_reading(entries[n], memory, key))
    return entries


def _changes_weights(entry: Any) -> bool:
    code_object = entry.code_object
    return (
        getattr(code_object, "template_name", "") == "stateupdate"
        and code_object.sweep is not None
        and code_object.as_it_stands
        and entry.sweep is None
        and not entry.kernel.resumable
        and not any(isinstance(a, GeneratorArgument) for a in entry.kernel.arguments)
        and len(entry.kernel.writes) == 1
        and _by_number(code_object, *entry.kernel.writes)
    )


def _only_reads(user: Any, key: Any) -> bool:
    """Whether it is a spike pathway along whole rows that leaves the weights as they are."""
    sweep = getattr(user.code_object, "sweep", None)
    counted = getattr(user.code_object, "counted", None)
    along = sweep is not None and sweep.of_events and counted is None
    return along and key not in user.kernel.writes and _by_number(user.code_object, key)


def _by_number(code_object: Any, key: Any) -> bool:
    """Whether it reaches the weights by the number of the synapse, and in no other way."""
    array = code_object.generator_class.get_array_name(key)
    return ways_of(code_object).to(array) == {f"{array} at _nb_at(_idx)"}


def _terms(code_object: Any, key: Any, fixed: Collection[Any]) -> Terms | None:
    """The products by which the weights change, put together by their g; None for other changes.

    fixed : the variables of which the g may be made.
    """
    sweep = code_object.sweep
    array = code_object.generator_class.get_array_name(key)
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
    if changed is None or _array(weight, sweep) != array:
        return None
    found: dict[str, list[str]] = {}
    itself = 0
    for product in products(changed):
        of_target = [f for f in product.factors if COLUMN in ast.unparse(f)]
        others = [f for f in product.factors if f not in of_target]
        if [ast.unparse(f) for f in product.factors] == [weight] and not product.negative:
            itself += 1
            continue
        if not all(_is_fixed(f, code_object, fixed) for f in of_target):
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


def _array(element: str, sweep: Sweep) -> str:
    """The array that ``name[column]`` is an element of."""
    name = element.partition("[")[0]
    return sweep.views.get(name, name).partition("[")[0]


def _is_fixed(factor: ast.expr, code_object: Any, fixed: Collection[Any]) -> bool:
    """Whether it is made of what is fixed for the target, and of nothing else."""
    for node in ast.walk(factor):
        if isinstance(node, ast.Subscript):
            array = _array(ast.unparse(node), code_object.sweep)
            variable = code_object._array_names.get(array)
            if ast.unparse(node.slice) != COLUMN or variable not in fixed:
                return False
    elements = {
        id(n) for s in ast.walk(factor) if isinstance(s, ast.Subscript) for n in ast.walk(s)
    }
    names = [n.id for n in ast.walk(factor) if isinstance(n, ast.Name) and id(n) not in elements]
    return all(name.startswith("_nb_") for name in names)


def _adding(entry: Any, memory: LowRank) -> Kernel:
    """The kernel that adds the f_d of this step to the sums."""
    sweep = entry.code_object.sweep
    lines = ["_presynaptic_idx = _nb_row + _nb_first_source"]
    lines += [ast.unparse(node) for node in sweep.row]
    for d, (f, _) in enumerate(memory.terms):
        lines.append(f"_nb_sums[_nb_at({d} * _nb_rows + _nb_row)] += {f}")
    before = "\n".join(ast.unparse(node) for node in sweep.before)
    body = f"{before}\nfor _nb_row in range(_nb_rows):\n    " + "\n    ".join(lines)
    return Kernel.from_body(body, memory.resolve, entry.kernel.functions)


def _reading(user: Any, memory: LowRank, key: Any) -> Kernel:
    """The kernel of a pathway that works the weights out."""
    code_object = user.code_object
    array = code_object.generator_class.get_array_name(key)

    def with_sums(sweep: Sweep) -> Sweep:
        complete = _Complete(sweep, array, memory.added)
        element = [complete.visit(node) for node in sweep.element]
        row, views = [*sweep.row, *memory.row], {**sweep.views, **memory.views}
        return replace(sweep, row=row, element=element, views=views)

    found = sweep_of(code_object, with_sums)
    assert found is not None
    sweep, statements = found
    own = sweep.resolver(code_object._resolve)

    def resolve(name: str) -> Argument:
        try:
            return own(name)
        except KeyError:
            return memory.resolve(name)

    kernel = Kernel.from_statements(statements, resolve, user.kernel.functions)
    return replace(kernel, reads=user.kernel.reads, writes=user.kernel.writes)


class _Complete(ast.NodeTransformer):
    """Adds to every weight that is read what it has become."""

    def __init__(self, sweep: Sweep, array: str, added: str) -> None:
        self.sweep, self.array, self.added = sweep, array, added

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        text = ast.unparse(node)
        if _array(text, self.sweep) != self.array or not isinstance(node.ctx, ast.Load):
            return node
        return ast.parse(f"({text} + ({self.added}))", mode="eval").body
