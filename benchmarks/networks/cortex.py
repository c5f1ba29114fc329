"""The cortical column of Potjans and Diesmann (2014): eight populations, spontaneous activity.

Cells, links and weights of the article's tables 4 and 5.  A fraction of the column has that share
of the cells and, for each, that share of the links; weights grow by its root, and what is missing
of the mean input is a constant current, so that rates stay what they are (van Albada and others
2015).  Rates to compare with are those of the whole column in NEST, as its example states them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonInput,
    SpikeMonitor,
    Synapses,
    defaultclock,
    ms,
    mV,
    pA,
    pF,
)

POPULATIONS = ("L2/3 e", "L2/3 i", "L4 e", "L4 i", "L5 e", "L5 i", "L6 e", "L6 i")
CELLS = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
RATES = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
"""Of the whole column [Hz]."""
EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
"""Background inputs of a cell, of 8 Hz each."""
PROBABILITIES = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
    ]
)
"""That two cells are linked at least once: rows are the targets."""
BACKGROUND_RATE = 8 * Hz
TAU, TAU_SYNAPSE, CAPACITANCE = 10 * ms, 0.5 * ms, 250 * pF
WEIGHT, SPREAD, INHIBITION = 87.8, 0.1, -4.0
"""Mean of an excitatory weight [pA]; standard deviations and inhibition in units of means."""
DELAYS = {"e": (1.5, 0.75), "i": (0.8, 0.4)}
"""Mean and standard deviation [ms]."""
STEP = 0.1  # ms

CELL = """
dv/dt = (rest - v)/tau + (I + constant_current)/capacitance : volt (unless refractory)
dI/dt = -I/tau_synapse : amp
constant_current : amp (constant)
"""


@dataclass(frozen=True)
class Column:
    """A network, and the spikes of all its cells; first : where each population begins."""

    network: Network
    spikes: SpikeMonitor
    first: np.ndarray

    def rates(self, begin: float, seconds: float) -> np.ndarray:
        """(populations,) mean rates [Hz] from ``begin`` on, for so many seconds."""
        cells = np.asarray(self.spikes.i)[np.asarray(self.spikes.t_) >= begin]
        counts = np.add.reduceat(np.bincount(cells, minlength=self.first[-1]), self.first[:-1])
        return counts / np.diff(self.first) / seconds


def links() -> np.ndarray:
    """(targets, sources) links of the whole column: multiple ones, drawn with replacement."""
    pairs = np.outer(CELLS, CELLS).astype(float)
    return np.log(1 - PROBABILITIES) / np.log((pairs - 1) / pairs)


def column(fraction: float, seed: int = 1) -> Column:
    """A fraction of the column, at most 1."""
    defaultclock.dt = STEP * ms
    rng = np.random.default_rng(seed)
    sizes = np.rint(fraction * CELLS).astype(int)
    first = np.concatenate([[0], np.cumsum(sizes)])
    inward = links() / CELLS[:, None]  # links onto one cell, from each population
    excites = np.array([name.endswith("e") for name in POPULATIONS])
    strength = WEIGHT * np.where(excites, 1.0, INHIBITION)
    weights = np.broadcast_to(strength, (8, 8)).copy()
    weights[0, 2] *= 2  # layer 4 excites layer 2/3 twice as strongly
    cells = NeuronGroup(
        first[-1],
        CELL,
        threshold="v > -50*mV",
        reset="v = -65*mV",
        refractory=2 * ms,
        method="exact",
        namespace={
            "rest": -65 * mV,
            "tau": TAU,
            "tau_synapse": TAU_SYNAPSE,
            "capacitance": CAPACITANCE,
        },
        name="cells",
    )
    cells.v = rng.normal(-58, 10, first[-1]) * mV
    mean = (weights * inward) @ RATES + WEIGHT * EXTERNAL * float(BACKGROUND_RATE)
    missing = (1 - np.sqrt(fraction)) * float(TAU_SYNAPSE) * mean
    cells.constant_current = np.repeat(missing, sizes) * pA
    synapses = Synapses(cells, cells, "w : amp", on_pre="I_post += w", name="synapses")
    _connect(synapses, rng, first, fraction, weights, excites)
    background = [
        PoissonInput(
            cells[first[k] : first[k + 1]],
            "I",
            N=round(fraction * EXTERNAL[k]),
            rate=BACKGROUND_RATE,
            weight=WEIGHT / np.sqrt(fraction) * pA,
        )
        for k in range(8)
    ]
    spikes = SpikeMonitor(cells, name="spikes")
    return Column(Network(cells, synapses, *background, spikes), spikes, first)


def _connect(
    synapses: Synapses, rng: np.random.Generator, first: np.ndarray, fraction: float,
    weights: np.ndarray, excites: np.ndarray,
) -> None:  # fmt: skip
    """Draw the links, in the order of their sources and a million at a time: there may be many."""
    each = _outward(rng, np.diff(first), np.rint(fraction * fraction * links()).astype(int))
    from_cell = each.sum(axis=1)
    number = int(from_cell.sum())
    j = np.empty(number, dtype=np.int32)
    for part, _, post in _parts(each, first):
        j[part] = rng.integers(first[post], first[post + 1], dtype=np.int32)
    i = np.repeat(np.arange(first[-1], dtype=np.int32), from_cell)
    synapses.connect(i=i, j=j)
    del i, j
    mean = np.array([DELAYS["e" if excitatory else "i"] for excitatory in excites])
    for part, pre, post in _parts(each, first):
        w = weights[post, pre] * rng.normal(1, SPREAD, len(post))
        w = np.where(excites[pre], np.maximum(w, 0), np.minimum(w, 0))
        delay = np.rint(rng.normal(mean[pre, 0], mean[pre, 1]) / STEP)
        synapses.w[part] = w / np.sqrt(fraction) * pA
        synapses.delay[part] = np.maximum(delay, 1) * STEP * ms


def _outward(rng: np.random.Generator, sizes: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(cells, targets) links of each cell to each population, of which count : (targets, sources).

    Each link has any cell of its population for a source.
    """
    populations = []
    for pre, size in enumerate(sizes):
        alike = np.full(size, 1 / size)
        populations.append(np.stack([rng.multinomial(n, alike) for n in count[:, pre]], axis=1))
    return np.concatenate(populations)


def _parts(each: np.ndarray, first: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """About a million links each: which they are, and the populations of their ends."""
    ends = np.cumsum(each.sum(axis=1))
    population = np.searchsorted(first, np.arange(len(each)), side="right") - 1
    cell = 0
    while cell < len(each):
        begin = int(ends[cell - 1]) if cell else 0
        last = max(cell + 1, int(np.searchsorted(ends, begin + 1_000_000)))
        counts = each[cell:last]
        post = np.repeat(np.tile(np.arange(8), len(counts)), counts.ravel())
        pre = np.repeat(population[cell:last], counts.sum(axis=1))
        yield slice(begin, begin + len(post)), pre, post
        cell = last
