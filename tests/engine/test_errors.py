"""Wrong input: what is said, and about what."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus import engine
from bioplaus.engine.__main__ import main
from bioplaus.engine.brian.overflow import IntegerOverflowError
from bioplaus.engine.preferences import REWRITES
from bioplaus.engine.rewrites.nan_check import InvalidStateError
from bioplaus.engine.running.explanation import fallbacks


@pytest.mark.parametrize("fuse", [True, False])
def test_nan_is_named(fuse: bool) -> None:
    """sqrt(1 - n) of neuron 2 fails in the third step, when n = 2: after t = 0.2 ms.

    A run of the two steps before ends as any other.
    """
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.nan_check = True
    b2.prefs.codegen.runtime.numba.fuse = fuse
    neurons = b2.NeuronGroup(4, "x : 1\nn : 1", name="cells")
    neurons.run_regularly("x = sqrt(1 - n * int(i == 2)); n += 1")
    place = r"cells's variable 'x' .* at index 2 .*t = 200\. us"
    network = b2.Network(neurons)
    network.run(0.2 * ms)
    assert not np.isnan(neurons.x).any()
    with pytest.raises(InvalidStateError, match=place):
        network.run(0.8 * ms)
    b2.prefs.codegen.runtime.numba.nan_check = False


@pytest.mark.parametrize("fuse", [True, False])
def test_a_counter_that_overflows_is_named(fuse: bool) -> None:
    """Neuron 2 begins two below the largest number: it goes wrong in the third step."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse
    neurons = b2.NeuronGroup(4, "hits : integer", name="cells")
    neurons.hits[2] = 2**31 - 3
    neurons.run_regularly("hits += 1")
    monitor = b2.StateMonitor(neurons, "hits", record=2)
    network = b2.Network(neurons, monitor)
    place = r"cells's integer variable 'hits' .* at index 2, at t = 200\. us"
    with pytest.raises(IntegerOverflowError, match=place):
        network.run(1 * ms)
    assert monitor.hits.tolist() == [[2**31 - 2, 2**31 - 1]]
    neurons.hits = 0
    network.run(1 * ms)  # the fault is forgotten
    assert np.all(neurons.hits == 10)


@pytest.mark.parametrize("delay", [0 * ms, 0.1 * ms, [0.1, 0.2, 0.3, 0.4] * ms])
@pytest.mark.parametrize("counted", ["hits_syn", "hits_post"])
def test_counters_of_synapses_overflow_too(delay: Any, counted: str) -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    cells = b2.NeuronGroup(2, "hits : integer", threshold="True", name="cells")
    links = b2.Synapses(
        cells,
        cells,
        "hits_syn : integer",
        on_pre=f"{counted} += 2000000000",
        name="links",
    )
    links.connect()
    links.pre.delay = delay
    variable = counted.removesuffix("_post")
    with pytest.raises(IntegerOverflowError, match=f"'{variable}' left its range"):
        b2.Network(cells, links).run(2 * ms)


@pytest.mark.parametrize("fuse", [True, False])
def test_equation_that_cannot_be_compiled(fuse: bool) -> None:
    """A function that is given for Numba and floats, and is then given a truth value."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse

    @b2.implementation("numpy", lambda x: 2 * x)
    @b2.check_units(x=1, result=1)
    def picky(x: float) -> float:
        raise NotImplementedError

    def only_floats(x: float) -> float:
        return x.conjugate()  # truth values have none

    picky.implementations.add_implementation("numba", only_floats)
    neurons = b2.NeuronGroup(2, "x : 1\ny : 1", name="cells")
    neurons.run_regularly("x = picky(i > 0)", name="in_python")
    neurons.run_regularly("y += 1", name="compiled")
    network = b2.Network(neurons)
    network.run(1 * ms, namespace={"picky": picky})
    assert neurons.x[:].tolist() == [0, 2]
    assert neurons.y[:].tolist() == [10, 10]
    if fuse:
        ((name, reason),) = fallbacks(network) or ()
        assert name == "in_python"
        assert "Numba cannot compile it" in reason


def test_import_changes_nothing_for_other_targets(capsys: pytest.CaptureFixture[str]) -> None:
    """A script of Brian2's NumPy target gives the same bits here, where the engine has been
    imported, and in a process that has not heard of it."""
    script = """
