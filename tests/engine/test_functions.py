"""Python functions in equations: what they read from outside, and what is run in Python.

What is right is what Python itself returns for the whole array: Brian2's ``numpy`` target calls the
function so.  Most tests look at the text that would be compiled, which is Python as well.
"""

from __future__ import annotations

import inspect
import itertools
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms
from brian2.core.functions import Function
from scipy.special import exprel

from bioplaus.engine.functions.bodies import defined
from bioplaus.engine.functions.elementary import _TABLE, OWN
from bioplaus.engine.functions.elementwise import UnsupportedFunctionError
from bioplaus.engine.functions.outside import Outside
from bioplaus.engine.machine import for_numba, support
from bioplaus.engine.running.explanation import fallbacks

GRID = np.array([-2.5, -1.0, -0.0, 0.0, 0.3, 1.0, 2.0, 7.25])
EXTREMES = np.array([np.nan, np.inf, -np.inf, 1e300, -1e-310])

gain = 2.0
table = {"slope": 0.5, "offsets": [1.0, 2.0, 4.0]}
mode = "plain"
flag = True
weights = (0.5, -1.0, 2.0)
module = types.ModuleType("settings")
module.rate = 3  # type: ignore[attr-defined]


class Settings:
    shared = 1.5

    def __init__(self) -> None:
        self.own = 2

    @property
    def counted(self) -> int:
        return 1


settings = Settings()


def helper(x: Any, scale: Any = 3.0, *, shift: Any = 0.25) -> Any:
    return scale * x + shift + gain


def of_closure(k: Any) -> Callable[..., Any]:
    return lambda x: k * x


def translated(function: Any, *arguments: Any) -> Any:
    """What the text for one element gives for each element, run by Python."""
    outside = Outside(function)
    definition = defined(outside, len(arguments))
    space: dict[str, Any] = {"_nb_np": np, "_nb_math": math}
    for name in ("_nb_where", "_nb_larger", "_nb_smaller", "_nb_floor_divide", "_nb_remainder"):
        space[name] = getattr(support, name)
    space |= {f"_nb_{name}": getattr(np, name, exprel) for name in OWN} | {"_nb_power": pow}
    for text in definition.texts:
        exec(text, space)
    call = space[definition.name]
    numbers = [outside.read(position) for position in definition.taken]
    columns = zip(*np.broadcast_arrays(*arguments))
    return np.array([call(*elements, *numbers) for elements in columns])


def same(function: Any, *arguments: Any) -> None:
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(function(*(np.array(a) for a in arguments)), len(arguments[0]))
        np.testing.assert_allclose(translated(function, *arguments), expected, rtol=1e-15)


ELEMENTWISE: list[Any] = [
    lambda x: gain * x,
    of_closure(2.5),
    of_closure(np.int64(3)),
    of_closure(np.float32(0.1)),
    of_closure(np.bool_(True)),
    lambda x: helper(x) - helper(x, 2.0, shift=1.0),
    lambda x: x * settings.own + settings.shared + module.rate,
    lambda x: table["slope"] * x + table["offsets"][1] + weights[-1],
    lambda x: x * 2 ** -len(weights) + np.pi * 10**-1,
    lambda x: x + (1.0 if mode == "plain" else 2.0) + (flag + flag),
    lambda x: np.where(x > 0.5, x, gain) + np.clip(x, -1, 1) + np.clip(x, 1, -1),
    lambda x: b2.exp(-abs(x)) + np.logical_and(x > 0, x < 2) * 3,
    lambda x: ~(x > 0.5) * 2 + ((x > 0) & (x < 2)) + (1 - (x > 1)),
    lambda x: x // 0.75 + x % -0.75 + np.float64(x) ** 2,
    lambda x: x**2 + 2**x + (x * x + 1) ** -0.5,
]


def loops(x: Any) -> Any:
    """Factorials beyond 64 bits, which Python's integers hold."""
    total = 0.0
    factorial = 1
    for k in range(1, 30):
        factorial *= k
        total += x**k / factorial
    for w in weights:
        total = total * x + w
    return total


def locals_and_defaults(x: Any, scale: Any = None) -> Any:
    """A default that is no number decides which branch is meant."""
    two = 2
    if scale is None:
        y, z = x / two, x * two**-1
    else:
        y, z = scale * x, x
    y += 1
    return y + z


