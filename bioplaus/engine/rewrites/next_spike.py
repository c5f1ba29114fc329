"""The rewrite ``next_spike``: draw when the next random event comes, not whether one comes now.

Two forms of code ask one generator N times a step, mostly in vain:

- a threshold ``rand() < p``, as that of a `PoissonGroup`: one Bernoulli trial per neuron and step;
- a `PoissonInput` of n private sources per neuron: n trials per neuron and step.

Laid out in a line (step by step, neuron by neuron, source by source) the trials that succeed are a
Bernoulli process, and the number of failures before the next success is geometric: the integer
part of E / -log(1 - p) with E exponential of mean 1 (inversion; Devroye 1986, chapter X.2).  One
number is drawn per event.  Where probabilities differ between neurons, the process is drawn with
the largest one, and an event of neuron i is kept with probability p_i / p_max (thinning; Lewis &
Shedler 1979).  The events have the same law as in the plain form, not the same bits.

Probabilities may depend on anything.  A step in which an input of theirs has changed is run as it
stands, one trial per neuron; the process starts again after it, as a process without memory may.

When the next event comes belongs to the random state: it is kept from run to run, stored and
restored with the generator, and forgotten when that is seeded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..program.kernel import Argument, ArrayArgument, Kernel
from .drawn_ahead import Drawn, basis_of, resume

__all__ = ["NextSpike", "next_spike"]

_LARGEST_PROBABILITY = 0.2
"""Above this, one event costs more than the trials that it saves."""

_MOST_EVENTS = 0.05
"""Events per neuron and step of private inputs, above which `counted` is cheaper."""


@dataclass(frozen=True)
class NextSpike:
    """A body for a kernel in place of the generated one, and the memory that it needs.

    counters, numbers : see `Drawn`.
    """

    body: str
    note: str
    counters: Any
    numbers: Any

    def resolver(self, others: Callable[[str], Argument]) -> Callable[[str], Argument]:
        """What a name of the new body stands for."""
        own = {"_nb_next_counters": self.counters, "_nb_next_numbers": self.numbers}

        def resolve(name: str) -> Argument:
            if name in own:
                return ArrayArgument((id(self), name), lambda: own[name])
            return others(name)

        return resolve

    def begin_run(self, kernel: Kernel, drawn: dict[str, Drawn], source: str) -> None:
        """Go on where the last run ended; drawn : what all sources hold, by place."""
        resume(Drawn(basis_of(kernel), self.counters, self.numbers), drawn, source)


def next_spike(code_object: Any) -> NextSpike | None:
    """The cheaper form of a code object's body, or None where it has none."""
    tree = ast.parse(code_object.code.run)
    loops = [n for n, node in enumerate(tree.body) if isinstance(node, ast.For)]
    if len(loops) != 1 or ast.unparse(tree).count("_nb_generator") != 1:
        return None
    if any(function.trailing for function in code_object._functions.values()):
        return None  # numbers that Python may change during a run
    if code_object.template_name == "threshold":
        return _threshold(code_object, tree, loops[0])
    if code_object.template_name == "stateupdate":
        return _private_inputs(code_object, tree, loops[0])
    return None


def _threshold(code_object: Any, tree: ast.Module, at: int) -> NextSpike | None:
    loop = tree.body[at]
    assert isinstance(loop, ast.For)
    *before, condition, place, emit = loop.body
    probability = _bernoulli(condition)
    if probability is None or not isinstance(emit, ast.If):
        return None
    loads = _varying_loads(code_object, before)
    keys = _scalar_keys(tree.body[:at], [*before, probability])
    size = int(code_object.variables["N"].get_value())
    text = _THRESHOLD.format(
        scalar=_text(tree.body[:at]),
        n=ast.unparse(loop.iter.args[0]),  # type: ignore[attr-defined]
        loads=_text(list(loads), 4),
        loads_again=_text(list(loads), 8),
        before=_text(before, 8),
        p=ast.unparse(probability),
        emit=_text([place, *emit.body], 12),
        keys=_compare_scalars(keys),
        differ=_compare_arrays(loads, len(keys), "_nb_next_differ += {name} != {seen}", 4),
        keep=_compare_arrays(loads, len(keys), "{seen} = {name}", 8),
        after=_text(tree.body[at + 1 :]),
        largest=_LARGEST_PROBABILITY,
    )
    numbers = np.full(2 + len(keys) + len(loads) * size, np.nan)
    note = "next_spike: its step is drawn (same law as a trial per neuron and step)"
    return NextSpike(text, note, np.array([-1, 0]), numbers)


