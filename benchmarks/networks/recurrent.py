"""B3: recurrent network of 1000 spiking neurons whose million weights change every step, 1 ms.

The shape of feedback-based online local learning (Gilra & Gerstner 2017, equations 5 to 10): the
weight change is the error current of the target, a fixed map of a two-dimensional error, times
the filtered spikes of the source.
"""

import numpy as np
from brian2 import Hz, Network, NeuronGroup, Synapses, defaultclock, ms

NEURON = """
dv/dt = (bias + gain*(e_0*error_0 + e_1*error_1) + current - v)/tau_membrane : 1 (unless refractory)
dcurrent/dt = -current/tau_synapse : 1
dr/dt = -r/tau_synapse : 1
error_0 = sin(2*pi*frequency*t) : 1 (shared)
error_1 = cos(2*pi*frequency*t) : 1 (shared)
e_0 : 1 (constant)
e_1 : 1 (constant)
bias : 1 (constant)
"""
PLASTIC = "dw/dt = rate*(e_0_post*error_0_post + e_1_post*error_1_post)*r_pre : 1 (clock-driven)"
CONSTANTS = {
    "tau_membrane": 20 * ms,
    "tau_synapse": 20 * ms,
    "frequency": 2 * Hz,
    "gain": 0.5,
    "rate": 1e-4 * Hz,
}


def network(size: int = 1000, self_connections: bool = True) -> Network:
    """``size`` neurons, each connected to all, or to all others; weights from zero."""
    defaultclock.dt = 1 * ms
    rng = np.random.default_rng(3)
    neuron = NeuronGroup(
        size,
        NEURON,
        threshold="v > 1",
        reset="v = 0; r += 1",
        refractory=2 * ms,
        method="euler",
        namespace=CONSTANTS,
        name="neuron",
    )
    angle = rng.uniform(0, 2 * np.pi, size)
    neuron.e_0, neuron.e_1 = np.cos(angle), np.sin(angle)
    neuron.bias = rng.uniform(0.6, 1.6, size)
    neuron.v = rng.uniform(0, 1, size)
    recurrent = Synapses(
        neuron,
        neuron,
        PLASTIC,
        on_pre="current_post += w",
        method="euler",
        namespace=CONSTANTS,
        name="recurrent",
    )
    recurrent.connect(None if self_connections else "i != j")
    return Network(neuron, recurrent)
