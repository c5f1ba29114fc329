"""The same network on every path: NumPy's target to rounding, stepped and fused in bits.

Initial values are drawn by NumPy's global generator in all three; nothing is random afterwards, so
that the networks must agree until rounding moves a spike by a step, which none of these runs is
long enough for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import Hz, ms, mV, second
from brian2.utils.logger import catch_logs

from bioplaus.engine.running.plan import last_plan

Check = Callable[..., None]


def spiking_network(delay: Any) -> dict[str, Any]:
    """Conductance-free integrate-and-fire neurons, excitatory and inhibitory, refractory."""
    names = {"tau": 20 * ms, "tau_e": 5 * ms, "tau_i": 10 * ms, "v_t": -50 * mV, "v_r": -60 * mV}
    neurons = b2.NeuronGroup(
        60,
        """dv/dt = (g_e + g_i - (v + 49*mV)) / tau : volt (unless refractory)
           dg_e/dt = -g_e / tau_e : volt
           dg_i/dt = -g_i / tau_i : volt""",
        threshold="v > v_t",
        reset="v = v_r",
        refractory=5 * ms,
        method="exact",
        namespace=names,
    )
    neurons.v = "v_r + rand() * (v_t - v_r)"
    excite = b2.Synapses(neurons, neurons, "w : volt", on_pre="g_e += w", delay=delay)
    excite.connect("i < 48", p=0.2)
    excite.w = "3*mV * rand()"
    inhibit = b2.Synapses(neurons, neurons, on_pre="g_i -= 9*mV")
    inhibit.connect("i >= 48", p=0.2)
    inhibit.delay = "rand() * 3*ms"
    spikes, trace = b2.SpikeMonitor(neurons), b2.StateMonitor(neurons, "v", record=[0, 5])
    rate = b2.PopulationRateMonitor(neurons)
    network = b2.Network(b2.collect())
    network.run(30 * ms)
    network.run(20 * ms)
    assert spikes.num_spikes > 20
    return {
        "v": neurons.v / mV,
        "t": spikes.t / ms,
        "i": spikes.i,
        "count": spikes.count,
        "trace": trace.v / mV,
        "rate": rate.rate / Hz,
    }


@pytest.mark.parametrize("delay", [None, 1.5 * ms], ids=["delays of their own", "one delay"])
def test_spiking_network(delay: Any, same_everywhere: Check) -> None:
    same_everywhere(lambda: spiking_network(delay))


def test_no_delay(same_everywhere: Check) -> None:
    same_everywhere(lambda: spiking_network(0 * ms))


def plastic_network() -> dict[str, Any]:
    """Clock-driven and event-driven plasticity, tables over time, several clocks, subgroups."""
    random = np.random.default_rng(5)
    drive = b2.TimedArray(random.random(20) * 100 * Hz, dt=1 * ms)
    images = b2.TimedArray(random.random((7, 30)), dt=3 * ms)
    order = b2.TimedArray(np.array([2, 0, 1]), dt=5 * ms)
    names = {"drive": drive, "images": images, "order": order}
    source = b2.NeuronGroup(
        30,
        """dx/dt = (images(order(t) * 3*ms, i) - x) / (5*ms) + drive(t) * gain : 1
           gain : 1
           y : 1
           hits : integer""",
        threshold="x > 0.2",
        reset="x = 0; hits += 1",
        method="euler",
        namespace=names,
    )
    target = b2.NeuronGroup(
        20,
        "du/dt = (I - u) / (10*ms) : 1\nI : 1",
        threshold="u > 0.1",
        reset="u *= 0.5",
        refractory="1*ms + 0.1*ms*(i % 3)",
        method="exponential_euler",
    )
    forward = b2.Synapses(
        source,
        target,
        """dw/dt = (x_pre * u_post - 0.1 * w) / second : 1 (clock-driven)
           I_post = w * x_pre : 1 (summed)""",
        method="euler",
    )
    forward.connect()
    forward.w = "0.1 * i / 30 + 0.05 * j / 20"
    back = b2.Synapses(
        target,
        source,
        "dq/dt = -q / (4*ms) : 1 (event-driven)\nk : 1",
        on_pre="q += 1; y_post += q * k",
        on_post="k = clip(k + 0.01 * q, 0, 1)",
        delay=0.5 * ms,
    )
    back.connect("i != j", p=0.5)
    back.k = "0.3 * rand()"
    slow = b2.NeuronGroup(5, "n : 1", dt=1.5 * ms)
    slow.run_regularly("n += i * t / ms", dt=2 * ms)
    source.run_regularly("y *= 0.9", dt=0.5 * ms)
    generator = b2.SpikeGeneratorGroup(4, [0, 1, 3, 2], [1, 2, 3, 4] * ms, period=6 * ms)
    given = b2.Synapses(generator, target[3:8], on_pre="u += 0.3")
    given.connect("j < 4")
    given.delay = "j * 0.7 * ms"
    fired = b2.SpikeMonitor(source, variables=["y"])
    some_fired = b2.SpikeMonitor(target[5:12])
    weights = b2.StateMonitor(forward, "w", record=[3, 77], dt=1 * ms)
    trace = b2.StateMonitor(source, ["x", "y", "hits"], record=True)
    network = b2.Network(b2.collect())
    for _ in range(3):
        network.run(10 * ms)
    assert fired.num_spikes > 50
    return {
        "x": source.x,
        "u": target.u,
        "w": forward.w,
        "k": back.k,
        "slow": slow.n,
        "fired": fired.t / ms,
        "y at spikes": fired.y,
        "some fired": some_fired.i,
        "weights": weights.w,
        "x trace": trace.x,
        "hits": trace.hits,
        "times": weights.t / ms,
    }


def test_plasticity_tables_and_several_clocks(same_everywhere: Check) -> None:
    same_everywhere(plastic_network)


def with_python_in_between() -> dict[str, Any]:
    """A Python operation on a slower clock reads a monitor and writes a parameter."""
    neurons = b2.NeuronGroup(3, "dx/dt = (gain - x) / (5*ms) : 1\ngain : 1", method="euler")
    trace = b2.StateMonitor(neurons, "x", record=True)
    seen = []

    @b2.network_operation(dt=2 * ms)
    def feedback() -> None:
        seen.append((len(trace.t), neurons.x[1].item()))
        neurons.gain = 1 + neurons.x[0].item()

    b2.Network(neurons, trace, feedback).run(11 * ms)
    assert [length for length, _ in seen] == [0, 20, 40, 60, 80, 100]
    return {"x": trace.x, "seen": seen}


def test_python_has_its_turn_at_its_place(same_everywhere: Check) -> None:
    same_everywhere(with_python_in_between)


def test_names_of_a_model_cannot_meet_generated_ones(same_everywhere: Check) -> None:
    def scenario() -> dict[str, Any]:
        model = "du/dt = (at + np - u) / (5*ms) : 1\nat : 1\nnp : 1\nk : 1\ncount : 1"
        neurons = b2.NeuronGroup(
            4, model, threshold="u > 0.5", reset="u = 0; count += 1", method="exponential_euler"
        )
        neurons.at = "0.2 * i"
        neurons.np = 0.3
        b2.Network(neurons).run(20 * ms)
        return {"u": neurons.u, "count": neurons.count}

    same_everywhere(scenario)


def test_user_functions(same_everywhere: Check) -> None:
    scale = 3 * mV

    @b2.check_units(x=b2.volt, result=b2.volt)
    def squashed(x: Any) -> Any:
        return scale * np.tanh(x / scale)

    called = []

    @b2.check_units(x=1, result=1)
    def counted(x: Any) -> Any:
        called.append(1)
        return 2 * x

    def scenario() -> dict[str, Any]:
        called.clear()
        neurons = b2.NeuronGroup(5, "dv/dt = -squashed(v) / (5*ms) : volt\nz : 1", method="euler")
        neurons.v = "i * 2*mV"
        neurons.run_regularly("z = counted(z + 1)", dt=1 * ms)
        b2.Network(neurons).run(3 * ms, namespace={"squashed": squashed, "counted": counted})
        assert len(called) == 3, "a function with a side effect runs in Python, once a step"
        return {"v": neurons.v / mV, "z": neurons.z}

    same_everywhere(scenario)


def test_split_runs_continue(run_on: Callable[..., dict[str, Any]]) -> None:
    """Two halves, or chunks of three steps, give the bits of one run, random numbers included.

    Without next-spike drawing, which starts anew in every run.
    """
    b2.prefs.codegen.runtime.numba.rewrites = ()

    def scenario(parts: int) -> dict[str, Any]:
        source = b2.PoissonGroup(50, 200 * Hz)
        target = b2.NeuronGroup(
            20, "dv/dt = -v / (10*ms) + 0.1 * xi / ms**0.5 : 1", threshold="v > 1", reset="v = 0"
        )
        synapses = b2.Synapses(source, target, on_pre="v += 0.1 * rand()")
        synapses.connect(p=0.3)
        synapses.delay = "3 * ms * rand()"
        poisson = b2.PoissonInput(target, "v", 20, 10 * Hz, 0.01)
        spikes = b2.SpikeMonitor(target)
        network = b2.Network(source, target, synapses, poisson, spikes)
        for _ in range(parts):
            network.run(20 * ms / parts)
        assert spikes.num_spikes > 5
        return {"v": target.v, "t": spikes.t / ms, "i": spikes.i}

    whole, halves = run_on(lambda: scenario(1), "numba"), run_on(lambda: scenario(2), "numba")
    stepped = run_on(lambda: scenario(2), "numba", fuse=False)
    b2.prefs.codegen.runtime.numba.chunk = 3
    chunks = run_on(lambda: scenario(1), "numba")
    for name, expected in whole.items():
        for other in (halves, stepped, chunks):
            np.testing.assert_array_equal(other[name], expected, err_msg=name)


def test_stored_and_restored(run_on: Callable[..., dict[str, Any]], tmp_path: Any) -> None:
    """Restoring brings back spikes under way and the random stream, from memory and from disk."""

    def scenario() -> dict[str, Any]:
        source = b2.PoissonGroup(40, 300 * Hz)
        target = b2.NeuronGroup(10, "dv/dt = -v / (10*ms) : 1", method="exact")
        late = b2.Synapses(source, target, on_pre="v += 0.1")
        late.connect()
        late.delay = "4 * ms * rand()"
        even = b2.Synapses(source, target, on_pre="v += rand()", delay=2 * ms)
        even.connect(p=0.5)
        network = b2.Network(source, target, late, even)
        network.run(5 * ms)
        network.store()
        network.store(filename=str(tmp_path / "state"))
        ends = []
        for options in ({}, {}, {"filename": str(tmp_path / "state")}):
            if ends:
                network.restore(restore_random_state=True, **options)
            network.run(5 * ms)
            ends.append(np.array(target.v))
        np.testing.assert_array_equal(ends[1], ends[0])
        np.testing.assert_array_equal(ends[2], ends[0])
        return {"v": ends[0]}

    fused = run_on(scenario, "numba")
    (tmp_path / "state").unlink()
    np.testing.assert_array_equal(run_on(scenario, "numba", fuse=False)["v"], fused["v"])


def test_units_of_results(run_on: Callable[..., dict[str, Any]]) -> None:
    """exp(-t/tau) after one time constant, from one compiled run."""

    def scenario() -> dict[str, Any]:
        neurons = b2.NeuronGroup(1, "dv/dt = -v / tau : volt\ntau : second", method="exact")
        neurons.v, neurons.tau = 1 * mV, 10 * ms
        b2.Network(neurons).run(10 * ms)
        return {"v": neurons.v / mV}

    np.testing.assert_allclose(run_on(scenario, "numba")["v"], [np.exp(-1)], rtol=1e-12)
    assert second == 1000 * ms


def test_branching_neuron(same_everywhere: Check) -> None:
    """Passive and active dendrites, a branch, a spike threshold on one compartment."""

    def scenario() -> dict[str, Any]:
        tree = b2.Soma(30 * b2.um)
        tree.left = b2.Cylinder(length=100 * b2.um, diameter=1 * b2.um, n=5)
        tree.right = b2.Cylinder(length=60 * b2.um, diameter=2 * b2.um, n=3)
        tree.right.tip = b2.Section(diameter=[2, 1.5, 1] * b2.um, length=[20, 30] * b2.um, n=2)
        tree.right.twig = b2.Cylinder(length=30 * b2.um, diameter=1 * b2.um, n=1)
        neuron = b2.SpatialNeuron(
            tree,
            """Im = g * (E - v) : amp/meter**2
               g : siemens/meter**2
               E : volt
               I : amp (point current)""",
            Cm=1 * b2.uF / b2.cm**2,
            Ri=100 * b2.ohm * b2.cm,
            threshold="v > 5*mV",
            threshold_location=0,
            refractory="v > 4*mV",
            method="exponential_euler",
        )
        neuron.g = "1e-4*siemens/cm**2 * (1 + 0.1*i)"
        neuron.left.I = 0.05 * b2.nA
        neuron.right.tip.I = 0.02 * b2.nA
        spikes, trace = b2.SpikeMonitor(neuron), b2.StateMonitor(neuron, "v", record=True)
        network = b2.Network(neuron, spikes, trace)
        network.run(10 * ms)
        neuron.left.I = 0 * b2.nA
        network.run(5 * ms)
        assert spikes.num_spikes > 0
        return {"v": trace.v / mV, "t": spikes.t / ms, "current": neuron.Ic[:]}

    same_everywhere(scenario, tolerance=1e-10)  # the same matrices, eliminated by other code


def test_single_precision(run_on: Callable[..., dict[str, Any]]) -> None:
    """Floats of 32 bits: within 1e-4 of NumPy's target after 200 steps."""

    def scenario() -> dict[str, Any]:
        neurons = b2.NeuronGroup(
            20,
            """dx/dt = (1.5 - x**2 / 2 - x / 4 + sin(2*pi*x) / 8) / tau : 1 (unless refractory)
               y : 1
               hits : integer""",
            threshold="x > 0.9",
            reset="x = 0; hits += 1",
            refractory=2 * ms,
            method="euler",
            namespace={"tau": 10 * ms, "eta": 0.3},
        )
        neurons.x = "i * 0.02"
        dense = b2.Synapses(
            neurons,
            neurons,
            """dw/dt = eta * (x_pre * x_post - w) / (20*ms) : 1 (clock-driven)
               y_post = w * x_pre : 1 (summed)""",
            method="euler",
            namespace={"eta": 0.3},
        )
        dense.connect()
        dense.w = "0.1 * i"
        sparse = b2.Synapses(
            neurons,
            neurons,
            "dq/dt = -q / (5*ms) : 1 (event-driven)",
            on_pre="q += 1; x_post += 0.01 * q",
            delay=1 * ms,
        )
        sparse.connect("i != j")
        b2.Network(neurons, dense, sparse).run(20 * ms)
        assert neurons.hits[:].sum() > 20
        return {"x": neurons.x, "w": dense.w, "q": sparse.q, "y": neurons.y, "hits": neurons.hits}

    b2.prefs.core.default_float_dtype = np.float32
    reference, single = run_on(scenario, "numpy"), run_on(scenario, "numba")
    for name, expected in reference.items():
        assert single[name].dtype == expected.dtype
        np.testing.assert_allclose(single[name], expected, rtol=1e-4, atol=1e-4, err_msg=name)


