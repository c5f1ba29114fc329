"""B4: CUBA, 4000 leaky integrate-and-fire neurons with exponential synaptic currents, 2 %, 0.1 ms.

The current-based benchmark of Vogels & Abbott (2005) in the form of Brette et al. (2007,
benchmark 2): the spikes of 3200 excitatory and 800 inhibitory cells sustain themselves.
"""

from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, defaultclock, ms, mV

NEURON = """
dv/dt = (ge + gi - (v - E_leak))/tau_membrane : volt (unless refractory)
dge/dt = -ge/tau_excitation : volt
dgi/dt = -gi/tau_inhibition : volt
"""
CONSTANTS = {
    "tau_membrane": 20 * ms,
    "tau_excitation": 5 * ms,
    "tau_inhibition": 10 * ms,
    "E_leak": -49 * mV,
    "V_threshold": -50 * mV,
    "V_reset": -60 * mV,
    "w_excitation": 1.62 * mV,
    "w_inhibition": -9 * mV,
}


def network(size: int = 4000, probability: float = 0.02) -> Network:
    """``size`` neurons, four fifths excitatory, each pair connected with ``probability``."""
    defaultclock.dt = 0.1 * ms
    rng = np.random.default_rng(4)
    neuron = NeuronGroup(
        size,
        NEURON,
        threshold="v > V_threshold",
        reset="v = V_reset",
        refractory=5 * ms,
        method="exact",
        namespace=CONSTANTS,
        name="neuron",
    )
    neuron.v = rng.uniform(-60, -50, size) * mV
    return connected(neuron, rng.random((size, size)) < probability, CONSTANTS)


def connected(neuron: NeuronGroup, pairs: np.ndarray, constants: dict[str, Any]) -> Network:
    """Four fifths of the neurons excite, the others inhibit, by ``pairs`` (pre, post)."""
    split = len(neuron) * 4 // 5
    objects = [neuron]
    for part, start, effect, name in (
        (neuron[:split], 0, "ge_post += w_excitation", "excitation"),
        (neuron[split:], split, "gi_post += w_inhibition", "inhibition"),
    ):
        synapses = Synapses(part, neuron, on_pre=effect, namespace=constants, name=name)
        i, j = pairs[start : start + len(part)].nonzero()
        synapses.connect(i=i, j=j)
        objects.append(synapses)
    return Network(objects)
