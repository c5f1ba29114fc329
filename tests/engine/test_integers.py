"""Integers of expressions: exact, or an error that names what does not fit.

Expected values are those of Python's integers, which have no end.  NumPy's target, where integers
of 32 bits wrap around without a word, is no reference here.
"""

from __future__ import annotations

import random
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus.engine.brian.overflow import IntegerOverflowError
from bioplaus.engine.running.plan import last_plan

MODEL = "x : 1\ny : 1\nk : integer\nn : integer\nm : integer\nflag : boolean"
MILLIONS = 3_000_000


@pytest.fixture(autouse=True)
def engine(on_the_engine: None) -> None:
    pass


def cells(code: str, values: dict[str, Any], **options: Any) -> tuple[b2.Network, b2.NeuronGroup]:
    group = b2.NeuronGroup(2, MODEL, name="cells", **options)
    for name, value in values.items():
        setattr(group, name, value)
    group.run_regularly(code)
    return b2.Network(group), group


SOMEWHERE: dict[str, tuple[str, str, dict[str, Any]]] = {
    # in a product, a sum, a power, a comparison, a part, an update, a variable written before
    "product": ("x = n*n*n", "n * n * n", {"n": [2, MILLIONS]}),
    "sum": ("x = n*n + n*n", "n * n + n * n", {"n": [2, -(2**31)]}),
    "power": ("x = n**3", "n ** 3", {"n": [2, -MILLIONS]}),
    "any power": ("x = n**k", "n ** k", {"n": [2, 2], "k": [62, 63]}),
    "power below zero": ("x = n**k", "n ** k", {"n": [2, 2], "k": [3, -1]}),
    "condition": ("flag = n*n*n > 5", "n * n * n", {"n": [2, MILLIONS]}),
    "part": ("k = n*n*n % 7", "n * n * n", {"n": [2, MILLIONS]}),
    "with floats": ("x = y + 0.5*(n*n*n)", "n * n * n", {"n": [2, MILLIONS]}),
    "update": ("k *= n*n*n", "n * n * n", {"n": [2, MILLIONS]}),
    "updated": ("k *= n*n", "k * (n * n)", {"n": [2, MILLIONS], "k": MILLIONS}),
    "before": ("n = n*n; k = n*n; n = 0", "n * n", {"n": [2, MILLIONS]}),
    "as an argument": ("x = clip(n*n*n, 0, 5)", "n * n * n", {"n": [2, MILLIONS]}),
    "int": ("x = int(y)", "int(y)", {"y": [-(2.0**31), 2.0**31]}),
    "int of no number": ("x = int(y)", "int(y)", {"y": [0, np.nan]}),
    "int of an integer": ("x = int(n*n)", "int(n * n)", {"n": [2, MILLIONS]}),
    "floor": ("x = floor(y)", "floor(y)", {"y": [2147483647.5, -2147483648.5]}),
    "ceil": ("x = ceil(y)", "ceil(y)", {"y": [-2147483648.5, 2147483647.5]}),
}


@pytest.mark.parametrize("place", SOMEWHERE)
def test_what_does_not_fit_is_named(place: str) -> None:
    """The first neuron's number fits, the second's does not; the first step is at 0 s."""
    code, title, values = SOMEWHERE[place]
    network, _ = cells(code, values)
    with pytest.raises(IntegerOverflowError) as error:
        network.run(0.1 * ms)
    assert f"cells's integer '{title}' left its range" in str(error.value)
    assert "at index 1, at t = 0. s" in str(error.value)


def test_stepped_and_constants_from_outside() -> None:
    """A constant of more than 32 bits is another network: its code looks."""
    b2.prefs.codegen.runtime.numba.fuse = False
    network, group = cells("x = c*n", {"n": [2, MILLIONS]})
    network.run(0.1 * ms, namespace={"c": 2**31 - 1})
    assert group.x[:].tolist() == [2 * (2**31 - 1), MILLIONS * (2**31 - 1)]
    b2.prefs.codegen.runtime.numba.fuse = True
    network.run(0.1 * ms, namespace={"c": 2**31 - 1})
    with pytest.raises(IntegerOverflowError, match=r"integer '(c \* n|n \* c)' left .* 64 bits"):
        network.run(0.1 * ms, namespace={"c": 2**42})


def test_synapses_name_the_synapse() -> None:
    """A spike effect and a sum over synapses; the third of three neurons is too much."""
    group = b2.NeuronGroup(3, MODEL, threshold="i == 0", name="cells")
    group.n = [1, 2, MILLIONS]
    synapses = b2.Synapses(group, group, "w : 1", on_pre="w = n_post*n_post*n_post", name="to")
    synapses.connect()
    with pytest.raises(IntegerOverflowError, match=r"to's integer 'n_post .* at index 2"):
        b2.Network(group, synapses).run(0.1 * ms)


