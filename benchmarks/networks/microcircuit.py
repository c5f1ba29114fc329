"""B2: dense dendritic microcircuit, 100-50-50-10 or 784-500-500-10, 0.1 ms.

The shape of the dendritic cortical microcircuit (Sacramento, Costa, Bengio & Senn 2018):
pyramidal cells with basal and apical compartments and one interneuron population per hidden
layer; every projection is all-to-all, its drive is summed at every step, and all weights but the
top-down ones change at every step. Leak and coupling conductances are g_l (leak), g_b (basal),
g_a (apical) and g_d (dendrite).
"""

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, defaultclock, ms

PYRAMIDAL = """
du/dt = (-g_l*u + g_b*(v_basal - u) + g_a*(v_apical - u))/tau : 1
v_apical = top_down + lateral : 1
r = 1/(1 + exp(-u)) : 1 (constant over dt)
basal_error = r - 1/(1 + exp(-g_b*v_basal/(g_l + g_b + g_a))) : 1 (constant over dt)
v_basal : 1
top_down : 1
lateral : 1
"""
INTERNEURON = """
du/dt = (-g_l*u + g_d*(v_dendrite - u))/tau : 1
r = 1/(1 + exp(-u)) : 1 (constant over dt)
dendrite_error = r - 1/(1 + exp(-g_d*v_dendrite/(g_l + g_d))) : 1 (constant over dt)
v_dendrite : 1
"""
CONSTANTS = {
    "tau": 10 * ms,
    "rate": 1e-3 / ms,
    "g_l": 0.1,
    "g_b": 1.0,
    "g_a": 0.8,
    "g_d": 1.0,
}


def network(sizes: tuple[int, ...] = (100, 50, 50, 10)) -> Network:
    """A chain of ``sizes`` cells; the first layer is a fixed pattern of rates."""
    defaultclock.dt = 0.1 * ms
    rng = np.random.default_rng(2)
    stimulus = NeuronGroup(sizes[0], "r : 1", name="stimulus")
    stimulus.r = rng.uniform(0, 1, sizes[0])
    cells = [_cells(n, PYRAMIDAL, f"pyramidal_{k}") for k, n in enumerate(sizes[1:], 1)]
    inter = [_cells(n, INTERNEURON, f"inter_{k}") for k, n in enumerate(sizes[2:], 1)]
    projections = [
        _projection(pre, post, "v_basal", "basal_error_post", rng)
        for pre, post in zip([stimulus, *cells], cells, strict=False)
    ]
    for lower, upper, interneuron in zip(cells, cells[1:], inter, strict=False):
        projections += [
            _projection(upper, lower, "top_down", "", rng),
            _projection(lower, interneuron, "v_dendrite", "dendrite_error_post", rng),
            _projection(interneuron, lower, "lateral", "(-v_apical_post)", rng),
        ]
    return Network(stimulus, *cells, *inter, *projections)


def _cells(size: int, equations: str, name: str) -> NeuronGroup:
    return NeuronGroup(size, equations, method="euler", namespace=CONSTANTS, name=name)


def _projection(
    pre: NeuronGroup, post: NeuronGroup, drive: str, error: str, rng: np.random.Generator
) -> Synapses:
    weight = f"dw/dt = rate*{error}*r_pre : 1 (clock-driven)" if error else "w : 1"
    synapses = Synapses(
        pre,
        post,
        f"{weight}\n{drive}_post = w*r_pre : 1 (summed)",
        method="euler",
        namespace=CONSTANTS,
        name=f"{pre.name}_to_{post.name}",
    )
    synapses.connect()
    synapses.w = rng.uniform(-1, 1, len(pre) * len(post)) / np.sqrt(len(pre))
    return synapses