_THRESHOLD = """
{scalar}
_nb_next_trials = {n}
_nb_next_differ = 0
{keys}
for _idx in range(_nb_next_trials):
    pass
{loads}
{differ}
if _nb_next_differ > 0 or _nb_next_counters[1] == 0:
    _nb_next_counters[0] = -1
    _nb_next_counters[1] = 0
    for _idx in range(_nb_next_trials):
        pass
{loads_again}
{keep}
if _nb_next_counters[1] != 1:
    _nb_next_largest = 0.0
    for _idx in range(_nb_next_trials):
{before}
        _nb_next_p = {p}
        _nb_next_largest = max(_nb_next_largest, _nb_next_p)
        if _nb_rand(_nb_generator) < _nb_next_p:
{emit}
    _nb_next_counters[1] = 1 if _nb_next_largest < {largest} else 2
    _nb_next_numbers[0] = _nb_next_largest
    _nb_next_numbers[1] = -_nb_np.log1p(-_nb_next_largest)
else:
    _nb_next_left = _nb_next_counters[0]
    if _nb_next_left < 0:
        _nb_next_left = _nb_failures(_nb_generator, _nb_next_numbers[1])
    while _nb_next_left < _nb_next_trials:
        _idx = _nb_next_left
{before}
        _nb_next_p = {p}
        _nb_next_kept = _nb_next_p >= _nb_next_numbers[0]
        if _nb_next_kept or _nb_rand(_nb_generator) * _nb_next_numbers[0] < _nb_next_p:
{emit}
        _nb_next_left += 1 + _nb_failures(_nb_generator, _nb_next_numbers[1])
    _nb_next_counters[0] = _nb_next_left - _nb_next_trials
{after}
"""


def _private_inputs(code_object: Any, tree: ast.Module, at: int) -> NextSpike | None:
    loop = tree.body[at]
    calls = [
        node
        for node in ast.walk(loop)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_nb_binomial"
    ]
    additions = [n for n in ast.walk(loop) if isinstance(n, ast.AugAssign)]
    if len(calls) != 1 or len(additions) != 1 or not _adds_product(additions[0], calls[0]):
        return None
    n, p = (code_object._resolve(ast.unparse(argument)).fetch() for argument in calls[0].args[1:])
    if p > _LARGEST_PROBABILITY or n * p > _MOST_EVENTS:
        return None
    assert isinstance(loop, ast.For)
    text = _PRIVATE.format(
        scalar=_text(tree.body[:at]),
        n=ast.unparse(loop.iter.args[0]),  # type: ignore[attr-defined]
        sources=ast.unparse(calls[0].args[1]),
        p=ast.unparse(calls[0].args[2]),
        body=_text(loop.body, 4).replace(ast.unparse(calls[0]), "1"),
        after=_text(tree.body[at + 1 :]),
    )
    note = "next_spike: all sources as one process whose events pick a target (same law)"
    return NextSpike(text, note, np.array([-1, 0]), np.zeros(1))


