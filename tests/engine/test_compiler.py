"""The direct compiler against Numba, which is its oracle, and against NumPy's random generators.

Numbers are compared bit by bit, except that one NaN is as good as another.
"""

from __future__ import annotations

import ast
import itertools
import operator
import subprocess
import sys
import textwrap
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import Hz, ms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numba.core import types as numba_types
from numba.core.registry import cpu_target

from benchmarks.networks import cuba, event_driven
from bioplaus import engine
from bioplaus.engine import cache
from bioplaus.engine.compiler import NotInSubsetError, compiled
from bioplaus.engine.compiler.flow import Flow
from bioplaus.engine.compiler.kinds import NUMBERS, common, operands

HEAD = "from bioplaus.engine.machine.support import *\n@njit(error_model='numpy', nogil=True)\n"

EDGES = {
    "f64": np.array([0.0, -0.0, 1.5, -2.5, 7.0, np.inf, -np.inf, np.nan, 5e-324, 1e300]),
    "f32": np.array([0.0, -0.0, 0.1, -3.0, np.inf, -np.inf, np.nan, 1e-45, 3e38], np.float32),
    "i64": np.array([0, 1, -1, 7, -7, 2**63 - 1, -(2**63)]),
    "i32": np.array([0, 1, -1, 5, -5, 2**31 - 1, -(2**31)], np.int32),
    "u64": np.array([0, 1, 7, 2**63, 2**64 - 1], np.uint64),
    "b": np.array([False, True]),
}


def text_of(body: str, arguments: str, head: str = HEAD) -> str:
    lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return f"{head}def run({arguments}):\n{lines}\n    return 0\n"


def both(text: str, *arguments: Any) -> tuple[list[Any], list[Any]]:
    """The arguments after the text has run, compiled directly and by Numba."""
    ours, numbas = ([argument.copy() for argument in arguments] for _ in range(2))
    namespace: dict[str, Any] = {}
    exec(text.replace("machine.support", "machine.for_numba"), namespace)
    namespace["run"](*numbas)
    compiled(text, {}, ours)(*ours)
    return ours, numbas


def assert_same_bits(ours: Any, numbas: Any, message: str = "") -> None:
    np.testing.assert_array_equal(ours, numbas, err_msg=message)
    if ours.dtype.kind == "f":
        some = ~np.isnan(ours)
        signs = np.signbit(ours)[some], np.signbit(numbas)[some]
        np.testing.assert_array_equal(*signs, err_msg=message)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod"])
def test_types_of_results_are_numbas(name: str) -> None:
    """Every pair of the ten types of numbers."""
    context = cpu_target.typing_context
    context.refresh()
    for left, right in itertools.product(NUMBERS.values(), repeat=2):
        pair = [
            getattr(numba_types, "boolean" if n.name == "bool" else n.name) for n in (left, right)
        ]
        *taken, result = operands(left, right)
        if name == "truediv" and not result.is_float:
            result = NUMBERS["float64"]
        expected = context.resolve_function_type(getattr(operator, name), tuple(pair), {})
        assert (result.name, *(kind.name for kind in taken)) == (
            str(expected.return_type),
            *map(str, expected.args),
        ), (left, right)
        assert common(left, right).name == str(context.unify_types(*pair)), (left, right)


PAIRS = """
for i in range(len(x)):
    for j in range(len(y)):
        k = i * len(y) + j
        {statements}
"""


def every_pair(left: str, right: str, expressions: list[str]) -> None:
    """Expressions of ``a`` and ``b`` at every pair of edges, in doubles and in integers."""
    statements = []
    for number, expression in enumerate(expressions):
        statements.append(f"out[{number} * len(x) * len(y) + k] = {expression}")
    body = PAIRS.replace(
        "{statements}", "a = x[i]\n        b = y[j]\n        " + "\n        ".join(statements)
    )
    x, y = EDGES[left], EDGES[right]
    out = np.zeros(len(expressions) * len(x) * len(y))
    ours, numbas = both(text_of(body, "out, x, y"), out, x, y)
    cells = zip(
        expressions, np.split(ours[0], len(expressions)), np.split(numbas[0], len(expressions))
    )
    for expression, one, two in cells:
        assert_same_bits(one, two, f"{expression}, {left} and {right}")


