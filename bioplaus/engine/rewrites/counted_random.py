"""The rewrite ``counted_random``: random numbers of a loop are functions of a counter.

A generator with a state hands out one number after the other, by a call for each, and no loop that
asks it is vectorised.  Of a counter-based generator number k is a function of k alone: SplitMix64
(Steele, Lea & Flood 2014) mixes the bits of ``start + k*constant``, and a processor computes
several at a time.  The start is drawn from the engine's generator.

``rand()`` in a loop becomes such a number.  The binomial numbers of a `PoissonInput` are found from
them by inversion: a neuron has as many events as there are levels of the distribution function
below its number (Devroye 1986, chapter III.2).  The numbers have the same law, not the same bits.

Where the counter stands belongs to the random state, as in `nextspike`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from ..program.kernel import Argument, ArrayArgument
from .drawn_ahead import Drawn, resume

__all__ = ["Counted", "counted"]

_UNIFORM = "_nb_rand(_nb_generator)"
_LOOPS = ("stateupdate", "synapses")

_MOST_EVENTS = 400
"""Mean above which one binomial number by rejection costs less than comparing with all levels."""


class Counted:
    """The counter of a kernel, and room for the binomial numbers of one step.

    counters : (2,) int64: -1 while there is no start, and where the counter stands; counts : (n,)
    int64; uniforms : (n,) uint64; levels : (k,) uint64, see `_levels`.
    """

    note = "counted_random: its random numbers are functions of a counter (same law)"

    def __init__(self, neurons: int, levels: Any) -> None:
        self.counters = np.array([-1, 0])
        self.counts = np.zeros(neurons, dtype=np.int64)
        self.uniforms = np.zeros(neurons, dtype=np.uint64)
        self.levels = levels

    def resolver(self, others: Callable[[str], Argument]) -> Callable[[str], Argument]:
        """What a name of the new body stands for."""
        own = {
            "_nb_counted_state": self.counters,
            "_nb_counted_events": self.counts,
            "_nb_counted_uniforms": self.uniforms,
            "_nb_counted_levels": self.levels,
        }

        def resolve(name: str) -> Argument:
            if name in own:
                return ArrayArgument((id(self), name), lambda: own[name])
            return others(name)

        return resolve

    def begin_run(self, drawn: dict[str, Drawn], source: str) -> None:
        """Go on where the last run ended; drawn : what all sources hold, by place."""
        resume(Drawn("counter", self.counters, np.zeros(0)), drawn, source)


def counted(code_object: Any, body: list[ast.stmt]) -> tuple[Counted, list[ast.stmt]] | None:
    """A body with its random numbers drawn by counting, or None where there is nothing to gain."""
    text = "\n".join(ast.unparse(node) for node in body)
    draws, binomials = text.count(_UNIFORM), text.count("_nb_binomial(")
    loops = [n for n, node in enumerate(body) if isinstance(node, ast.For)]
    if code_object.template_name not in _LOOPS or draws + binomials == 0:
        return None
    if draws + binomials < text.count("_nb_generator") or binomials > 1:
        return None  # normal and Poisson numbers come from the engine's generator
    levels: Any = np.zeros(0, dtype=np.uint64)
    neurons = 0
    body = ast.parse(text).body
    if binomials:
        if code_object.template_name != "stateupdate" or len(loops) != 1:
            return None
        events = _Binomials()
        events.visit(body[loops[0]])
        n, p = (
            code_object._resolve(ast.unparse(argument)).fetch() for argument in events.arguments
        )
        if n < 1 or p > 0.5 or n * p > _MOST_EVENTS:
            return None
        levels, neurons = _levels(n, p), int(code_object.variables["N"].get_value())
        body[loops[0] : loops[0]] = ast.parse(_EVENTS).body
    tree = ast.Module(body, type_ignores=[])
    for node in ast.walk(tree):
        if isinstance(node, ast.For):
            node.body = _drawn_before(node.body)
    if _UNIFORM in ast.unparse(tree):
        return None  # outside of any loop
    return Counted(neurons, levels), [*ast.parse(_BEGIN).body, *body, *ast.parse(_END).body]


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
        self.generic_visit(node)
        if ast.unparse(node.func) != "_nb_binomial":
            return node
        self.arguments = node.args[1:]
        return ast.parse("_nb_counted_events[_nb_at(_idx)]", mode="eval").body


def _drawn_before(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a loop, each preceded by the random numbers that it uses."""
    statements: list[ast.stmt] = []
    for node in body:
        if not isinstance(node, ast.For):
            text = ast.unparse(node)
            while _UNIFORM in text:
                name = f"_nb_counted_{len(statements)}"
                text = text.replace(_UNIFORM, name, 1)
                statements += ast.parse(
                    f"{name} = _nb_uniform(_nb_counter)\n_nb_counter = _nb_count_on(_nb_counter)"
                ).body
            node = ast.parse(text).body[0]
        statements.append(node)
    return statements


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