_PRIVATE = """
{scalar}
_nb_next_trials = {n} * {sources}
_nb_next_hazard = -_nb_np.log1p(-{p})
_nb_next_left = _nb_next_counters[0]
if _nb_next_left < 0:
    _nb_next_left = _nb_failures(_nb_generator, _nb_next_hazard)
while _nb_next_left < _nb_next_trials:
    _idx = _nb_next_left // {sources}
{body}
    _nb_next_left += 1 + _nb_failures(_nb_generator, _nb_next_hazard)
_nb_next_counters[0] = _nb_next_left - _nb_next_trials
{after}
"""


def _adds_product(addition: ast.AugAssign, call: ast.Call) -> bool:
    """Whether it is ``x += call * weight`` in any order of factors, the call once and linearly."""
    value = addition.value
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        if value.left is call or value.right is call:
            return isinstance(addition.op, ast.Add)
        value = value.left if any(node is call for node in ast.walk(value.left)) else value.right
    return isinstance(addition.op, ast.Add) and value is call


def _bernoulli(node: ast.stmt) -> ast.expr | None:
    """The p of ``_cond = _nb_rand(_nb_generator) < p``, also written the other way round."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Compare)):
        return None
    compare = node.value
    sides = [compare.left, *compare.comparators]
    if len(sides) != 2:
        return None
    if isinstance(compare.ops[0], (ast.Gt, ast.GtE)):
        sides.reverse()
    elif not isinstance(compare.ops[0], (ast.Lt, ast.LtE)):
        return None
    return sides[1] if ast.unparse(sides[0]) == "_nb_rand(_nb_generator)" else None


def _varying_loads(code_object: Any, nodes: list[ast.stmt]) -> list[ast.Assign]:
    """The statements ``name = array[index]`` whose array may change during a run.

    Brian2 lets equations write to what is called constant, unless it can only be read.
    """
    fixed = {
        name
        for name, variable in code_object._array_names.items()
        if variable.constant and variable.read_only
    }
    return [
        node
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Subscript)
        and ast.unparse(node.value.value) not in fixed
    ]


def _scalar_keys(scalar: list[ast.stmt], vector: list[ast.AST]) -> list[str]:
    """Expressions that tell whether a number computed once per step has changed.

    A time that only looks up a `TimedArray` counts by the row that it picks.
    """
    computed = {
        name.id for node in scalar for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }  # fmt: skip
    keys: dict[str, None] = {}
    rows: set[int] = set()
    for node in (n for tree in vector for n in ast.walk(tree)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_nb_timed_array_"):
            time = node.args[4 if ast.unparse(node.func) == "_nb_timed_array_2d" else 3]
            if isinstance(time, ast.Name) and time.id in computed:
                rows.add(id(time))
                epsilon, upsampling = (ast.unparse(argument) for argument in node.args[1:3])
                keys[f"_nb_np.floor(_nb_np.rint({time.id} / {epsilon}) / {upsampling})"] = None
    for node in (n for tree in vector for n in ast.walk(tree)):
        if isinstance(node, ast.Name) and node.id in computed and id(node) not in rows:
            keys[node.id] = None
    keys.pop("dt", None)
    return list(keys)


def _compare_scalars(keys: list[str]) -> str:
    lines = []
    for position, key in enumerate(keys, start=2):
        lines += [f"if _nb_next_numbers[{position}] != {key}:", "    _nb_next_differ += 1"]
        lines += [f"    _nb_next_numbers[{position}] = {key}"]
    return "\n".join(lines)


def _compare_arrays(loads: list[ast.Assign], keys: int, form: str, indent: int) -> str:
    lines = []
    for number, load in enumerate(loads):
        place = f"{2 + keys} + {number} * _nb_next_trials + _idx"
        seen = f"_nb_next_numbers[_nb_at({place})]"
        lines.append(" " * indent + form.format(name=ast.unparse(load.targets[0]), seen=seen))
    return "\n".join(lines)


def _text(nodes: list[ast.stmt], indent: int = 0) -> str:
    lines = [line for node in nodes for line in ast.unparse(node).splitlines()]
    return "\n".join(" " * indent + line for line in lines)