@pytest.mark.parametrize("function", [*ELEMENTWISE, loops, locals_and_defaults])
def test_one_element_gives_what_the_array_gives(function: Any) -> None:
    same(function, GRID)
    same(function, EXTREMES)


def branching(x: Any) -> Any:
    if x > 1 and x < 5:
        y = 1 * x
    elif not x:
        return 7
    else:
        y = 0
        while y < 3:
            y += 1
            if y == 2:
                break
    return 2 * y if x > 0 else -max(x, -2, y + 0)


def test_conditions_on_elements() -> None:
    """Python refuses them for arrays of several elements: the elements one by one are right."""
    expected = [float(branching(x)) for x in GRID]
    np.testing.assert_array_equal(translated(branching, GRID), expected)


def in_place(x: Any) -> Any:
    x += 1
    return x


def in_place_elsewhere(x: Any) -> Any:
    y = x
    y *= 2
    return y


def in_place_of_two(x: Any) -> Any:
    y = x + 1
    z = y
    y += 1
    return z


def counting(x: Any) -> Any:
    global gain
    gain += 1
    return x


def not_always(x: Any) -> Any:
    if x > 0:
        return x


def unbound(x: Any) -> Any:
    if x > 0:
        y = 1
    return y


def calls_a_sum(x: Any) -> Any:
    return helper(sum_of(x))


def sum_of(x: Any) -> Any:
    return np.sum(x)


def recursive(x: Any) -> Any:
    return x if x < 1 else recursive(x - 1)


class Custom:
    def __mul__(self, other: Any) -> Any:
        return other


custom = Custom()
array = np.arange(8.0)
nothing = None
huge = 2**60

IN_PYTHON: list[Any] = [
    *(lambda x, f=f: x - f(x) for f in (np.sum, np.mean, np.max, np.min, np.std, np.prod)),
    *(of_closure(f) for f in (np.cumsum, np.sort)),
    *(lambda x, f=f: x + f(x) for f in (np.cumsum, np.any, np.all, np.sort, np.size, np.ndim)),
    *(lambda x, f=f: x + f(x) for f in (np.average, np.median, len, max, sum, b2.sum, b2.max)),
    lambda x: np.roll(x, 1),
    lambda x: np.percentile(x, 50) + x,
    lambda x: np.max(x, 0) + x,
    lambda x: np.where(x > 0)[0][0] + x,
    lambda x: np.exp(x, out=x),
    lambda x: x - x.mean(),
    lambda x: x.shape[0] * x,
    lambda x: x[::-1],
    lambda x: np.outer(x, 2.0).ravel(),
    lambda x: np.array([x])[0],
    lambda x: np.array([y + 1 for y in x]),
    lambda x: np.random.rand() * x,  # noqa: NPY002
    lambda x: (x > 0) + (x > 1),
    lambda x: np.exp(x > 0),
    lambda x: custom * x,
    lambda x: array * x,
    lambda x: nothing * x,
    lambda x: huge * x,
    lambda x: settings.counted * x,
    lambda x: (1 / (gain - gain)) * x,
    lambda x: undefined * x,  # type: ignore[name-defined]  # noqa: F821
    lambda x: print(x),
    lambda *x: x[0],
    in_place,
    in_place_elsewhere,
    in_place_of_two,
    counting,
    not_always,
    unbound,
    calls_a_sum,
    recursive,
]


@pytest.mark.parametrize("function", IN_PYTHON)
def test_what_may_mean_the_whole_array_is_refused(function: Any) -> None:
    with pytest.raises(UnsupportedFunctionError):
        defined(Outside(function), 1)


def test_a_function_without_a_text_is_refused() -> None:
    space: dict[str, Any] = {}
    exec("def f(x):\n    return 2*x", space)
    with pytest.raises(UnsupportedFunctionError, match="text of 'f' cannot be found"):
        defined(Outside(space["f"]), 1)


def test_the_text_does_not_depend_on_values() -> None:
    one, two = (defined(Outside(of_closure(k)), 1) for k in (2, 3.5))
    assert one == two
    first, second = lambda x: x + 1, lambda x: x + 2
    assert defined(Outside(first), 1) != defined(Outside(second), 1)


