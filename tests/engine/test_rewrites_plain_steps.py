"""Conditions tested together and invariants computed once: not one bit is different."""

import ast
import re

import numpy as np
import pytest
from brian2 import (
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    defaultclock,
    ms,
    mV,
    prefs,
    seed,
)

import bioplaus.engine
from bioplaus.engine.machine import support
from bioplaus.engine.rewrites.invariants import _split
from bioplaus.engine.running.plan import last_plan

assert bioplaus.engine

REWRITES = "codegen.runtime.numba.rewrites"
pytestmark = pytest.mark.usefixtures("on_the_engine")


def cuba(neurons):
    """The network of Brian2's example CUBA, smaller."""
    group = NeuronGroup(
        neurons,
        """
        dv/dt = (ge + gi - (v + 49*mV))/(20*ms) : volt (unless refractory)
        dge/dt = -ge/(5*ms) : volt
        dgi/dt = -gi/(10*ms) : volt
        """,
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory=5 * ms,
        method="exact",
    )
    group.v = -60 * mV + np.random.default_rng(0).random(neurons) * 10 * mV
    excitatory = Synapses(group, group, on_pre="ge += 1.62*mV", delay=0.3 * ms)
    excitatory.connect("i < 0.8*N_pre", p=0.3)
    inhibitory = Synapses(group, group, on_pre="gi -= 9*mV")
    inhibitory.connect("i >= 0.8*N_pre", p=0.3)
    spikes = SpikeMonitor(group)
    trace = StateMonitor(group, ["v", "ge", "not_refractory"], record=[0, neurons - 1])
    return Network(group, excitatory, inhibitory, spikes, trace), spikes, trace


def recorded(rewrites, neurons):
    prefs[REWRITES] = rewrites
    seed(3)
    network, spikes, trace = cuba(neurons)
    network.run(40 * ms)
    notes = [note for step in last_plan(network).steps for note in step.notes]
    views = [spikes.t_, spikes.i, trace.v_, trace.ge_, trace.not_refractory]
    # The monitors go with this function, and what they have recorded goes with them.
    results = [np.array(view[:]) for view in views]
    return notes, last_plan(network).program.text, results


@pytest.mark.parametrize("neurons", [20, 64, 150])
def test_same_bits(neurons):
    _, plain_text, plain = recorded((), neurons)
    notes, _, together = recorded(("all_at_once",), neurons)
    _, text, once = recorded(("invariants",), neurons)
    assert len(plain[0]) > 10
    assert notes == [
        "all_at_once: all conditions are tested together, then those that hold are collected"
    ]
    for expected, one, other in zip(plain, together, once, strict=True):
        np.testing.assert_array_equal(one, expected)
        np.testing.assert_array_equal(other, expected)
    assert "once_0" in text
    assert "once_0" not in plain_text


def test_fires_everywhere_and_nowhere():
    prefs[REWRITES] = ("all_at_once",)
    group = NeuronGroup(200, "x : 1", threshold="x > 0.5", reset="x = 0")
    monitor = SpikeMonitor(group)
    network = Network(group, monitor)
    for value, fire in ((0, 0), (1, 200)):
        group.x = value
        before = monitor.num_spikes
        network.run(2 * defaultclock.dt)
        assert monitor.num_spikes - before == fire
    np.testing.assert_array_equal(monitor.i[:], np.arange(200))


def test_nothing_of_a_loop_is_left_that_does_not_change():
    _, text, _ = recorded(("invariants",), 20)
    kernels = [f for f in ast.parse(text).body if getattr(f, "name", "").startswith("kernel")]
    assert not [f.name for f in kernels if re.search("_nb_exp|timestep", ast.unparse(f))]


def test_random_numbers_and_users_functions_stay_where_they_are():
    text = "def kernel(_nb_x0, _nb_x1):\n    a = _nb_rand(_nb_x1) + _nb_x0\n    b = mine(_nb_x0)\n"
    assert _split(text, (0,)).once == ""


@pytest.mark.parametrize("dt", [1e-4, 5e-5, 1e-3, 0.1 * 1e-3, 3.3e-5])
def test_least_time(dt):
    for steps in [-3, -1, 0, 1, 2, 7, 50, 333, 10**6]:
        least = support._nb_least_time(steps, dt)
        assert int(least / dt) >= steps
        assert int(np.nextafter(least, -np.inf) / dt) < steps
