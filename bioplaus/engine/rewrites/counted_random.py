"""The rewrite ``counted_random``: random numbers of a loop are functions of a counter.

A generator with a state hands out one number after the other, by a call for each, and no loop that
asks it is vectorised.  Of a counter-based generator number k is a function of k alone: SplitMix64
(Steele, Lea & Flood 2014) mixes the bits of ``start + k*constant``, and a processor computes
several at a time.  The start is drawn from the engine's generator.

``rand()`` in a loop becomes such a number.  The binomial numbers of a `PoissonInput` are found from
them by inversion: a neuron has as many events as there are levels of the distribution function
below its number (Devroye 1986, chapter III.2).  The numbers have the same law, not the same bits.

Where the counter stands belongs to the random state, as in `next_spike`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..program.kernel import Argument, ArrayArgument, Kernel
from ..program.loop import Loop
from ..program.step import Step
from ..program.sweep import Sweep
from .drawn_ahead import Drawn, resume
from .rewrite import Rewrite, each

__all__ = ["REWRITE"]

_MOST_EVENTS = 400
"""Mean above which one binomial number by rejection costs less than comparing with all levels."""

_NOTE = "counted_random: its random numbers are functions of a counter (same law)"


class _Counter:
    """The counter of a kernel, and room for the binomial numbers of one step.

    state : (2,) int64: -1 while there is no start, and where the counter stands; events : (n,)
    int64; uniforms : (n,) uint64; levels : (k,) uint64, see `_levels`.
    """

    def __init__(self, neurons: int, levels: Any) -> None:
        self.state = np.array([-1, 0])
        self.events = np.zeros(neurons, dtype=np.int64)
        self.uniforms = np.zeros(neurons, dtype=np.uint64)
        self.levels = levels

    def resolver(self, others: Callable[[str], Argument]) -> Callable[[str], Argument]:
        """What a name of the new body stands for."""
        own = {
            "_nb_counted_state": self.state,
            "_nb_counted_events": self.events,
            "_nb_counted_uniforms": self.uniforms,
            "_nb_counted_levels": self.levels,
        }

        def resolve(name: str) -> Argument:
            if name in own:
                return ArrayArgument((id(self), name), lambda: own[name])
            return others(name)

        return resolve


def _by_counting(step: Step) -> Step:
    """The step with its random numbers drawn by counting, where there is something to gain."""
    form = step.loop
    assert step.kernel is not None
    if not isinstance(form, (Loop, Sweep)) or not step.kernel.draws:
        return step
    loop = form if isinstance(form, Loop) else form.of
    if loop.kind not in ("stateupdate", "synapses"):
        return step
    body = ast.parse("\n".join(map(ast.unparse, form.statements()))).body
    uniforms, binomials = _calls(body, "_nb_rand"), _calls(body, "_nb_binomial")
    if not uniforms + binomials or len(uniforms + binomials) < _generators(body):
        return step  # normal and Poisson numbers come from the engine's generator
    if len(binomials) > 1:
        return step
    levels: Any = np.zeros(0, dtype=np.uint64)
    neurons = 0
    if binomials:
        loops = [n for n, node in enumerate(body) if isinstance(node, ast.For)]
        if loop.kind != "stateupdate" or len(loops) != 1:
            return step
        n, p = (loop.number(argument) for argument in binomials[0].args[1:])
        if n < 1 or p > 0.5 or n * p > _MOST_EVENTS:
            return step
        levels, neurons = _levels(n, p), int(step.code_object.variables["N"].get_value())
        body[loops[0]] = _Binomials().visit(body[loops[0]])
        body[loops[0] : loops[0]] = ast.parse(_EVENTS).body
    for node in [node for tree in body for node in ast.walk(tree)]:
        if isinstance(node, ast.For):
            node.body = _drawn_before(node.body)
    if _calls(body, "_nb_rand"):
        return step  # outside of any loop
    counter = _Counter(neurons, levels)

    def begin_run() -> None:
        now = Drawn("counter", counter.state, np.zeros(0))
        resume(now, step.code_object.device.drawn, step.code_object.source)

    kernel = Kernel.from_statements(
        [*ast.parse(_BEGIN).body, *body, *ast.parse(_END).body],
        counter.resolver(form.resolve),
        form.functions,
    )
    return step.rewritten(kernel, _NOTE, begin=(*step.begin, begin_run))


REWRITE = Rewrite("counted_random", keeps="law", apply=each(_by_counting), alone=True)


def _calls(body: Iterable[ast.AST], name: str) -> list[ast.Call]:
    """The calls of a function."""
    return [
        node
        for tree in body
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def _generators(body: Iterable[ast.stmt]) -> int:
    """How often the engine's generator is named."""
    every = (node for tree in body for node in ast.walk(tree))
    return sum(isinstance(node, ast.Name) and node.id == "_nb_generator" for node in every)


_BEGIN = """
if _nb_counted_state[0] < 0:
    _nb_counted_state[0] = 0
    _nb_counted_state[1] = _nb_start_counting(_nb_generator)
_nb_counter = _nb_np.uint64(_nb_counted_state[1])
"""

_END = "_nb_counted_state[1] = _nb_np.int64(_nb_counter)"

_EVENTS = """
_nb_counter = _nb_invert(
    _nb_counter, _nb_counted_levels, _nb_counted_uniforms, _nb_counted_events
)
"""


class _Binomials(ast.NodeTransformer):
    """Replaces the one binomial number of a loop by what has been found for the neuron."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if _calls([node], "_nb_binomial")[:1] == [node]:
            return ast.parse("_nb_counted_events[_nb_at(_idx)]", mode="eval").body
        return self.generic_visit(node)  # type: ignore[return-value]


def _drawn_before(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a loop, each preceded by the random numbers that it uses."""
    statements: list[ast.stmt] = []
    for node in body:
        if not isinstance(node, ast.For):
            uniforms = _Uniforms(len(statements))
            node = uniforms.visit(node)
            statements += uniforms.drawn
        statements.append(node)
    return statements


class _Uniforms(ast.NodeTransformer):
    """Replaces random numbers by names; first : number of the first; drawn : what sets them."""

    def __init__(self, first: int) -> None:
        self.first, self.drawn = first, list[ast.stmt]()

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name) or node.func.id != "_nb_rand":
            return self.generic_visit(node)  # type: ignore[return-value]
        name = f"_nb_counted_{self.first + len(self.drawn)}"
        self.drawn += ast.parse(
            f"{name} = _nb_uniform(_nb_counter)\n_nb_counter = _nb_count_on(_nb_counter)"
        ).body
        return ast.Name(name, ast.Load())


def _levels(n: int, p: float) -> Any:
    """Values of the binomial distribution function below 1, in units of 2**-64.

    The probabilities are worked out from the most probable number on, relative to it: that of 0
    may be smaller than any number.
    """
    mode, odds = int((n + 1) * p), p / (1 - p)
    below, above = [1.0], [1.0]
    for k in range(mode, 0, -1):
        below.append(below[-1] * (k / (n - k + 1) / odds))
    for k in range(mode, n):
        above.append(above[-1] * ((n - k) / (k + 1) * odds))
        if above[-1] < 2.0**-80:
            break
    function = np.cumsum([*below[:0:-1], *above])
    function /= function[-1]
    below_one = function[: max(1, np.count_nonzero(function < 1))]
    return np.array([min(int(value * 2.0**64), 2**64 - 1) for value in below_one], dtype=np.uint64)