ARITHMETIC = ["a / b", "a // b", "a % b", "a < b", "a == b", "a >= b", "a != b", "min(a, b)"]
ARITHMETIC += ["max(b, a)", "a and b", "a or b", "a if b else 2", "not a", "abs(a)", "-b"]


@pytest.mark.parametrize(
    "pair",
    [
        ("i64", "i64"),
        ("u64", "u64"),
        ("f64", "f64"),
        *(
            pytest.param(pair, marks=pytest.mark.slow)
            for pair in itertools.product(["f32", "i32", "u64", "f64", "i64"], repeat=2)
            if pair not in (("i64", "i64"), ("u64", "u64"), ("f64", "f64"))
        ),
    ],
    ids="-".join,
)
def test_operators_at_edges(pair: tuple[str, str]) -> None:
    """Division by zero and of the least integer by -1, unsigned wrap, NaN, infinities, -0.0."""
    left, right = pair
    integers = "f" not in left + right
    bits = ["a & b", "a | b", "a ^ b", "a << 3", "a >> 2", "~a"] if integers else ["b ** 3"]
    # Numba raises an error for 0.0 ** -1.
    bits += ["a ** b"] * ("f" in right)
    wrap = ["a + b", "a - b", "a * b"] if "i" not in left + right else []
    every_pair(left, right, [*ARITHMETIC, *bits, *wrap])


def test_powers() -> None:
    """Integer exponents are products in Numba's order, whether known in the text or not.

    Where a product under 1 is zero Numba raises ZeroDivisionError; NumPy, and we, say infinity.
    """
    powers = ["b ** 0", "b ** 3", "b ** abs(a % 100)", "b ** 0.5", "b ** 1000"]
    not_small = "(b if abs(b) > 1 else 2.0)"
    every_pair("i32", "f64", [*powers, f"{not_small} ** -2", f"{not_small} ** (a // 2)"])
    out = np.zeros(2)
    text = text_of("out[0] = out[1] ** n[0]\nout[1] = out[1] ** -3", "out, n")
    compiled(text, {}, [out, np.array([-1])])(out, np.array([-1]))
    np.testing.assert_array_equal(out, np.inf)


LEAVES = ["f64", "f32", "i64", "i32", "u64", "b", "1", "2", "-3", "0.5", "1e-3", "True"]
NUMBERS_OF_LEAVES = {
    "f64": [0.0, -0.0, 1.25, -7.5, np.inf, np.nan],
    "f32": [0.5, -0.0, -3.25, np.inf],
    "i64": [0, 1, -1, 9, -100],
    "i32": [0, 2, -2, 50],
    "u64": [0, 1, 3, 100],
    "b": [False, True],
}


def _trees(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(children, children)
    return st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "//", "%"]), pair).map(
            lambda t: f"({t[1][0]} {t[0]} {t[1][1]})"
        ),
        st.tuples(st.sampled_from(["<", "<=", "==", "!=", ">"]), pair).map(
            lambda t: f"({t[1][0]} {t[0]} {t[1][1]})"
        ),
        st.tuples(st.sampled_from(["min", "max"]), pair).map(
            lambda t: f"{t[0]}({t[1][0]}, {t[1][1]})"
        ),
        st.tuples(children, pair).map(lambda t: f"({t[1][0]} if {t[0]} else {t[1][1]})"),
        st.tuples(st.sampled_from(["and", "or"]), pair).map(
            lambda t: f"({t[1][0]} {t[0]} {t[1][1]})"
        ),
        children.map(lambda c: f"(-({c}))"),
        children.map(lambda c: f"(not {c})"),
        children.map(lambda c: f"abs({c})"),
        children.map(lambda c: f"_nb_np.float32({c})"),
        children.map(lambda c: f"_nb_np.exp(-abs({c}))"),
        children.map(lambda c: f"_nb_clip({c}, -5, 5.5)"),
        children.map(lambda c: f"_nb_sign({c})"),
    )


EXPRESSIONS = st.lists(
    st.recursive(st.sampled_from(LEAVES), _trees, max_leaves=6).filter(
        lambda text: any(isinstance(n, ast.Name) for n in ast.walk(ast.parse(text)))
    ),
    min_size=6,
    max_size=6,
)