@pytest.mark.parametrize("connection", ["True", "i != j", "i < 2"])
def test_sums_of_integers(connection: str) -> None:
    """2 or 3 numbers of 2**30 do not fit into 32 bits, the same numbers less 2**29 do."""
    group = b2.NeuronGroup(3, MODEL, name="cells")
    synapses = b2.Synapses(group, group, "k_post = n_pre : integer (summed)")
    synapses.connect(connection)
    network = b2.Network(group, synapses)
    group.n = 2**29
    network.run(0.1 * ms)
    number = 2 if connection != "True" else 3
    assert group.k[:].tolist() == [number * 2**29] * 3
    group.n = 2**30
    with pytest.raises(IntegerOverflowError, match=r"cells's integer variable 'k' .* 32 bits"):
        network.run(0.1 * ms)


def test_the_least_numbers_and_numbers_without_sign() -> None:
    """-(-2**31), abs(-2**31) and 3 - 200 of one byte are what they are."""
    types = {"k": np.dtype("uint8"), "m": np.dtype("uint8")}
    code = "x = abs(n) + 1; y = -n; n = -(k - m)"
    values = {"n": [-(2**31), 2**31 - 1], "k": [3, 255], "m": [200, 0]}
    network, group = cells(code, values, dtype=types)
    network.run(0.1 * ms)
    assert group.x[:].tolist() == [2**31 + 1, 2**31]
    assert group.y[:].tolist() == [2**31, -(2**31) + 1]
    assert group.n[:].tolist() == [197, -255]


def test_random_expressions_are_exact() -> None:
    """Twenty expressions of three integers (seed 11) whose parts all fit into 64 bits."""
    draw = random.Random(11)
    values = {"n": [-7, 46341], "m": [2**31 - 1, -(2**31)], "k": [5, -46340]}

    def expression(depth: int) -> str:
        if depth == 0:
            return draw.choice([*values, "3", "-5"])
        one, other = expression(depth - 1), expression(draw.randrange(depth))
        return f"({one} {draw.choice(['+', '-', '*', '//', '%'])} {other})"

    found: list[str] = []
    while len(found) < 20:
        text = expression(3)
        try:
            results = [_exact(text, {n: v[i] for n, v in values.items()}) for i in range(2)]
        except (OverflowError, ZeroDivisionError):
            continue
        if all(abs(each) < 2**53 for each in results):
            found.append(text)
    names = [f"z{number}" for number in range(len(found))]
    group = b2.NeuronGroup(2, MODEL + "".join(f"\n{name} : 1" for name in names))
    for name, value in values.items():
        setattr(group, name, value)
    group.run_regularly("; ".join(f"{name} = {text}" for name, text in zip(names, found)))
    b2.Network(group).run(0.1 * ms)
    for name, text in zip(names, found):
        expected = [_exact(text, {n: v[i] for n, v in values.items()}) for i in range(2)]
        assert getattr(group, name)[:].tolist() == expected, text


def _exact(text: str, values: dict[str, int]) -> int:
    """The value of an expression; raises OverflowError where a part has more than 64 bits."""

    class Exact(int):
        def _of(self, other: int, name: str) -> Exact:
            result = getattr(int, name)(int(self), int(other))
            if abs(result) >= 2**63 - 4096:
                raise OverflowError
            return Exact(result)

        def __add__(self, other: int) -> Exact:
            return self._of(other, "__add__")

        def __sub__(self, other: int) -> Exact:
            return self._of(other, "__sub__")

        def __mul__(self, other: int) -> Exact:
            return self._of(other, "__mul__")

        def __floordiv__(self, other: int) -> Exact:
            return self._of(other, "__floordiv__")

        def __mod__(self, other: int) -> Exact:
            return self._of(other, "__mod__")

    names: dict[str, Any] = {name: Exact(value) for name, value in values.items()}
    for number in (3, 5):
        text = text.replace(f"-{number}", f"E(-{number})").replace(f" {number}", f" E({number})")
        text = text.replace(f"({number} ", f"(E({number}) ")
    return int(eval(text, {"E": Exact}, names))


def test_floats_and_indices_pay_nothing() -> None:
    """Where everything fits for sure, no line looks."""
    group = b2.NeuronGroup(3, "dx/dt = (j0*i + x)/ms : 1\nj0 : 1\nn : integer", threshold="x > 1")
    group.run_regularly("x = i*n + 2*N - n*n + (i + 1)**2 % 7 + int(x > 2)*n")
    synapses = b2.Synapses(group, group, "w : 1", on_pre="w = i*j + N_post*n_pre; x_post += w")
    synapses.connect()
    network = b2.Network(group, synapses)
    network.run(0.1 * ms)
    plan: Any = last_plan(network)
    assert plan is not None
    assert "_nb_fault" not in plan.program.text
