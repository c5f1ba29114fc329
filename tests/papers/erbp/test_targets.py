"""With given spike trains and no noise, every target of Brian2 gives the spikes of ``numpy``."""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import (
    Network,
    SpikeGeneratorGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    ms,
    mV,
    prefs,
    second,
    volt,
)

import bioplaus.engine  # noqa: F401  (registers the target numba)
from bioplaus.neurons.cell import Clocks
from bioplaus.neurons.dendritic_lif import dendritic_lif
from bioplaus.plasticity.event_driven_random_backprop import EventDrivenRandomBackprop
from bioplaus.plasticity.rule import connect


def spikes_and_weights(target: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eight given trains onto four plastic neurons whose dendrites hear four more, for 0.3 s."""
    prefs.codegen.target = target
    defaultclock.dt = 0.1 * ms
    draw = np.random.default_rng(5)
    steps = np.sort(draw.choice(3000, 400, replace=False))
    data = SpikeGeneratorGroup(8, draw.integers(0, 8, 400), steps * 0.1 * ms, name="data")
    late = np.sort(draw.choice(3000, 120, replace=False))
    error = SpikeGeneratorGroup(4, draw.integers(0, 4, 120), late * 0.1 * ms, name="error")
    clocks = Clocks.of(0.1 * ms, 100 * ms)
    rule = EventDrivenRandomBackprop(gate_low=-1.15 * volt, gate_high=1.15 * volt)
    text = dendritic_lif(
        tau_membrane=1 * ms,
        tau_synapse=4 * ms,
        tau_dendrite=5 * ms,
        threshold=100 * mV,
        refractory=3.9 * ms,
    )
    cell = (text + rule.post()).group(4, "cell", clocks)
    cell.learning_rate = 0.05
    plastic = connect(rule, data, cell, clocks, delay=0.8 * ms, name="plastic").synapses
    plastic.w = draw.uniform(-0.05, 0.25, 32) * volt
    feedback = Synapses(error, cell, "w : volt", on_pre="u_post += w", name="feedback")
    feedback.connect()
    feedback.w = draw.uniform(-0.2, 0.2, 16) * volt
    monitor = SpikeMonitor(cell, name="monitor")
    network = Network(data, error, cell, plastic, feedback, monitor)
    names = {"plasticity": TimedArray([0.0, 1.0, 1.0], dt=100 * ms), "onset": 0 * second}
    network.run(300 * ms, namespace=names)
    return np.array(monitor.t_), np.array(monitor.i), np.array(plastic.w_)


@pytest.mark.parametrize(
    "target",
    ["numba", pytest.param("cython", marks=[pytest.mark.cython, pytest.mark.timeout(1800)])],
)
def test_given_trains_give_the_same_spikes(target: str) -> None:
    t, i, w = spikes_and_weights("numpy")
    other_t, other_i, other_w = spikes_and_weights(target)
    assert len(t) > 30  # the network does fire, and learning moves its weights
    assert np.array_equal(i, other_i)
    assert np.allclose(t, other_t, rtol=0, atol=1e-12)
    # Weights of 0.1 V after a few hundred additions: rounding, not learning, may differ.
    assert np.allclose(w, other_w, rtol=0, atol=1e-12)
