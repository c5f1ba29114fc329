"""The dendritic microcircuit as a Brian2 network (Sacramento, Costa, Bengio, Senn 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import brian2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from bioplaus.models.sacramento.mixing import LearningRates, learning_rates
from bioplaus.models.sacramento.parameters import Dynamics, area_sizes
from bioplaus.models.sacramento.stability import check_dynamics
from bioplaus.models.sacramento.weights import Weights, initial_weights
from bioplaus.neurons.dendritic_rate import CELL_ORDER, ERROR_ORDER, DendriticCells, RateCell
from bioplaus.neurons.rate_transfer import TRANSFERS
from bioplaus.parameters import quantities
from bioplaus.plasticity.dendritic_prediction import DendriticPrediction, FixedProjection

__all__ = ["Microcircuit", "build", "schedule"]

PATHWAYS = ("forward", "interneuron", "lateral", "top_down")

# Compartment that a pathway drives, and the error of the target from which it learns.
FORWARD = ("v_forward", "error_basal")
LATERAL = ("v_lateral", "error_apical")
TOP_DOWN = ("v_top_down", "error_top_down")


@dataclass
class Microcircuit:
    """A built network and the names by which its parts are reached.

    ``areas`` are the pyramidal populations, input first; ``interneurons`` and the four pathways
    hold one entry for every area that has them, lowest first.  ``populations`` has them all by
    name (``input``, ``hidden_1``, ``interneuron_1``, ``output``).
    """

    network: brian2.Network
    populations: dict[str, brian2.NeuronGroup]
    areas: list[brian2.NeuronGroup]
    interneurons: list[brian2.NeuronGroup]
    forward: list[brian2.Synapses]
    interneuron: list[brian2.Synapses]
    lateral: list[brian2.Synapses]
    top_down: list[brian2.Synapses]
    rates: LearningRates
    parameters: Dynamics

    def weights(self) -> Weights:
        """Copy all weights out of the network; matrices are (n_post, n_pre)."""
        found = {name: tuple(_matrix(each) for each in getattr(self, name)) for name in PATHWAYS}
        return Weights(
            **found,
            forward_bias=tuple(np.array(area.bias) for area in self.areas[1:]),
            interneuron_bias=tuple(np.array(cells.bias) for cells in self.interneurons),
        )

    def set_weights(self, weights: Weights) -> None:
        """Put weights into the network."""
        for name in PATHWAYS:
            for projection, w in zip(getattr(self, name), getattr(weights, name)):
                projection.w.set_item(slice(None), np.ascontiguousarray(w.T).ravel())
        for cells, bias in zip(self.areas[1:], weights.forward_bias):
            cells.bias = bias
        for cells, bias in zip(self.interneurons, weights.interneuron_bias):
            cells.bias = bias

    def scale_rates(self, factor: float) -> None:
        """Set forward and interneuron rates, biases included, to a fraction of the built ones."""
        learning = (
            (self.areas[1:], self.forward, self.rates.forward),
            (self.interneurons, self.interneuron, self.rates.interneuron),
        )
        for cells, projections, rates in learning:
            for each, projection, rate in zip(cells, projections, rates):
                if rate > 0:
                    projection.eta = factor * rate / brian2.ms
                if self.parameters.bias_rate > 0:
                    each.eta_bias = factor * rate / brian2.ms

    def set_potentials(self, value: float = 0.0) -> None:
        """Put every soma at one potential and clear what depends on it."""
        for cells in (*self.areas[1:], *self.interneurons):
            cells.u = value
            if self.parameters.prospective:
                cells.potential = value


def build(p: Dynamics, seed: int = 0) -> Microcircuit:
    """Build the network; weights are drawn from ``seed``.

    The names ``images``, ``targets``, ``order``, ``onset``, ``presentation``, ``plastic`` and
    ``teaching`` are supplied when it runs: see :func:`schedule`.

    Raises
    ------
    bioplaus.parameters.ParameterError
        For sizes, rates or conductances that do not fit, or an unstable time step.
    """
    check_dynamics(p)
    rates = learning_rates(p)
    parts = _Parts(p)
    sizes = area_sizes(p)
    last = len(sizes) - 1
    smoothed = parts.q.tau_input > 0 * brian2.second
    areas = [parts.cells("input", sizes[0], parts.types.input(smoothed))]
    pyramidal = parts.types.pyramidal(top_down_learns=parts.q.top_down_rate > 0 * brian2.hertz)
    for k in range(1, last):
        areas.append(parts.cells(f"hidden_{k}", sizes[k], pyramidal))
    areas.append(parts.cells("output", sizes[last], parts.types.output()))
    nudged = []
    for k in range(1, last):
        cells = parts.cells(f"interneuron_{k}", sizes[k + 1], parts.types.interneuron())
        cells.u_partner = brian2.linked_var(areas[k + 1], "potential")
        nudged.append(cells)

    ahead = list(zip(areas[:-1], areas[1:], rates.forward))
    around = list(zip(areas[1:-1], nudged, areas[2:], rates.interneuron))
    lateral, top_down = float(parts.q.lateral_rate), float(parts.q.top_down_rate)  # [Hz]
    model = Microcircuit(
        network=brian2.Network(*areas, *nudged),
        populations={cells.name: cells for cells in (*areas, *nudged)},
        areas=areas,
        interneurons=nudged,
        forward=[parts.project(pre, post, FORWARD, 1e3 * eta) for pre, post, eta in ahead],
        interneuron=[parts.project(here, ip, FORWARD, 1e3 * eta) for here, ip, _, eta in around],
        lateral=[parts.project(ip, here, LATERAL, lateral) for here, ip, _, _ in around],
        top_down=[parts.project(above, here, TOP_DOWN, top_down) for here, _, above, _ in around],
        rates=rates,
        parameters=p,
    )
    model.network.add(*(each for name in PATHWAYS for each in getattr(model, name)))
    model.scale_rates(1.0)
    model.set_weights(initial_weights(p, np.random.Generator(np.random.PCG64(seed))))
    model.set_potentials()
    return model


class _Parts:
    """Makes cells and projections that share one clock, one rule and one namespace."""

    def __init__(self, p: Dynamics) -> None:
        self.q = quantities(p)
        self.bias = p.bias_rate > 0
        self.filtered = self.q.tau_w > 0 * brian2.second
        noise = p.noise if p.sigma > 0 else "none"
        unit = brian2.ms**-0.5 if noise == "white" else 1 / brian2.ms
        learning = "plastic"
        if self.q.learning_lag > 0 * brian2.second:
            # Half a step keeps the remainder away from the jump at a multiple of presentation.
            learning += "*int((t - onset + 0.5*dt) % presentation >= learning_lag)"
        self.types = DendriticCells(TRANSFERS[p.transfer], noise, p.prospective, learning)
        self.clock = brian2.Clock(dt=self.q.dt, name="microcircuit_clock*")
        names = "g_leak g_basal g_apical g_dendrite g_som g_teach bias_rate tau_input tau_w"
        self.namespace = {name: getattr(self.q, name) for name in names.split()}
        self.namespace |= {"learning_lag": self.q.learning_lag, "sigma": p.sigma * unit}

    def cells(self, name: str, size: int, cell: RateCell) -> brian2.NeuronGroup:
        """A population, with its errors computed in every step."""
        rule = DendriticPrediction(*FORWARD, self.filtered)
        learned = self.bias and cell.errors
        group = brian2.NeuronGroup(
            size,
            cell.model + (rule.bias_equations if learned else ""),
            method="euler",
            order=CELL_ORDER,
            clock=self.clock,
            name=name,
            namespace=self.namespace,
        )
        if cell.errors:
            errors = cell.errors + (f"\n{rule.bias_update()}" if learned else "")
            group.run_regularly(errors, when="groups", order=ERROR_ORDER, clock=self.clock)
        return group

    def project(
        self, pre: brian2.NeuronGroup, post: brian2.NeuronGroup, path: tuple[str, str], eta: float
    ) -> brian2.Synapses:
        """All-to-all projection; it learns if its rate ``eta`` [Hz] is positive."""
        rule = DendriticPrediction(*path, self.filtered) if eta > 0 else FixedProjection(path[0])
        projection = brian2.Synapses(
            pre,
            post,
            **rule.synapses(),
            clock=self.clock,
            name=f"{pre.name}_to_{post.name}",
            namespace=self.namespace,
        )
        projection.connect()
        if eta > 0:
            projection.eta = eta * brian2.hertz
        return projection


def _matrix(projection: brian2.Synapses) -> NDArray[np.floating]:
    """Weights of an all-to-all projection as (n_post, n_pre)."""
    flat = np.array(projection.w[:])
    return flat.reshape(len(projection.source), len(projection.target)).T.copy()


def schedule(
    images: ArrayLike,
    targets: ArrayLike,
    presentation: Any,
    *,
    order: ArrayLike | None = None,
    onset: Any = 0 * brian2.second,
    plastic: bool = True,
    teaching: bool = True,
) -> dict[str, Any]:
    """The names that a network needs when it runs.

    Parameters
    ----------
    images : (patterns, inputs)
        Rates of the input area.
    targets : (patterns, outputs)
        Target potentials of the output area.
    presentation
        Time for which each pattern is shown [s].
    order : (presentations,)
        Which pattern each presentation shows; all in turn unless given.
    onset
        Time at which the first presentation begins [s]: the network's time when the run starts.
    plastic, teaching
        Whether weights learn, and whether the output is nudged.
    """
    indices = np.arange(len(np.asarray(images))) if order is None else np.asarray(order)
    return {
        "images": brian2.TimedArray(np.asarray(images, dtype=float), dt=presentation),
        "targets": brian2.TimedArray(np.asarray(targets, dtype=float), dt=presentation),
        "order": brian2.TimedArray(indices.astype(float), dt=presentation),
        "presentation": presentation,
        "onset": onset,
        "plastic": float(plastic),
        "teaching": float(teaching),
    }
