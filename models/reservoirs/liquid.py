"""The liquid as Brian2 text: spiking cells in space that nobody teaches.

tau v' = -v + R (I_e + I_i + I_b),   tau_e I_e' = -I_e,   tau_i I_i' = -I_i
v > 15 mV: a spike, then v = 13.5 mV
tau trace' = -trace,   trace += 1 at a spike: what a readout sees
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Mohm, Network, StateMonitor, Synapses, amp, ms, mV
from numpy.typing import NDArray

from bioplaus.models.reservoirs.parameters import LiquidSettings
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.given_spikes import give
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model

__all__ = ["Liquid", "build"]

LINKS = {(True, True): 0.3, (True, False): 0.2, (False, True): 0.4, (False, False): 0.1}
"""Probability of a link between neighbours, by whether pre and post excite."""
AFFERENT = 1 / 3
"""Share of the cells that a channel reaches."""


@dataclass(frozen=True)
class Liquid(Model):
    """Populations: the input and ``liquid``; nothing learns.  A frame is one presentation.

    kept : what a readout saw at the end of the frame before, sampled in each frame.
    """

    kept: StateMonitor

    def give(self, trains: tuple[Any, Any, Any], onset: float) -> None:
        """Let the input spike, a presentation a frame from ``onset`` [s] on: as `SpikeTrains`."""
        give(self.populations["input"], trains, onset, self.clocks)

    def states(self, presentations: int) -> NDArray[np.float64]:
        """(presentations, cells) filtered spikes at the ends of the last frames but one."""
        return np.asarray(self.kept.kept).T[-presentations:]


def build(
    p: LiquidSettings, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Liquid:
    """Build the network; ``rng`` draws kinds, links and weights, ``inputs`` has the channels."""
    q = quantities(p)
    (given,) = inputs.values()
    places = np.indices((p.length, p.width, p.width)).reshape(3, -1).T
    excites = rng.random(len(places)) >= p.inhibitory
    cells = _cell(q).group(len(places), "liquid", clocks)
    cells.held = np.where(excites, 3, 2) * ms
    recurrent = [
        _links(p, q, cells, places, excites, which, rng, clocks) for which in (True, False)
    ]
    afferent = _afferent(q, given, cells, rng, clocks)
    kept = StateMonitor(cells, "kept", record=True, clock=clocks.frame, when="end", name="kept")
    network = Network(given, cells, *recurrent, afferent, kept)
    return Liquid(network, {"input": given, "liquid": cells}, {}, clocks, kept)


def _cell(q: Any) -> Cell:
    return Cell(
        equations="""
        dv/dt = (-v + (I_e + I_i + background)*resistance)/tau : volt (unless refractory)
        dI_e/dt = -I_e/tau_e : amp
        dI_i/dt = -I_i/tau_i : amp
        dtrace/dt = -trace/tau : 1
        kept : 1
        held : second (constant)
        """,
        threshold="v > 15*mV",
        reset="v = 13.5*mV\ntrace += 1",
        refractory="held",
        method="euler",
        operations={
            "kept": Operation("kept = trace", "frame", order=-1),
            "anew": Operation("v = 13.5*mV\nI_e = 0*amp\nI_i = 0*amp\ntrace = 0", "frame"),
        },
        constants={
            "tau": q.tau,
            "tau_e": 3 * ms,
            "tau_i": 6 * ms,
            "resistance": 1 * Mohm,
            "background": q.background,
        },
        start={"v": 13.5 * mV},
    )


def _links(
    p: LiquidSettings, q: Any, cells: Any, places: Any, excites: Any, which: bool,
    rng: np.random.Generator, clocks: Clocks,
) -> Synapses:  # fmt: skip
    """Links of the cells that excite, or of those that inhibit; gamma-distributed weights."""
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    near = np.array([[LINKS[bool(a), bool(b)] for b in (False, True)] for a in (False, True)])
    likely = near[excites.astype(int)[:, None], excites.astype(int)[None]]
    linked = rng.random(distance.shape) < likely * np.exp(-((distance / p.reach) ** 2))
    np.fill_diagonal(linked, False)
    i, j = np.nonzero(linked & (excites == which)[:, None])
    onto = np.where(excites[j], float(q.excitatory_weight), float(q.onto_inhibitory))
    mean = onto if which else np.full(len(i), float(q.inhibitory_weight))
    weights = rng.gamma(1.0, mean) if len(i) else mean
    name, variable = ("excitation", "I_e") if which else ("inhibition", "I_i")
    sign = "+" if which else "-"
    made = Synapses(
        cells, cells, "w : amp", on_pre=f"{variable}_post {sign}= w", delay=q.delay,
        clock=clocks.step, name=name,
    )  # fmt: skip
    made.connect(i=i, j=j)
    made.w = weights * amp
    return made


def _afferent(q: Any, given: Any, cells: Any, rng: np.random.Generator, clocks: Clocks) -> Synapses:
    """Each channel reaches a third of the cells."""
    reached = round(AFFERENT * len(cells))
    j = np.concatenate([rng.permutation(len(cells))[:reached] for _ in range(len(given))])
    made = Synapses(
        given, cells, "w : amp", on_pre="I_e_post += w", clock=clocks.step, name="input_to_liquid"
    )
    made.connect(i=np.repeat(np.arange(len(given)), reached), j=j)
    made.w = rng.gamma(1.0, float(q.input_weight), len(j)) * amp
    return made