def test_monitors_are_switched_without_compiling(run_on: Callable[..., dict[str, Any]]) -> None:
    """Off, on, off: what is recorded is the middle part, and one program serves all three."""
    texts = set()

    def scenario() -> dict[str, Any]:
        neurons = b2.NeuronGroup(2, "dx/dt = 1 / ms : 1", threshold="x > 0.5", reset="x = 0")
        spikes, trace = b2.SpikeMonitor(neurons), b2.StateMonitor(neurons, "x", record=[0])
        network = b2.Network(neurons, spikes, trace)
        for on in (False, True, False):
            spikes.active = trace.active = on
            network.run(1 * ms)
            if last_plan(network) is not None:
                texts.add(last_plan(network).program.text)
        return {"t": spikes.t / ms, "recorded": trace.t / ms}

    reference, fused = run_on(scenario, "numpy"), run_on(scenario, "numba")
    for name, expected in reference.items():
        np.testing.assert_array_equal(fused[name], expected, err_msg=name)
    np.testing.assert_allclose(fused["recorded"], np.arange(1, 2, 0.1))
    assert len(texts) == 1


def test_what_changes_between_runs_is_seen(run_on: Callable[..., dict[str, Any]]) -> None:
    """Parameters, delays, synapses, activity and dt changed between runs, as on NumPy's target."""

    def scenario() -> dict[str, Any]:
        clock = b2.NeuronGroup(2, "x : 1", threshold="True", reset="x += gain")
        target = b2.NeuronGroup(3, "y : 1\nz : 1")
        synapses = b2.Synapses(
            clock, target, "w : 1\nz_post = w : 1 (summed)", on_pre="y_post += w"
        )
        synapses.connect()
        synapses.w = 1
        network = b2.Network(clock, target, synapses)
        seen = []

        def run(gain: float) -> None:
            network.run(0.5 * ms, namespace={"gain": gain})
            seen.append([clock.x[0], target.y[0], target.z[0]])

        run(1.0)
        run(2.0)
        synapses.delay = 0.2 * ms
        run(2.0)
        synapses.connect(i=[0, 0], j=[0, 0])
        synapses.w = 0.5
        run(2.0)
        synapses.active = False
        run(2.0)
        synapses.active = True
        clock.resetter["spike"].active = False
        run(2.0)
        clock.clock.dt = 0.25 * ms
        run(2.0)
        return {"seen": np.array(seen)}

    reference, fused = run_on(scenario, "numpy"), run_on(scenario, "numba")
    np.testing.assert_array_equal(fused["seen"], reference["seen"])


@pytest.mark.parametrize("fuse", [True, False])
def test_states_that_have_grown_without_bound_are_warned_of(
    fuse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on every target: above 1e50, told once for each name."""
    monkeypatch.setitem(b2.prefs, "codegen.target", "numba")
    monkeypatch.setitem(b2.prefs, "codegen.runtime.numba.fuse", fuse)
    group = b2.NeuronGroup(2, "dv/dt = v/ms : 1", method="exact", name=f"growing_{fuse}")
    group.v = 1e-3
    with catch_logs() as logs:
        b2.Network(group).run(150 * ms)
    assert any("very large" in text for _, _, text in logs)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_states_in_single_precision_are_checked_without_a_warning_of_numpy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bound is none of float32."""
    monkeypatch.setitem(b2.prefs, "codegen.target", "numba")
    monkeypatch.setitem(b2.prefs, "core.default_float_dtype", np.float32)
    group = b2.NeuronGroup(2, "dv/dt = -v/ms : 1", method="exact")
    group.v = 1
    b2.Network(group).run(1 * ms)
    assert np.asarray(group.v) == pytest.approx(np.exp([-1, -1]), rel=1e-5)
