"""The dendritic microcircuit as a Brian2 network (Sacramento, Costa, Bengio, Senn 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import brian2
import numpy as np
from brian2 import NeuronGroup, Synapses

from bioplaus.models.sacramento.mixing import learning_rates
from bioplaus.models.sacramento.parameters import Dynamics, area_sizes
from bioplaus.models.sacramento.stability import check_dynamics
from bioplaus.models.sacramento.weights import CircuitWeights, ends_of_pathways, initial_weights
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.dendritic_rate import CELL_ORDER, DendriticCells
from bioplaus.neurons.rate_transfer import TRANSFERS
from bioplaus.parameters import quantities
from bioplaus.plasticity.dendritic_prediction import DendriticPrediction, LearnedBias
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Bias, Projection, connect, summed

__all__ = ["Microcircuit", "build", "circuit_weights", "live", "rates", "set_circuit_weights"]

COMPARTMENTS = {
    "forward": ("v_forward", "error_basal"),
    "interneuron": ("v_forward", "error_basal"),
    "lateral": ("v_lateral", "error_apical"),
    "top_down": ("v_top_down", "error_top_down"),
}
"""Compartment that a pathway drives, and the error of the target from which it learns."""


@dataclass(frozen=True)
class Microcircuit(Model):
    """Populations: the input, ``hidden_1``, ..., ``output``, ``interneuron_1``, ...

    pathways : synapses of ``forward``, ``interneuron``, ``lateral`` and ``top_down``, one for every
    area that has them, lowest first; those that learn are also in ``plastic``.
    """

    pathways: dict[str, list[Synapses]]

    @property
    def areas(self) -> list[NeuronGroup]:
        """Pyramidal populations, input first."""
        cells = self.populations.values()
        return [group for group in cells if not group.name.startswith("interneuron")]

    @property
    def interneurons(self) -> list[NeuronGroup]:
        """Interneurons of each hidden area."""
        cells = self.populations.values()
        return [group for group in cells if group.name.startswith("interneuron")]


def rates(p: Dynamics, clocks: Clocks) -> NeuronGroup:
    """The sensory area, which follows the schedule's ``images``."""
    q = quantities(p)
    cell = _cells(p).input(smoothed=q.tau_input > 0 * brian2.second)
    return cell.group(area_sizes(p)[0], "input", clocks, order=CELL_ORDER)


def live(p: Dynamics) -> dict[str, Any]:
    """What may be set while the network runs: all learning rates that are not 0."""
    q, found = quantities(p), learning_rates(p)
    names, per_ms = ends_of_pathways(p), 1 / brian2.ms
    rates: dict[str, list[Any]] = {
        "forward": [rate / brian2.ms for rate in found.forward],
        "interneuron": [rate / brian2.ms for rate in found.interneuron],
        "lateral": [q.lateral_rate] * len(found.interneuron),
        "top_down": [q.top_down_rate] * len(found.interneuron),
    }
    values = {}
    for pathway, ends in names.items():
        for (pre, post), rate in zip(ends, rates[pathway], strict=True):
            if rate > 0 * per_ms:
                values[f"{pre}_to_{post}.eta"] = rate
            if p.bias_rate > 0 and pathway in ("forward", "interneuron"):
                values[f"{post}.eta_bias"] = rate
    return values


