"""Ten objects, three plastic projections: inputs, three layers, monitors of their spikes."""

from __future__ import annotations

from itertools import pairwise

from brian2 import Hz, Network, NeuronGroup, PoissonGroup, SpikeMonitor, Synapses, ms

SIZES = (50, 40, 30, 10)

NEURONS = """
dv/dt = -v / (20*ms) : 1 (unless refractory)
"""
WEIGHTS = """
w : 1
dseen_before/dt = -seen_before / (20*ms) : 1 (event-driven)
dseen_after/dt = -seen_after / (30*ms) : 1 (event-driven)
"""


def network() -> Network:
    """Layers of integrate-and-fire neurons; every projection learns by pairs of spikes."""
    layers = [PoissonGroup(SIZES[0], rates=30 * Hz)]
    for size in SIZES[1:]:
        layers.append(
            NeuronGroup(
                size,
                NEURONS,
                threshold="v > 1",
                reset="v = 0",
                refractory=2 * ms,
                method="exact",
            )
        )
    projections = [_plastic(*pair) for pair in pairwise(layers)]
    return Network(layers, projections, [SpikeMonitor(layer) for layer in layers[1:]])


def _plastic(before: NeuronGroup, after: NeuronGroup) -> Synapses:
    projection = Synapses(
        before,
        after,
        WEIGHTS,
        on_pre="v_post += w\nseen_before += 0.01\nw = clip(w - seen_after, 0, 1)",
        on_post="seen_after += 0.012\nw = clip(w + seen_before, 0, 1)",
    )
    projection.connect()
    projection.w = "0.1 + 0.001*j"
    return projection
