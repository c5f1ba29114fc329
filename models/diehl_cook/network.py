"""The network of Diehl and Cook (2015).

::

    pixel --> excitatory <--> inhibitory
      ^           |
      +-- lamp <--+

Inputs learn; an excitatory cell excites its own inhibitory partner, which silences all others.
The lamp says which image is shown and how bright: an image that made too few spikes comes again,
brighter.  So the network itself goes from image to image, and Python is not called in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from brian2 import Clock, Network, NeuronGroup, StateMonitor, Synapses, linked_var, mV, second
from numpy.typing import NDArray

from bioplaus.models.diehl_cook.parameters import DiehlCook, check_network
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import forget_responses
from bioplaus.parameters import quantities
from bioplaus.plasticity.competitive_stdp import NEVER, CompetitiveSTDP
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect

__all__ = ["DiehlCookModel", "build", "live", "pixels"]

Floats = NDArray[np.float64]

MEMBRANE = """
dv/dt = {awake}(rest - v + ge*(0*mV - v) + gi*(reversal - v))/tau : volt{held}
dge/dt = -ge/(1*ms) : 1
dgi/dt = -gi/(2*ms) : 1
"""
NEXT_IMAGE = """
over = fresh(t - onset)
seen = int(heard >= enough)
image += over*seen
intensity = over*(seen*first_intensity + (1 - seen)*(intensity + 1)) + (1 - over)*intensity
heard *= 1 - over
"""
LIGHT = """
grey = images(order(image*whole)*frame, i)
rate = brightest*intensity*grey*(1 - quiet(t - onset))
"""


@dataclass(frozen=True)
class DiehlCookModel(Model):
    """Populations ``pixel``, ``excitatory``, ``inhibitory``, ``lamp``.

    counts : ``response`` of the excitatory cells, spikes in the light, at the end of each
    presentation.
    """

    counts: StateMonitor

    def begin(self, enough: int) -> None:
        """Before a run: forget counts, and begin with the first row that is then shown, or go on
        with the one that did not do yet."""
        forget_responses(self.counts)
        lamp = self.populations["lamp"]
        lamp.image = -float(lamp.heard_[0] >= enough)

    def responses(self) -> Floats:
        """Spikes of each cell in each presentation since :meth:`begin`, (presentation, cell)."""
        cells = self.populations["excitatory"]
        sampled = np.array(self.counts.response)[:, 1:]
        return np.column_stack([sampled, cells.response_[:]]).T


def pixels(p: DiehlCook, clocks: Clocks) -> NeuronGroup:
    """Poisson spikes by the grey values of the schedule's ``images``.

    Reads ``images``, ``quiet`` and ``order``, a row for each presentation, of the schedule.
    """
    q = quantities(p)
    cell = Cell(
        equations="rate : Hz\nimage : 1 (linked)\nintensity : 1 (linked)",
        threshold="rand() < rate*dt",
        operations={"light": Operation(LIGHT, "frame", order=1)},
        constants={"brightest": q.brightest, "whole": q.presentation + q.pause},
    )
    return (cell + _rule(q).pre()).group(p.inputs, "pixel", clocks)


def live(p: DiehlCook) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {
        "excitatory.learning_rate": p.learning_rate,
        "excitatory.depression": p.depression,
    }


def build(
    p: DiehlCook, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> DiehlCookModel:
    """Build the network.

    Parameters
    ----------
    rng
        Draws weights and delays.
    inputs
        One population, of :func:`pixels`.
    clocks
        The step, and a frame of which presentation and pause are multiples.

    Raises
    ------
    ParameterError
        If the parameters contradict each other.
    """
    check_network(p)
    q = quantities(p)
    (pixel,) = inputs.values()
    excitatory, inhibitory = _excitatory(q, clocks), _inhibitory(q, clocks)
    lamp = _lamp(p, clocks)
    pixel.image, pixel.intensity = linked_var(lamp, "image"), linked_var(lamp, "intensity")
    learning = connect(_rule(q), pixel, excitatory, clocks)
    made = learning.synapses
    learning.set_weights(0.3 * (rng.random(learning.shape) + 0.01))
    made.delay = rng.random(len(made)) * q.longest_delay
    made.arrived = NEVER * second
    fixed = [
        _fixed(excitatory, inhibitory, f"ge_post += {p.to_inhibitory!r}", clocks, j="i"),
        _fixed(inhibitory, excitatory, f"gi_post += {p.to_others!r}", clocks, condition="i != j"),
        _fixed(excitatory, lamp, "heard_post += 1 - quiet(t - onset)", clocks),
    ]
    each = Clock(q.presentation + q.pause, name="presentation")
    counts = StateMonitor(
        excitatory, "response", record=True, clock=each, when="start", order=-1, name="counts"
    )
    populations = {group.name: group for group in (pixel, excitatory, inhibitory, lamp)}
    network = Network(*populations.values(), made, *fixed, counts)
    plastic = {made.name: learning}
    model = DiehlCookModel(network, populations, {**plastic}, clocks, counts)
    model.set(live(p))
    return model


def _rule(q: SimpleNamespace) -> CompetitiveSTDP:
    return CompetitiveSTDP(q.tau_pre, q.tau_recent, q.tau_earlier, q.total)


def _excitatory(q: SimpleNamespace, clocks: Clocks) -> NeuronGroup:
    """The membrane rests for ``hold`` after a spike, and none comes within ``silence``."""
    awake = "int(timestep(t - lastspike, dt) >= timestep(hold, dt))*"
    cell = Cell(
        equations=f"""
        {MEMBRANE.format(awake=awake, held="")}
        dtheta/dt = -learns*theta/tau_theta : volt
        response : 1
        """,
        threshold="v > theta - 72*mV",
        reset="v = rest\ntheta += learns*theta_step\nresponse += 1 - quiet(t - onset)",
        refractory=q.silence,
        method="euler",
        operations={"count_anew": Operation("response *= 1 - fresh(t - onset)", "frame")},
        constants={
            "rest": -65 * mV, "reversal": -100 * mV, "tau": q.tau_excitatory, "hold": q.hold,
            "tau_theta": q.tau_theta, "theta_step": q.theta_step,
        },
        start={"v": -65 * mV, "theta": q.theta_start},
    )  # fmt: skip
    return (cell + _rule(q).post()).group(q.cells, "excitatory", clocks)


def _inhibitory(q: SimpleNamespace, clocks: Clocks) -> NeuronGroup:
    cell = Cell(
        equations=MEMBRANE.format(awake="", held=" (unless refractory)"),
        threshold="v > -40*mV",
        reset="v = -45*mV",
        refractory="2*ms",
        method="euler",
        constants={"rest": -60 * mV, "reversal": -85 * mV, "tau": q.tau_inhibitory},
        start={"v": -60 * mV},
    )
    return cell.group(q.cells, "inhibitory", clocks)


def _lamp(p: DiehlCook, clocks: Clocks) -> NeuronGroup:
    """Which image (a place in the schedule's ``order``), its intensity, spikes heard so far."""
    cell = Cell(
        equations="image : 1\nintensity : 1\nheard : 1",
        operations={"next_image": Operation(NEXT_IMAGE, "frame")},
        constants={"enough": p.enough, "first_intensity": p.intensity},
        start={"heard": p.enough, "image": -1},
    )
    return cell.group(1, "lamp", clocks)


def _fixed(pre: Any, post: Any, on_pre: str, clocks: Clocks, **pairs: Any) -> Synapses:
    made = Synapses(pre, post, on_pre=on_pre, clock=clocks.step, name=f"{pre.name}_to_{post.name}")
    made.connect(**pairs)
    return made
