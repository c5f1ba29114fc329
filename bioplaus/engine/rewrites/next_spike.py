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
from typing import Any

import numpy as np

from ..program.blocks import indented
from ..program.kernel import Argument, ArrayArgument, Kernel
from ..program.loop import Elements, Loop, copied
from ..program.step import Step
from .drawn_ahead import Basis, Drawn, resume
from .rewrite import Rewrite, each

__all__ = ["REWRITE"]

_LARGEST_PROBABILITY = 0.2
"""Above this, one event costs more than the trials that it saves."""

_MOST_EVENTS = 0.05
"""Events per neuron and step of private inputs, above which `counted_random` is cheaper."""


class _Ahead:
    """What is drawn ahead of one step; counters, numbers : see `Drawn`."""

    def __init__(self, numbers: Any) -> None:
        self.counters, self.numbers = np.array([-1, 0]), numbers

    def of(self, step: Step, loop: Loop, body: str, note: str) -> Step:
        """The step with another body, which draws ahead."""
        own = {"_nb_next_counters": self.counters, "_nb_next_numbers": self.numbers}

        def resolve(name: str) -> Argument:
            if name in own:
                return ArrayArgument((id(self), name), lambda: own[name])
            return loop.resolve(name)

        kernel = Kernel.from_body(body, resolve, loop.functions)
        basis = Basis(kernel)

        def begin_run() -> None:
            now = Drawn(basis.digest(), self.counters, self.numbers)
            resume(now, step.code_object.device.drawn, step.code_object.source)

        return step.rewritten(kernel, f"next_spike: {note}", begin=(*step.begin, begin_run))


def _drawn_ahead(step: Step) -> Step:
    loop = step.loop
    assert step.kernel is not None
    if not isinstance(loop, Loop) or not isinstance(loop.domain, Elements):
        return step
    if not step.kernel.draws:
        return step
    nodes = (node for tree in loop.statements() for node in ast.walk(tree))
    if sum(isinstance(n, ast.Name) and n.id == "_nb_generator" for n in nodes) != 1:
        return step
    if step.code_object.reads_numbers:
        return step  # which Python may change during a run
    if loop.kind == "threshold":
        return _threshold(step, loop, loop.domain)
    return _private_inputs(step, loop, loop.domain) if loop.kind == "stateupdate" else step


REWRITE = Rewrite("next_spike", keeps="law", apply=each(_drawn_ahead), alone=True)


def _threshold(step: Step, loop: Loop, domain: Elements) -> Step:
    *before, condition = loop.element
    probability = _bernoulli(condition)
    if probability is None:
        return step
    loads = _varying_loads(loop, before)
    keys = _scalar_keys(loop.head, [*before, probability])
    size = int(step.code_object.variables["N"].get_value())
    text = _THRESHOLD.format(
        scalar=indented(loop.head, 0),
        n=domain.number,
        loads=indented(loads, 4),
        loads_again=indented(loads, 8),
        before=indented(before, 8),
        p=ast.unparse(probability),
        emit=indented(loop.emit, 12),
        keys=_compare_scalars(keys),
        differ=_compare_arrays(loads, len(keys), "_nb_next_differ += {name} != {seen}", 4),
        keep=_compare_arrays(loads, len(keys), "{seen} = {name}", 8),
        after=indented(loop.tail, 0),
        largest=_LARGEST_PROBABILITY,
    )
    ahead = _Ahead(np.full(2 + len(keys) + len(loads) * size, np.nan))
    note = "its step is drawn (same law as a trial per neuron and step)"
    return ahead.of(step, loop, text, note)


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
    _nb_next_numbers[1] = -_nb_log1p(-_nb_next_largest)
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


def _private_inputs(step: Step, loop: Loop, domain: Elements) -> Step:
    every = [node for tree in loop.element for node in ast.walk(tree)]
    calls = [n for n in every if isinstance(n, ast.Call) and ast.unparse(n.func) == "_nb_binomial"]
    additions = [n for n in every if isinstance(n, ast.AugAssign)]
    if len(calls) != 1 or len(additions) != 1 or not _adds_product(additions[0], calls[0]):
        return step
    n, p = (loop.number(argument) for argument in calls[0].args[1:])
    if p > _LARGEST_PROBABILITY or n * p > _MOST_EVENTS:
        return step
    text = _PRIVATE.format(
        scalar=indented(loop.head, 0),
        n=domain.number,
        sources=ast.unparse(calls[0].args[1]),
        p=ast.unparse(calls[0].args[2]),
        body=indented([_One(calls[0]).visit(node) for node in copied(loop.element)], 4),
        after=indented(loop.tail, 0),
    )
    note = "all sources as one process whose events pick a target (same law)"
    return _Ahead(np.zeros(1)).of(step, loop, text, note)


class _One(ast.NodeTransformer):
    """Puts 1 in the place of a call."""

    def __init__(self, call: ast.Call) -> None:
        self.text = ast.dump(call)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return ast.Constant(1) if ast.dump(node) == self.text else self.generic_visit(node)  # type: ignore[return-value]


_PRIVATE = """
{scalar}
_nb_next_trials = {n} * {sources}
_nb_next_hazard = -_nb_log1p(-{p})
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


def _varying_loads(loop: Loop, nodes: list[ast.stmt]) -> list[ast.Assign]:
    """The statements ``name = array[index]`` whose array may change during a run.

    Brian2 lets equations write to what is called constant, unless it can only be read.
    """
    fixed = {
        name for name, variable in loop.arrays.items() if variable.constant and variable.read_only
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