def assert_trees_agree(expressions: list[str]) -> None:
    random = np.random.default_rng(3)
    arrays = {
        name: random.choice(np.array(values), 40).astype(EDGES[name].dtype)
        for name, values in NUMBERS_OF_LEAVES.items()
    }
    lines = [f"{name} = {name}_[k]" for name in arrays]
    lines += [f"out[{number} * 40 + k] = {text}" for number, text in enumerate(expressions)]
    body = "for k in range(40):\n" + textwrap.indent("\n".join(lines), "    ")
    text = text_of(body, ", ".join(["out", *(f"{name}_" for name in arrays)]))
    ours, numbas = both(text, np.zeros(40 * len(expressions)), *arrays.values())
    cells = zip(
        expressions, np.split(ours[0], len(expressions)), np.split(numbas[0], len(expressions))
    )
    for expression, one, two in cells:
        assert_same_bits(one, two, expression)


_SETTINGS: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
}


@given(EXPRESSIONS)
@settings(max_examples=4, **_SETTINGS)
def test_expressions_of_mixed_types(expressions: list[str]) -> None:
    assert_trees_agree(expressions)


@pytest.mark.slow
@given(EXPRESSIONS)
@settings(max_examples=100, **_SETTINGS)
def test_many_expressions_of_mixed_types(expressions: list[str]) -> None:
    assert_trees_agree(expressions)


def test_constants_in_choices_are_gone_before_types_are_found() -> None:
    """As in Python's own byte code: what stays decides which type there is."""
    both_sides = ["0.5 and i64", "0 or i64", "i64 and 0.5 and i64", "i64 and 0.0 and i64"]
    one_side = ["0.0 and i64", "0.5 or i64", "i64 or 2.5 or i64"]
    chosen = ["i64 if 0.5 else 1.5", "2.5 if 0 else i64"]
    assert_trees_agree([f"-({text})" for text in [*both_sides, *one_side, *chosen]])


STATEMENTS = """
total = 0
for i in range(len(x)):  # an integer that becomes a float, and stays one after the first turn
    if x[i] > 0:
        total = total + 1
    else:
        total += 0.5
        continue
    if i > 6:
        break
out[0] = total
kept = 1
if total > 2:
    kept = 2.5
out[1] = kept / 2
kept = 3
out[2] = kept // 2
for i in range(len(n) - 1, -1, -2):
    out[3] += n[i] * 10
for i in range(n[0], n[1]):  # 32 bits
    out[4] += i
_nb_prefetch(n, _nb_at(n[0]))  # of which nobody sees anything
count = 0
while count < 100:
    count += 7
    if count % 5 == 0 and not count == 35:
        break
out[5] = count
view = x[2:5]
view[0] = 77
out[6] = len(x[-3:2]) + 10 * len(x[4:1000]) + 100 * len(x[5:3])
out[7] = x[n[2]]  # counts from the end
flags[1] |= x[0] > 0
flags[2] = flags[1] and not flags[0]
flags[3] = x[3]
first, (second, third) = 1, (2.5, n[0])
out[8] = first + second * third
both = x, n
out[9] = both[0][1] + both[1][1]
out[10] = -1 <= n[0] <= 3
y = z = 2
out[11] = (y if n[0] > 0 else 0.25) + z
n[3] = 2.9
out[12] = _nb_timestep(x[1], 0.1) + _nb_exprel(x[1]) + _nb_exprel(0.0) + _nb_exprel(800.0)
out[13] = _nb_least_time(5, 0.1) + _nb_np.nextafter(1.0, 2.0)
"""