def build(
    p: Dynamics, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Microcircuit:
    """Build the network; weights are drawn from ``rng``.

    ``inputs`` holds the sensory area, a population with ``rate``.  Reads ``targets``, ``order``,
    ``teaching`` and ``plasticity`` of the schedule; a lag of learning after each onset is the
    schedule's settling.

    Raises
    ------
    bioplaus.parameters.ParameterError
        For sizes, rates or conductances that do not fit, or an unstable time step.
    """
    check_dynamics(p)
    (sensory,) = inputs.values()
    groups = {"input": sensory} | _populations(p, clocks)
    values = live(p)
    pathways: dict[str, list[Synapses]] = {}
    plastic: dict[str, Projection | Bias] = {}
    for pathway, ends in ends_of_pathways(p).items():
        pathways[pathway] = []
        for pre, post in ends:
            name = f"{pre}_to_{post}"
            learns = f"{name}.eta" in values
            made = _projection(p, groups[pre], groups[post], pathway, learns, clocks)
            if isinstance(made, Projection):
                plastic[name], made = made, made.synapses
            pathways[pathway].append(made)
            if f"{post}.eta_bias" in values and pathway in ("forward", "interneuron"):
                plastic[f"bias_to_{post}"] = Bias(groups[post], "bias")
    synapses = [each for ends in pathways.values() for each in ends]
    model = Microcircuit(
        brian2.Network(*groups.values(), *synapses), groups, plastic, clocks, pathways
    )
    model.set(values)
    set_circuit_weights(model, initial_weights(p, rng))
    return model


def circuit_weights(model: Microcircuit) -> CircuitWeights:
    """All weights, fixed ones and biases too, as the other forms have them: (post, pre)."""
    found = {
        name: tuple(
            np.array(each.w_).reshape(len(each.source), len(each.target)).T.copy() for each in ends
        )
        for name, ends in model.pathways.items()
    }
    return CircuitWeights(
        **found,
        forward_bias=tuple(np.array(area.bias) for area in model.areas[1:]),
        interneuron_bias=tuple(np.array(cells.bias) for cells in model.interneurons),
    )


def set_circuit_weights(model: Microcircuit, weights: CircuitWeights) -> None:
    """Put all weights into the network."""
    for name, ends in model.pathways.items():
        for projection, w in zip(ends, getattr(weights, name), strict=True):
            projection.w.set_item(slice(None), np.ascontiguousarray(w.T).ravel())
    for cells, bias in zip(model.areas[1:], weights.forward_bias, strict=True):
        cells.bias = bias
    for cells, bias in zip(model.interneurons, weights.interneuron_bias, strict=True):
        cells.bias = bias


def _cells(p: Dynamics) -> DendriticCells:
    q = quantities(p)
    names = "g_leak g_basal g_apical g_dendrite g_som g_teach bias_rate tau_input"
    constants = {name: getattr(q, name) for name in names.split()}
    noise = p.noise if p.sigma > 0 else "none"
    constants["sigma"] = p.sigma * (brian2.ms**-0.5 if noise == "white" else 1 / brian2.ms)
    return DendriticCells(TRANSFERS[p.transfer], constants, noise, p.prospective)


def _tau_w(p: Dynamics) -> Any:
    """Time constant of the filter on weight changes, or None."""
    tau = quantities(p).tau_w
    return tau if tau > 0 * brian2.second else None


def _populations(p: Dynamics, clocks: Clocks) -> dict[str, NeuronGroup]:
    """Areas above the input, then interneurons, each nudged by its partner in the area above."""
    sizes, types = area_sizes(p), _cells(p)
    learned = LearnedBias("error_basal", _tau_w(p)).post() if p.bias_rate > 0 else Cell()
    last = len(sizes) - 1

    def made(name: str, size: int, cell: Cell) -> NeuronGroup:
        return (cell + learned).group(size, name, clocks, order=CELL_ORDER)

    pyramidal = types.pyramidal(quantities(p).top_down_rate > 0 * brian2.hertz)
    groups = {f"hidden_{k}": made(f"hidden_{k}", sizes[k], pyramidal) for k in range(1, last)}
    groups["output"] = made("output", sizes[last], types.output())
    for k, above in enumerate([*list(groups)[1:]], start=1):
        name = f"interneuron_{k}"
        groups[name] = made(name, sizes[k + 1], types.interneuron())
        groups[name].u_partner = brian2.linked_var(groups[above], "potential")
    return groups


def _projection(
    p: Dynamics, pre: NeuronGroup, post: NeuronGroup, pathway: str, learns: bool, clocks: Clocks
) -> Projection | Synapses:
    """All-to-all projection into one compartment."""
    compartment, error = COMPARTMENTS[pathway]
    sent = summed(compartment, "w*rate_pre")
    if learns:
        rule = DendriticPrediction(error, _tau_w(p))
        return connect(rule, pre, post, clocks, transmits=sent)
    text = f"w : 1 (constant)\n{sent['model']}"
    fixed = Synapses(pre, post, text, clock=clocks.step, name=f"{pre.name}_to_{post.name}")
    fixed.connect()
    return fixed