KINDS: list[tuple[str, Any, Any]] = [
    ("gain", 2.0, 2.5),
    ("gain", 2.0, 3),
    ("gain", np.int64(2), np.int32(3)),
    ("gain", np.float32(0.5), 7.0),
    ("gain", b2.Quantity(2.0), b2.Quantity(4.0)),
    ("gain", np.array(2.0), np.array(5.0)),
    ("table", {"slope": 1.0, "offsets": [1, 2]}, {"slope": 2, "offsets": [1, 5]}),
    ("weights", (1.0, 2.0, 3.0), (1.0, 2.0, -3)),
    ("flag", True, False),
    ("mode", "plain", "other"),
]


@pytest.mark.parametrize(("name", "before", "after"), KINDS)
def test_numbers_are_looked_up_again(
    name: str, before: Any, after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = [f for f in ELEMENTWISE if name in f.__code__.co_names]
    for function in functions:
        monkeypatch.setitem(globals(), name, before)
        outside = Outside(function)
        definition = defined(outside, 1)
        monkeypatch.setitem(globals(), name, after)
        assert outside.holds()
        assert definition == defined(Outside(function), 1)
        same(function, GRID)


@pytest.mark.parametrize("value", [None, "two", (1, 2), [1.0], 1j, True, 2**60, np.ones(2), custom])
def test_another_kind_of_value_is_noticed(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Outside(ELEMENTWISE[0])
    defined(outside, 1)
    assert outside.holds()
    monkeypatch.setitem(globals(), "gain", value)
    assert not outside.holds()


def test_what_the_text_depends_on_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another function of the same name, numbers that a loop goes through, a default."""
    outside = Outside(lambda x: helper(x))
    defined(outside, 1)
    monkeypatch.setitem(globals(), "helper", lambda x: x)
    assert not outside.holds()
    outside = Outside(loops)
    defined(outside, 1)
    monkeypatch.setitem(globals(), "weights", (1.0, 2.0))
    assert not outside.holds()
    outside = Outside(locals_and_defaults)
    defined(outside, 1)
    monkeypatch.setattr(locals_and_defaults, "__defaults__", (2.0,))
    assert not outside.holds()
    same(locals_and_defaults, GRID)


@pytest.mark.slow
def test_elementary_functions_compiled() -> None:
    """Every function of the table against NumPy or Python, for ordinary numbers and for others."""
    values = np.concatenate([GRID, EXTREMES, [0.5, -0.75]])
    for function, entry in _TABLE.values():
        arguments = entry.arguments
        names = "xyz"[:arguments]
        text = f"def f({', '.join(names)}):\n    return {entry.text.format(*names)}\n"
        space = {name: getattr(for_numba, name) for name in for_numba.__all__}
        exec("@njit(error_model='numpy')\n" + text, space)
        numbers = np.array(list(itertools.product(values, repeat=arguments)))
        for row, expected in zip(numbers, expected_of(function, numbers)):
            if expected is None:
                continue
            found = float(space["f"](*row))
            np.testing.assert_allclose(found, expected, rtol=3e-15, err_msg=f"{text} {row}")


def expected_of(function: Any, numbers: np.ndarray) -> Iterator[float | None]:
    """What NumPy and Python return; None where Python refuses what NumPy calls infinite or NaN.

    NumPy is given whole columns: where all exponents of a power are 0.5 it takes square roots,
    which are others for -inf and -0.0.
    """
    if not (inspect.isbuiltin(function) or isinstance(function, type)):
        with np.errstate(all="ignore"):
            yield from np.asarray(function(*numbers.T), dtype=float)
        return
    for row in numbers:
        try:
            yield float(function(*row))
        except (ValueError, OverflowError, ZeroDivisionError):
            yield None


def outside_in_every_way() -> dict[str, Any]:
    """Functions that read a number in every way; it changes between runs and within one."""
    global gain
    gain = 2.0
    box, held, cell = types.SimpleNamespace(k=2), {"k": [3.0]}, np.int64(4)

    def by_attribute(x: Any) -> Any:
        return box.k * x

    def by_item(x: Any) -> Any:
        return x * held["k"][0] + len(held)

    def by_cell(x: Any) -> Any:
        return x / cell

    def by_default(x: Any, k: Any = 0.5) -> Any:
        return x - k

    def inner(x: Any) -> Any:
        return gain * x

    def by_call(x: Any) -> Any:
        return inner(x) + by_default(x, k=1)

    def change(value: Any) -> None:
        nonlocal cell
        global gain
        box.k = held["k"][0] = cell = gain = value
        by_default.__defaults__ = (value,)

    functions = (by_attribute, by_item, by_cell, by_default, by_call)
    checked = {f.__name__: Function(f, arg_units=[1], return_unit=1) for f in functions}
    group = b2.NeuronGroup(3, "x : 1\n" + "\n".join(f"y_{name} : 1" for name in checked))
    group.x = [1, 2, -3]
    group.run_regularly("\n".join(f"y_{name} += {name}(x)" for name in checked))
    values = iter([2.5, 5, 7.0, np.float32(1.25)])

    @b2.network_operation(dt=0.2 * ms, when="end")
    def changing() -> None:
        change(next(values))

    changing.active = False
    network = b2.Network(group, changing)

    def results() -> np.ndarray:
        return np.array([group.variables[f"y_{name}"].get_value() for name in checked])

    network.run(0.1 * ms, namespace=checked)
    x = np.array([1, 2, -3.0])
    np.testing.assert_array_equal(results(), [2 * x, 3 * x + 1, x / 4, x - 0.5, 2 * x + x - 1])
    change(8)
    before = results()
    network.run(0.1 * ms, namespace=checked)
    np.testing.assert_array_equal(
        results() - before, [8 * x, 8 * x + 1, x / 8, x - 8, 8 * x + x - 1]
    )
    changing.active = True
    network.run(0.7 * ms, namespace=checked)
    return {"y": results()}


def test_values_from_outside_in_every_way(same_everywhere: Callable[..., None]) -> None:
    same_everywhere(outside_in_every_way)


def another_kind_during_a_run() -> dict[str, Any]:
    """A number becomes a tuple, and a function another one, while the network runs."""
    box = types.SimpleNamespace(k=2, f=lambda x: x)

    @b2.check_units(x=1, result=1)
    def rule(x: Any) -> Any:
        return box.f(x) * len(box.k) if type(box.k) is tuple else box.f(x) * box.k

    @b2.check_units(x=1, result=1)
    def scaled(x: Any) -> Any:
        return box.k * box.f(x) if box.k != (1, 2) else x

    changes = iter([3.5, (1, 2), (1, 2), 1])
    group = b2.NeuronGroup(2, "x : 1\nv : 1", threshold="v > 3", reset="v = 0")
    group.x = [1, 2]
    group.run_regularly("x += 0.125 * scaled(x)")
    links = b2.Synapses(group, group, on_pre="x_post += 0.0625 * scaled(v_pre)", delay=0.1 * ms)
    links.connect()
    group.run_regularly("v += 1", when="end")

    @b2.network_operation(dt=0.3 * ms)
    def changing() -> None:
        box.k = next(changes)
        if box.k == 1:
            box.f = lambda x: np.sort(x)[::-1]

    del rule
    network = b2.Network(group, links, changing)
    network.run(1.2 * ms, namespace={"scaled": scaled})
    return {"x": group.x[:]}


def test_another_kind_during_a_run(same_everywhere: Callable[..., None]) -> None:
    same_everywhere(another_kind_during_a_run)


def same_as_numpy(scenario: Callable[[], Any], run_on: Callable[..., Any]) -> None:
    expected, found = (run_on(scenario, target) for target in ("numpy", "numba"))
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-12, err_msg=name)


def of_the_whole_array() -> dict[str, Any]:
    """Case by case: given for NumPy, a mean, an array of arrays, a truth value, in one block."""
    shift = Function(lambda x: x + 1, arg_units=[1], return_unit=1)
    shift.implementations.add_numpy_implementation(lambda x: x + 1000)
    share = b2.implementation("numpy", discard_units=True)(
        b2.check_units(x=1, result=1)(lambda x: x / np.sum(x))
    )
    centred = b2.check_units(x=1, result=1)(lambda x: x - np.mean(x))
    doubled = b2.check_units(x=1, result=1)(lambda x: np.outer(x, 2.0).ravel())
    sinus = Function(np.sin, arg_units=[1], return_unit=1)
    twice = b2.check_units(x=1, result=1)(lambda x: x + x)
    group = b2.NeuronGroup(4, "x : 1\na : 1\nb : 1\nc : 1\nd : 1\nf : 1")
    group.x = [3, 1, 2, 6]
    group.run_regularly("a = share(x)\nb = centred(x)\nc = doubled(x)", name="whole")
    group.run_regularly("d = shift(x) + sinus(x)", name="alone")
    group.run_regularly("f = twice(x > 2)", name="truth")
    network = b2.Network(group)
    space = {"shift": shift, "share": share, "centred": centred, "sinus": sinus}
    network.run(0.1 * ms, namespace={**space, "doubled": doubled, "twice": twice})
    if b2.prefs.codegen.target == "numba" and b2.prefs.codegen.runtime.numba.fuse:
        reasons = dict(fallbacks(network) or ())
        assert set(reasons) == {"whole", "truth"}
        assert "may mean the whole array" in reasons["whole"]
        assert "truth value" in reasons["truth"]
    np.testing.assert_array_equal(group.b_[:], [0, -2, -1, 3])
    np.testing.assert_array_equal(group.f_[:], [1, 0, 0, 1])
    return {name: group.variables[name].get_value() for name in "abcdf"}


def test_of_the_whole_array(run_on: Callable[..., Any]) -> None:
    same_as_numpy(of_the_whole_array, run_on)


def test_an_implementation_that_is_replaced_is_seen() -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    shift = Function(lambda x: x + 1, arg_units=[1], return_unit=1)
    whole = Function(lambda x: x + np.sum(x), arg_units=[1], return_unit=1)
    group = b2.NeuronGroup(1, "x : 1\ny : 1")
    group.run_regularly("x = shift(x)")
    group.run_regularly("y = whole(y + 1)")
    network = b2.Network(group)
    space = {"shift": shift, "whole": whole}
    network.run(0.1 * ms, namespace=space)
    shift.implementations.add_numpy_implementation(lambda x: x + 10)
    whole.implementations.add_numpy_implementation(lambda x: x + 10 * np.sum(x))
    network.run(0.1 * ms, namespace=space)
    assert (group.x_[0], group.y_[0]) == (11, 33)


def names_that_mean_something_elsewhere() -> dict[str, Any]:
    """Variables, numbers, functions, parameters and objects called as Python's own functions."""
    input = 0.8
    len = 2 * ms
    _nb_np, _own_id, _tau = 0.5, 0.25, 3 * ms

    @b2.check_units(range=1, x0=1, result=1)
    def id(range: Any, x0: Any) -> Any:
        max, float = range * x0, 2.0
        return max + float * input

    equations = """
        dmin/dt = (input - min)/len : 1
        dfilter/dt = (id(min, _nb_np) - filter)/_tau : 1
        range : 1
        print : integer
        float : boolean
        kernel_0 : 1
        np : 1
    """
    group = b2.NeuronGroup(
        5,
        equations,
        threshold="range > 3",
        reset="range -= 3*_own_id; print += 1",
        method="euler",
        name="list",
    )
    group.range = [0, 1, 2, 3, 4]
    group.float = "i > 2"
    group.run_regularly("range += min + 0.1*int(float); kernel_0 += 1; np = kernel_0", name="dict")
    links = b2.Synapses(group, group, "sum : 1", on_pre="np_post += sum; sum += 0.5", name="set")
    links.connect(condition="abs(i - j) < 2")
    monitor = b2.StateMonitor(group, ["min", "range"], record=True, name="iter")
    b2.Network(group, links, monitor).run(
        1 * ms,
        namespace={
            "input": input,
            "len": len,
            "id": id,
            "_nb_np": _nb_np,
            "_own_id": _own_id,
            "_tau": _tau,
        },
    )
    names = ("min", "filter", "range", "print", "np")
    found = {name: group.variables[name].get_value() for name in names}
    return {**found, "sum": links.variables["sum"].get_value(), "recorded": monitor.range[:]}


def test_names_that_mean_something_elsewhere(run_on: Callable[..., Any]) -> None:
    same_as_numpy(names_that_mean_something_elsewhere, run_on)