def test_statements() -> None:
    """Types from assignment to assignment, loops, views clamped to the array, tuples, flags."""
    x = np.array([1.0, -2.0, 3.0, 0.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    n = np.array([2, 5, -2, 0], dtype=np.int32)
    arguments = np.zeros(14), x, n, np.array([False, False, True, True])
    ours, numbas = both(text_of(STATEMENTS, "out, x, n, flags"), *arguments)
    for one, two in zip(ours, numbas):
        assert_same_bits(one, two)
    np.testing.assert_array_equal(ours[0][:3], [7, 1.25, 1])  # 6 ones and 2 halves; by hand
    assert ours[1][2] == 77


TURNS = """
for i in range(4):
    first = x[i]
    for j in range(3):
        second = first * j
        for k in range(2):
            third = second + k
            if third > 5:
                break
            fourth = third + 1
        out[0] += third * fourth
for i in range(3):
    if i > 1:
        break
    late = i + 10
out[1] = late + third + fourth
for i in range(4):
    changing = 1
    if x[i] > 2:
        changing = 2.5
    out[2] += changing / 2
    if i % 2 == 0:
        earlier = x[i] * 2
    out[3] += earlier
for i in range(5):
    if i == 3:
        seldom = x[i]
out[4] = seldom
"""


def test_variables_that_only_turns_know() -> None:
    """First assigned in a loop, read behind it, in a later turn, or in loops further in."""
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    ours, numbas = both(text_of(TURNS, "out, x"), np.zeros(5), x)
    assert_same_bits(ours[0], numbas[0])
    np.testing.assert_array_equal(
        ours[0][[1, 2, 3, 4]], [11 + 8 + 6, 3.5, 2 + 2 + 6 + 6, 4]
    )  # by hand


def test_loops_in_loops_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each has variables of its own: twice for each would be 62 times for five."""
    turn, written = Flow._turn, []

    def counted(flow: Flow, *arguments: Any) -> Any:
        written.append(flow)
        return turn(flow, *arguments)

    monkeypatch.setattr(Flow, "_turn", counted)
    body = [
        f"{'    ' * n}for i_{n} in range(2):\n{'    ' * n}    x_{n} = x[i_{n}]" for n in range(5)
    ]
    x = np.array([1.0, 2.0])
    text = text_of("\n".join([*body, "x[0] = x_0 + x_1 + x_2 + x_3 + x_4"]), "x")
    compiled(text, {}, [x])(x)
    assert x[0] == 10
    assert len(written) == 5


KERNELS = """
def kernel_1(x, factor):
    return x[1] * factor, factor > 2

@njit(error_model='numpy', nogil=True)
def kernel_0(x, factor):
    product, large = kernel_1(x, factor)
    return product + 1.0 if large else product

@njit(error_model='numpy', nogil=True)
"""


def test_kernels_that_return_numbers_and_call_each_other() -> None:
    """Machine code of all of them is loaded, made now or kept on disk; products by hand."""
    body = "x[0] = kernel_0(x, 2.0) + kernel_0(x, 3) + kernel_1(x, 0.5)[0]"
    text = text_of(body, "x", HEAD + KERNELS.lstrip())
    ours, numbas = both(text, np.array([0.0, 1.5, 0.0]))
    assert_same_bits(ours[0], numbas[0])
    assert ours[0][0] == 3.0 + (4.5 + 1.0) + 0.75


DRAWS = {
    "random()": lambda g: g.random(),
    "standard_normal()": lambda g: g.standard_normal(),
    "standard_exponential()": lambda g: g.standard_exponential(),
    "poisson(0.7)": lambda g: g.poisson(0.7),
    "poisson(25.5)": lambda g: g.poisson(25.5),
    "binomial(12, 0.3)": lambda g: g.binomial(12, 0.3),
    "binomial(500, 0.8)": lambda g: g.binomial(500, 0.8),
}


def test_random_numbers_are_numpys() -> None:
    """The same numbers from the same bits as NumPy draws, 2000 of each in turn, seed 8."""
    lines = [f"out[{len(DRAWS)} * i + {n}] = generator.{draw}" for n, draw in enumerate(DRAWS)]
    body = "for i in range(2000):\n" + textwrap.indent("\n".join(lines), "    ")
    ours, text = np.zeros(2000 * len(DRAWS)), text_of(body, "out, generator")
    compiled(text, {}, [ours, np.random.default_rng(8)])(ours, np.random.default_rng(8))
    generator = np.random.default_rng(8)
    numpys = [draw(generator) for _ in range(2000) for draw in DRAWS.values()]
    np.testing.assert_array_equal(ours, numpys)


def test_another_process_does_without_numba() -> None:
    """It finds the object files of kernels, or compiles what draws random numbers, seed 9."""
    kernels = text_of("x[0] = kernel_0(x, 2.0) - 3.0", "x", HEAD + KERNELS.lstrip())
    given = np.array([0.0, 1.5, 0.0])
    compiled(kernels, {}, [given])(given)
    lines = [f"out[{n}] = generator.{draw}" for n, draw in enumerate(DRAWS)]
    draws = text_of("\n".join(lines), "out, generator")
    code = (
        "import sys, brian2, numpy as np, bioplaus.engine\n"
        "from bioplaus.engine.compiler import compiled\n"
        f"brian2.prefs.codegen.runtime.numba.cache_dir = {str(cache.folder())!r}\n"
        f"x = np.array([0.0, 1.5, 0.0])\ncompiled({kernels!r}, {{}}, [x])(x)\n"
        f"drawn = np.zeros({len(DRAWS)}), np.random.default_rng(9)\n"
        f"compiled({draws!r}, {{}}, drawn)(*drawn)\n"
        "print('numba' in sys.modules, x[0], *drawn[0])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    generator = np.random.default_rng(9)
    numpys = [str(float(draw(generator))) for draw in DRAWS.values()]
    assert found.stdout.split() == ["False", str(given[0]), *numpys]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("out[0] = undefined(out[1])", "undefined"),
        ("out[0] = out[::2][0]", "out"),
        ("for value in out:\n    out[0] = value", "a loop over"),
        ("out[0] = [n for n in range(3)][0]", "ListComp"),
        ("if out[0] > 0:\n    late = 1\nout[0] = never", "never"),
        ("while out[0] > 0:\n    out[0] = before + 1", "before"),
        ("out[0] = _nb_np.linalg.norm(out)", "norm"),
        ("out[0] = out[1] in (1, 2)", "Tuple|comparison|number"),
        ("out[0] = run(out)", "calls itself"),
    ],
)
def test_what_it_does_not_know_it_refuses(body: str, reason: str) -> None:
    with pytest.raises(NotInSubsetError, match=reason):
        compiled(text_of(body, "out"), {}, [np.zeros(3)])


@pytest.mark.parametrize("option", ["parallel=True", "fastmath={'contract'}"])
def test_what_changes_bits_or_threads_is_left_to_numba(option: str) -> None:
    head = HEAD.replace("nogil=True", option)
    with pytest.raises(NotInSubsetError):
        compiled(text_of("out[0] = 1", "out", head), {}, [np.zeros(3)])


def test_a_network_that_is_left_to_numba(capsys: Any, on_the_engine: None) -> None:
    """It runs all the same, and `explain` says why it was not compiled directly."""
    b2.prefs.codegen.runtime.numba.fastmath = True
    network = b2.Network(b2.NeuronGroup(2, "dx/dt = (1 - x) / (10*ms) : 1", method="euler"))
    network.run(0.2 * ms)
    engine.explain(network)
    assert "Numba compiles it: fast mathematics" in capsys.readouterr().out


def small_plastic() -> b2.Network:
    """Delays, event-driven plasticity, Poisson input, monitors, float32 nowhere."""
    b2.defaultclock.dt = 0.1 * ms
    names = {"tau": 10 * ms}
    source = b2.PoissonGroup(20, 300 * Hz)
    target = b2.NeuronGroup(
        10,
        "dv/dt = -v / tau : 1",
        threshold="v > 1",
        reset="v = 0",
        method="exact",
        namespace=names,
    )
    synapses = b2.Synapses(
        source,
        target,
        """w : 1
           da/dt = -a / tau : 1 (event-driven)
           db/dt = -b / tau : 1 (event-driven)""",
        on_pre="v_post += w; a += 0.01; w = clip(w + b, 0, 1)",
        on_post="b -= 0.012; w = clip(w + a, 0, 1)",
        namespace=names,
    )
    synapses.connect(p=0.5)
    synapses.w, synapses.delay = "0.3 * rand()", "2*ms * rand()"
    return b2.Network(source, target, synapses, b2.SpikeMonitor(target))


@pytest.mark.parametrize(
    "network",
    [
        small_plastic,
        pytest.param(lambda: cuba.network(400, 0.1), marks=pytest.mark.slow, id="cuba"),
        pytest.param(event_driven.network, marks=pytest.mark.slow, id="event-driven"),
    ],
)
def test_networks(network: Any, both_compilers: dict[str, str], on_the_engine: None) -> None:
    """All memory after every entry, step by step and in longer chunks."""
    before = len(both_compilers)
    b2.seed(4)
    built = network()
    b2.prefs.codegen.runtime.numba.chunk = 7
    built.run(10 * ms)
    new = list(both_compilers.values())[before:]
    assert new
    assert not any(new), "left to Numba"
