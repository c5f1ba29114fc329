"""Elementary functions of our own against mpmath, at edges, and at several widths of vectors.

Errors are in units in the last place of the nearest double.  Random arguments: seed 3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import brian2 as b2
import mpmath
import numpy as np
import pytest

from benchmarks.mathematics import CASES, arguments, call, text, units
from bioplaus.engine.compiler import compiled, machine

LIMIT = 1.0
"""The largest error allowed, in units in the last place."""

EDGES = np.array(
    [
        *(0, 1, 0.5, 2, 3, 7.5, 1e-300, 2.0**-1022, 5e-324, 1e-310, 709.78, 710.4, 711, 745.1, 746),
        *(
            20,
            37,
            44,
            1e15,
            2.0**19,
            2.0**20,
            6381956970095103 * 2.0**797,
            2.0**52,
            2.0**53 - 1,
            2.0**53,
            1e300,
            np.finfo(float).max,
            np.inf,
        ),
    ]
)
EDGES = np.concatenate([EDGES, -EDGES, [np.nan]])


def _all(x: Any, y: Any) -> dict[str, Any]:
    """Every function at the same arguments, from one program."""
    outs = {name: np.empty_like(x) for name in CASES}
    program = text({name: call(name) for name in CASES})
    compiled(program, {}, [x, y, *outs.values()])(x, y, *outs.values())
    return outs


EXACT: dict[str, Callable[..., Any]] = {
    **{name: getattr(mpmath, name) for name in ("exp", "expm1", "log", "log1p", "log10", "power")},
    **{name: getattr(mpmath, name) for name in ("sinh", "cosh", "tanh", "sin", "cos", "tan")},
    "exp_alone": mpmath.exp,
    "power_alone": mpmath.power,
    "exprel": lambda x: mpmath.expm1(x) / x if x else mpmath.mpf(1),
}


@pytest.mark.parametrize("name", CASES)
def test_errors_against_many_digits(name: str) -> None:
    """Fifty digits: 150 random arguments of each range."""
    given = arguments(CASES[name], 150, np.random.default_rng(3))
    found = _all(given[0], given[-1])[name]
    with mpmath.workdps(50):
        exact = [EXACT[name](*map(mpmath.mpf, numbers)) for numbers in zip(*given)]
        for number, value, *numbers in zip(found, exact, *given):
            unit = math.ulp(float(value))
            assert abs(mpmath.mpf(float(number)) - value) <= LIMIT * unit, numbers


def test_edges() -> None:
    """Infinities, NaN, both zeros, denormal numbers, overflow and underflow, for powers in pairs.

    What is right is C's function in 80 bits, as its standard lists these cases.
    """
    x, y = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES))
    for name, found in _all(x, y).items():
        given = [column.astype(np.longdouble) for column in (x, y)[: CASES[name].arguments]]
        with np.errstate(all="ignore"):
            true = CASES[name].truth(*given)
        wrong = units(found, true) > LIMIT
        wrong |= (np.signbit(found) != np.signbit(true)) & ~np.isnan(true)
        assert not wrong.any(), (name, x[wrong][:3], y[wrong][:3], found[wrong][:3])


def _random(number: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    x = np.concatenate([arguments(case, number, rng)[0] for case in CASES.values()])
    return np.concatenate([x, EDGES]), np.resize(rng.uniform(-9, 9, 999), len(x) + len(EDGES))


def assert_same_bits(ours: dict[str, Any], others: dict[str, Any]) -> None:
    for name, found in ours.items():
        some = ~np.isnan(found)
        np.testing.assert_array_equal(np.isnan(others[name]), ~some, err_msg=name)
        bits, expected = (values[some].view(np.int64) for values in (found, others[name]))
        np.testing.assert_array_equal(bits, expected, err_msg=name)


def test_the_same_bits_from_vectors_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """As this processor has it, and as the plainest of its family, on which no loop has calls."""
    x, y = _random(300)
    ours, optimised, kernels = _all(x, y), machine._optimised, []

    def recorded(code: str, level: int) -> Any:
        module = optimised(code, level)
        kernels.extend([str(module)] if level else [])
        return module

    depending = (machine.target, machine._machine)
    try:
        monkeypatch.setattr(machine, "_processor", lambda: ("generic", ""))
        monkeypatch.setattr(machine, "_optimised", recorded)
        for cached in depending:
            cached.cache_clear()
        assert_same_bits(ours, _all(x, y))
    finally:
        for cached in depending:
            cached.cache_clear()
    vectorised = [c for c in kernels if 0 < c.count("fmul double") <= c.count("fmul <2 x double>")]
    assert len(kernels) == len(CASES)
    others = ("sin", "cos", "tan", "exp_alone", "power_alone")
    assert len(vectorised) == len(CASES) - len(others)
    assert not re.search(r" call .*@(?!llvm\.|.*_far_)", "\n".join(kernels))
    for far in ("_far_sine", "_far_cosine", "_far_tangent"):
        [kernel] = [code for code in kernels if far in code]
        loop = kernel.partition("define void")[2].partition("\n}")[0]
        assert re.search(rf"call <2 x double> @\S*{far}\S*\.of\.2\(", loop)


def in_equations() -> dict[str, Any]:
    """Powers of every kind, and of the exponential function, as SymPy writes them."""
    b2.defaultclock.dt = 0.1 * b2.ms
    group = b2.NeuronGroup(8, "x : 1\ny : 1\nn : integer\na : 1\nb : 1\nc : 1\nd : 1")
    group.x, group.y = np.linspace(-2, 2, 8), np.linspace(0.1, 3, 8)
    group.n = np.arange(8)
    group.run_regularly(
        """a = exp(x)**0.3 + exp(y)**x + y**0.5 + y**2.0
           b = x**2 + x**-3 + x**n
           c = y**x
           d = tanh(x) + sinh(x) + cosh(x) + log(y) + log10(y) + log1p(y) + expm1(x) + exprel(x)
           d += sin(x) + cos(x) + tan(x) + sin(1e9*x)"""
    )
    b2.Network(group).run(0.1 * b2.ms)
    return {name: np.array(getattr(group, name)) for name in "abcd"}


@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)])
def test_equations(dtype: Any, same_everywhere: Callable[..., None]) -> None:
    b2.prefs.core.default_float_dtype = dtype
    try:
        same_everywhere(in_equations, 1e-12 if dtype == np.float64 else 2e-6)
    finally:
        b2.prefs.core.default_float_dtype = np.float64


@pytest.mark.slow
def test_numba_gives_the_same_bits() -> None:
    x, y = _random(300)
    namespace: dict[str, Any] = {}
    whole = text({name: call(name) for name in CASES})
    exec(whole.replace("machine.support", "machine.for_numba"), namespace)
    outs = {name: np.empty_like(x) for name in CASES}
    namespace["run"](x, y, *outs.values())
    assert_same_bits(_all(x, y), outs)


@pytest.mark.slow
def test_fast_mathematics_does_not_reach_them(on_the_engine: None) -> None:
    """The bits do not depend on it; Numba, which compiles such networks, hands it down."""
    results = []
    for fastmath in (False, True):
        b2.prefs.codegen.runtime.numba.fastmath = fastmath
        try:
            group = b2.NeuronGroup(500, "x : 1\na : 1\nb : 1\nc : 1")
            group.x = np.linspace(-700, 700, 500)
            group.run_regularly("a = exp(x)\nb = sin(x)\nc = expm1(0.01*x)**2.5")
            b2.Network(group).run(0.1 * b2.ms)
        finally:
            b2.prefs.codegen.runtime.numba.fastmath = False
        results.append({name: np.array(getattr(group, name)) for name in "abc"})
    assert_same_bits(*results)
