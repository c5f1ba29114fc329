"""B1: event-driven plasticity, 784 Poisson pixels - 200 - 10 leaky neurons, 20 error units, 1 ms.

The shape of event-driven random back-propagation (Neftci, Augustine, Paul & Detorakis 2017,
equations 3 to 6): a weight changes at presynaptic spikes only, by the dendritic error of its
target gated by a box on the target's synaptic current.
"""

import numpy as np
from brian2 import Group, Hz, Network, NeuronGroup, PoissonGroup, Synapses, defaultclock, ms
from numpy.typing import NDArray

NEURON = """
dv/dt = (current - v)/tau_membrane : 1 (unless refractory)
dcurrent/dt = -current/tau_synapse : 1
derror/dt = -error/tau_error : 1
gate = int(low < current)*int(current < high) : 1 (constant over dt)
"""
ERROR_UNIT = """
dv/dt = drive/tau_error : 1
drive : 1
"""
PLASTIC = """
w += rate*error_post*gate_post
current_post += w
"""
CONSTANTS = {
    "tau_membrane": 20 * ms,
    "tau_synapse": 4 * ms,
    "tau_error": 10 * ms,
    "rate": 1e-4,
    "low": -2.0,
    "high": 2.5,
}


def network(inputs: int = 784, hidden: int = 200, outputs: int = 10) -> Network:
    """``inputs`` Poisson pixels (mean 20 Hz), two plastic layers and two error units per output."""
    defaultclock.dt = 1 * ms
    rng = np.random.default_rng(1)
    pixel = PoissonGroup(inputs, rates=rng.uniform(0, 40, inputs) * Hz, name="pixel")
    layers = [_layer(hidden, "hidden"), _layer(outputs, "output")]
    error = NeuronGroup(
        2 * outputs,
        ERROR_UNIT,
        threshold="v > 1",
        reset="v -= 1",
        method="euler",
        namespace=CONSTANTS,
        name="error",
    )
    error.drive = rng.uniform(0, 1, 2 * outputs)
    forward = [
        _dense(pixel, layers[0], PLASTIC, rng.normal(0.02, 0.15, inputs * hidden)),
        _dense(layers[0], layers[1], PLASTIC, rng.normal(0.2, 0.3, hidden * outputs)),
    ]
    feedback = _dense(error, layers[0], "error_post += w", rng.normal(0, 0.2, 2 * outputs * hidden))
    sign = np.repeat([1.0, -1.0], outputs)
    teach = _paired(error, layers[1], "error_post += w", sign)
    answer = _paired(layers[1], error, "v_post += w", -sign)
    return Network(pixel, *layers, error, *forward, feedback, teach, answer)


def _layer(size: int, name: str) -> NeuronGroup:
    return NeuronGroup(
        size,
        NEURON,
        threshold="v > 1",
        reset="v = 0",
        refractory=4 * ms,
        method="exact",
        namespace=CONSTANTS,
        name=name,
    )


def _dense(pre: Group, post: Group, on_pre: str, weights: NDArray[np.float64]) -> Synapses:
    name = f"{pre.name}_to_{post.name}"
    projection = Synapses(pre, post, "w : 1", on_pre=on_pre, namespace=CONSTANTS, name=name)
    projection.connect()
    projection.w = weights
    return projection


def _paired(pre: Group, post: Group, on_pre: str, weights: NDArray[np.float64]) -> Synapses:
    """Output k with its two error units, k and k + outputs."""
    projection = Synapses(pre, post, "w : 1", on_pre=on_pre, name=f"{pre.name}_to_{post.name}")
    outputs = min(len(pre), len(post))
    unit = np.arange(2 * outputs)
    pairs = (unit, unit % outputs) if len(pre) > len(post) else (unit % outputs, unit)
    projection.connect(i=pairs[0], j=pairs[1])
    projection.w = weights
    return projection
