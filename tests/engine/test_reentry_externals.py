"""What equations take from outside by name may be another in the next run, and is looked up again.

All networks are compared with NumPy's target, which prepares every run anew, to 1e-12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from operator import getitem
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms, mV, second, volt
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject

from bioplaus.engine.program.arguments import Arguments, Numbers
from bioplaus.engine.program.kernel import ValueArgument
from bioplaus.engine.running.plan import last_plan

#: Names and values of one run after the other.
Namespaces = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def target_as_before() -> Iterator[None]:
    yield
    b2.prefs.codegen.target = "numpy"


def cells(equations: str, method: str = "euler", **options: Any) -> b2.Network:
    """Two cells of a variable v, from 1 and 2."""
    b2.start_scope()
    b2.defaultclock.dt = 0.1 * ms
    group = b2.NeuronGroup(2, equations, method=method, name="cells", **options)
    group.v_ = [1, 2]
    return b2.Network(group)


def values(build: Callable[[], b2.Network], target: str, namespaces: Namespaces) -> tuple[Any, Any]:
    """v after each run, and the plans of the runs; the kind of error where one cannot run."""
    b2.prefs.codegen.target = target
    network = build()
    found, plans = [], []
    for namespace in namespaces:
        try:
            network.run(0.5 * ms, namespace=namespace)
            found.append(np.array(network["cells"].v_))
        except Exception as problem:
            found.append(type(problem))
        plans.append(last_plan(network))
    return found, plans


def prepared(build: Callable[[], b2.Network], namespaces: Namespaces) -> list[bool]:
    """Assert that both targets agree; which runs after the first were prepared anew."""
    found, plans = values(build, "numba", namespaces)
    expected, _ = values(build, "numpy", namespaces)
    for one, two in zip(found, expected):
        if isinstance(two, type):
            assert one is two
        else:
            np.testing.assert_allclose(one, two, rtol=1e-12)
    return [after is not before for before, after in pairwise(plans)]


SIMPLE = "dv/dt = (a - v)/tau : 1"


@pytest.mark.parametrize("method", ["euler", "exact", "exponential_euler"])
def test_numbers_are_arguments_whatever_the_method(method: str) -> None:
    namespaces = [{"a": 1.5, "tau": k * ms} for k in (5, 5, 2, 7.5)]
    namespaces += [{"a": a, "tau": 7.5 * ms} for a in (np.float64(0.5), 0.25)]
    assert prepared(lambda: cells(SIMPLE, method), namespaces) == [False] * 5


def test_another_type_or_unit_is_another_network() -> None:
    namespaces = [{"a": a, "tau": tau} for a, tau in ((2, 5 * ms), (3, 5 * ms), (2.5, 5 * ms))]
    namespaces += [{"a": 2.5, "tau": 5 * mV}, {"a": 2.5, "tau": 5 * ms}]
    assert prepared(lambda: cells(SIMPLE), namespaces)[:2] == [False, True]


def test_an_exponent_decides_about_units() -> None:
    namespaces = [{"n": n, "k": 1 / volt / second} for n in (2, 2, 3)]
    again = prepared(lambda: cells("dv/dt = k*v**n : volt"), namespaces)
    assert again[0] is False


def test_parameters_may_be_local_variables() -> None:
    def trial(network: b2.Network, factor: float) -> None:
        tau = factor * ms  # noqa: F841
        a = 1.5  # noqa: F841
        network.run(0.5 * ms)

    found = []
    for target in ("numba", "numpy"):
        b2.prefs.codegen.target = target
        network = cells(SIMPLE)
        trial(network, 4)
        first = last_plan(network)
        trial(network, 4)
        trial(network, 6)
        assert last_plan(network) is first
        found.append(np.array(network["cells"].v_))
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_own_namespaces_and_quantities_that_change_in_place() -> None:
    found = []
    for target in ("numba", "numpy"):
        b2.prefs.codegen.target = target
        a, tau = np.array(1.5), 5 * ms
        network = cells(SIMPLE, namespace={"a": a})
        group = network["cells"]

        def run(network: b2.Network = network, tau: Any = tau) -> Any:
            network.run(0.5 * ms, namespace={"tau": tau, "a": 100.0})
            return last_plan(network)

        first = run()
        a[...] = 2.5
        np.asarray(tau)[...] = 0.002
        assert run() is first
        group.namespace["a"] = 3.5
        assert run() is first
        group.namespace = {"a": 0.5}
        assert run() is first
        del group.namespace["a"]  # then it is that of the run
        assert run() is first
        found.append(np.array(group.v_))
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_code_in_python_takes_them_over() -> None:
    namespaces = [{"a": 1.5, "tau": k * ms} for k in (5, 2, 7.5)]
    build = lambda: cells(SIMPLE, codeobj_class=NumpyCodeObject)  # noqa: E731
    assert prepared(build, namespaces) == [False, False]


def tables(*rows: Any, dt: Any = 0.1 * ms) -> Namespaces:
    return [{"table": b2.TimedArray(row, dt=dt)} for row in rows]


def test_tables_are_arguments() -> None:
    rows = [np.arange(5.0), np.arange(20.0) ** 2, np.array([3.0]), np.arange(24.0)[::2]]
    build = lambda: cells("dv/dt = table(t)/ms : 1")  # noqa: E731
    assert prepared(build, tables(*rows)) == [False] * 3
    assert prepared(build, [*tables(rows[0]), *tables(rows[1], dt=0.2 * ms)]) == [True]
    two_d = [np.arange(10.0).reshape(5, 2), np.arange(28.0).reshape(7, 4) ** 2]
    build_2d = lambda: cells("dv/dt = table(t, i)/ms : 1")  # noqa: E731
    assert prepared(build_2d, tables(*two_d)) == [False]


def test_tables_that_were_one_and_are_two() -> None:
    one, two, three = (b2.TimedArray(np.arange(9.0) * k, dt=0.1 * ms) for k in (1, 2, 3))
    namespaces = [{"f": one, "g": one}, {"f": two, "g": two}, {"f": two, "g": three}]
    build = lambda: cells("dv/dt = f(t)/ms + 10*g(t)/ms : 1")  # noqa: E731
    assert prepared(build, namespaces) == [False, True]


def test_functions_that_are_made_anew() -> None:
    def doubling() -> Any:
        @b2.check_units(x=1, result=1)
        def f(x: Any) -> Any:
            return 2 * x

        return f

    @b2.check_units(x=1, result=1)
    def halving(x: Any) -> Any:
        return x / 2

    namespaces = [{"f": doubling()}, {"f": doubling()}, {"f": halving}]
    build = lambda: cells("dv/dt = f(v)/second : 1")  # noqa: E731
    assert prepared(build, namespaces) == [False, True]


def test_a_name_that_is_gone_is_an_error() -> None:
    namespaces = [{"a": 1.5, "tau": 5 * ms}, {"a": 1.5}, {"a": 1.5, "tau": "5 ms"}]
    found, _ = values(lambda: cells(SIMPLE), "numba", namespaces)
    assert [isinstance(v, type) for v in found] == [False, True, True]


def test_numbers_are_fetched_again_unless_all_must_be_the_same() -> None:
    held: dict[str, Any] = {"size": [3], "gain": [0.5]}
    loose = [2.0]
    given = Arguments()
    for name in held:
        given.name_of(
            ValueArgument(lambda name=name: held[name][0], object_of=partial(getitem, held, name))
        )
    numbers = Numbers(given)

    def found() -> list[float]:
        numbers.refresh()
        return [*numbers.floats, *numbers.integers]

    assert found() == [0.5, 3]
    numbers.floats[0] = 9
    assert found() == [9, 3]  # nobody asked
    held["size"] = [3]
    assert found() == [0.5, 3]
    held["gain"] = [0.25]
    assert found() == [0.25, 3]
    given.name_of(ValueArgument(lambda: loose[0]))
    numbers = Numbers(given)
    assert found() == [0.25, 2, 3]
    loose[0] = 4
    assert found() == [0.25, 4, 3]
