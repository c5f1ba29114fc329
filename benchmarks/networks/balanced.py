"""A balanced random network (Brunel 2000) whose excitatory synapses learn by spike timing.

Four fifths of the cells excite, each cell has a tenth of each kind as its sources, inhibition is
five times as strong as excitation, and input from outside is twice what drives a cell to its
threshold.  Weights between excitatory cells follow pairs of spikes, all to all, with a depression
that is a little stronger (Song, Miller and Abbott 2000), between zero and twice where they start.
"""

import numpy as np
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonInput,
    Quantity,
    SpikeMonitor,
    Subgroup,
    Synapses,
    defaultclock,
    ms,
    mV,
)

STEP, DELAY = 0.1, 1.5  # ms
SHARE, DRIVE, INHIBITION = 0.1, 2.0, 5.0
POTENTIATION, DEPRESSION = 0.01, 0.0105
THRESHOLD, TAU, REFRACTORY, TAU_TRACE = 20 * mV, 20 * ms, 2 * ms, 20 * ms

PLASTIC = """
w : volt
dx/dt = -x/tau_trace : 1 (event-driven)
dy/dt = -y/tau_trace : 1 (event-driven)
"""
ON_PRE = "v_post += w; x += 1; w = clip(w - depression*largest*y, 0*volt, largest)"
ON_POST = "y += 1; w = clip(w + potentiation*largest*x, 0*volt, largest)"


def network(cells: int, learns: bool = True) -> Network:
    """So many cells; ``plastic`` are the synapses that learn, if any do, ``spikes`` counts."""
    defaultclock.dt = STEP * ms
    excitatory = 4 * cells // 5
    sources = round(SHARE * excitatory)
    weight = weight_mv(cells) * mV
    everyone = NeuronGroup(
        cells,
        "dv/dt = -v/tau : volt (unless refractory)",
        threshold="v > threshold",
        reset="v = 0*mV",
        refractory=REFRACTORY,
        method="exact",
        namespace={"tau": TAU, "threshold": THRESHOLD},
        name="cells",
    )
    rate = outside_hz(cells) / sources * Hz
    outside = PoissonInput(everyone, "v", N=sources, rate=rate, weight=weight)
    exciting, inhibiting = everyone[:excitatory], everyone[excitatory:]
    plastic = [_plastic(exciting, weight)] if learns else []
    static = [
        Synapses(
            source,
            target,
            on_pre="v_post += strength",
            delay=DELAY * ms,
            namespace={"strength": strength},
            name=name,
        )
        for name, source, target, strength in (
            ("excitation", exciting, inhibiting if learns else everyone, weight),
            ("inhibition", inhibiting, everyone, -INHIBITION * weight),
        )
    ]
    for synapses in (*plastic, *static):
        synapses.connect(p=SHARE)
    for synapses in plastic:
        synapses.w = weight
    spikes = SpikeMonitor(everyone, record=False, name="spikes")
    return Network(everyone, outside, *plastic, *static, spikes)


def weight_mv(cells: int) -> float:
    """Of an excitatory synapse, where it starts [mV]."""
    return 80 / round(SHARE * (4 * cells // 5))


def outside_hz(cells: int) -> float:
    """Spikes from outside that each cell hears [Hz]."""
    return float(DRIVE * THRESHOLD / (weight_mv(cells) * mV * TAU))


def _plastic(exciting: Subgroup, weight: Quantity) -> Synapses:
    return Synapses(
        exciting,
        exciting,
        PLASTIC,
        on_pre=ON_PRE,
        on_post=ON_POST,
        delay=DELAY * ms,
        namespace={
            "largest": 2 * weight,
            "tau_trace": TAU_TRACE,
            "potentiation": POTENTIATION,
            "depression": DEPRESSION,
        },
        name="plastic",
    )


def rate_hz(made: Network, seconds: float) -> float:
    """Mean rate of all cells [Hz] over so many seconds from the beginning."""
    return float(made["spikes"].num_spikes / len(made["cells"]) / seconds)


def weights(made: Network) -> np.ndarray:
    """(synapses,) the plastic weights as shares of the largest."""
    plastic = made["plastic"]
    return np.asarray(plastic.w_) / float(plastic.namespace["largest"])