import sys
import brian2 as b2, numpy as np
b2.prefs.codegen.target = "numpy"
b2.seed(4)
cells = b2.NeuronGroup(5, "dx/dt = -x / (5*ms) + xi * ms**-0.5 : 1",
                       threshold="x > 1", reset="x = 0", method="euler")
links = b2.Synapses(cells, cells, on_pre="x_post += 0.1", delay=1 * b2.ms)
links.connect(p=0.5)
b2.Network(cells, links).run(5 * b2.ms)
print(cells.x[:].tobytes().hex(), len(links), type(links.pre.queue).__module__)
print("bioplaus.engine" in sys.modules)
"""
    command = [sys.executable, "-W", "ignore", "-c", script]
    alone = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    b2.defaultclock.dt = 0.1 * ms
    exec(compile(script, "<script>", "exec"), {})
    here = capsys.readouterr().out.splitlines()
    assert (alone[-1], here[-1]) == ("False", "True")
    assert alone[-2] == here[-2]


def test_script_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bioplaus.engine", "nothing.py"])
    assert main() == 2
    assert "There is no script nothing.py" in capsys.readouterr().err


def inputs_and_cells() -> list[Any]:
    """Random inputs, cells with a plastic projection onto themselves, and another one onto them."""
    inputs = b2.PoissonGroup(9, rates=20 * b2.Hz)
    cells = b2.NeuronGroup(7, "dx/dt = (a + b - x) / (5*ms) : 1\na : 1\nb : 1", method="euler")
    plastic = b2.Synapses(
        cells,
        cells,
        """a_post = w*x_pre : 1 (summed)
           dw/dt = -w / (1*second) : 1 (clock-driven)""",
        method="euler",
    )
    plastic.connect()
    fixed = b2.Synapses(cells[:6], cells, "b_post = w*i : 1 (summed)\nw : 1")
    fixed.connect()
    silent = b2.SpikeMonitor(inputs)
    silent.active = False
    return [inputs, cells, plastic, fixed, silent]


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    """Every rewrite that acts is named, and what runs in Python, and what is switched off."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    engine.explain(b2.Network(inputs_and_cells()))
    printed = capsys.readouterr().out
    assert "compiled, switched off" in printed
    for name in ("flush_denormals", "next_spike", "dense", "one_pass", "unchanged_drive"):
        assert f" {name}: " in printed

    @b2.network_operation(dt=1 * ms)
    def look() -> None:
        pass

    b2.prefs.codegen.runtime.numba.rewrites = ()
    engine.explain(b2.Network(inputs_and_cells(), look))
    b2.prefs.codegen.runtime.numba.rewrites = REWRITES
    printed = capsys.readouterr().out
    assert "6 of 7 parts of a step are in the compiled loop" in printed
    assert "in Python: it is a Python operation" in printed
    assert not any(f" {name}: " in printed for name in REWRITES)


@pytest.mark.parametrize(
    ("kind", "start", "step", "last"),
    [
        ("int8", 125, 1, 127),
        ("int16", -32766, -1, -32768),
        ("uint8", 2, -1, 0),
        ("uint8", 253, 1, 255),
        ("uint32", 2, -1, 0),
        ("int64", 2**31 - 2, 1, None),
        ("uint64", 1, -1, 0),
    ],
)
def test_integers_of_every_kind(kind: str, start: int, step: int, last: int | None) -> None:
    """The step after the last number that fits is an error; what fits is exact."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    neurons = b2.NeuronGroup(1, "hits : integer", dtype={"hits": np.dtype(kind)}, name="cells")
    neurons.hits = start
    neurons.run_regularly(f"hits += {step}")
    network = b2.Network(neurons)
    steps = 5 if last is None else (last - start) // step
    network.run(steps * 0.1 * ms)
    assert neurons.hits[:].tolist() == [start + steps * step]
    if last is not None:
        bits = 8 * np.dtype(kind).itemsize
        with pytest.raises(IntegerOverflowError, match=f"'hits' left its range of {bits} bits"):
            network.run(0.1 * ms)
        assert neurons.hits[:].tolist() == [last]


@pytest.mark.parametrize("value", ["nan", "3e9", "-1e300"])
def test_a_float_that_no_integer_holds(value: str) -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    neurons = b2.NeuronGroup(2, "hits : integer\nx : 1", name="cells")
    neurons.x = [0, float(value)]
    neurons.run_regularly("hits = x")
    with pytest.raises(IntegerOverflowError, match=r"'hits' .* at index 1"):
        b2.Network(neurons).run(0.1 * ms)
