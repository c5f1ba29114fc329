"""Equilibrium propagation as a Brian2 network, one example at a time (Scellier et al. 2018).

Layers of leaky integrators, independent forward and feedback projections, and both phases as
parts of one presentation, which is the frame of the schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses

from bioplaus.layered.nudging import influence_and_rates
from bioplaus.layered.two_way import TwoWay
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.leaky_integrator import STEP, clamped, leaky_integrator, phases
from bioplaus.parameters import ParameterError, quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Bias, Projection, connect, summed
from bioplaus.plasticity.two_phase import Differential, LearnedBias, TwoPhase

from .parameters import VectorField, check_vector_field, layer_sizes
from .weights import initial_weights

__all__ = ["build", "by_layer", "live", "pixels", "time"]

AT_ONSET = {"on_pre": {"onset": "drive_post += w*x_pre"}, "on_event": {"onset": "onset"}}
"""The input sends its drive once in a presentation; all others their rates at every step."""


def time(p: VectorField) -> Clocks:
    """One Euler step, and one presentation."""
    q = quantities(p)
    return Clocks.counted(p.epsilon * q.tau, _counts(p)["steps"])


def pixels(p: VectorField, clocks: Clocks) -> NeuronGroup:
    """The clamped input of the schedule's ``images``."""
    cell = clamped(_counts(p)) + _rule(p).pre()
    return cell.group(layer_sizes(p)[0], "pixels", clocks)


def live(p: VectorField) -> dict[str, Any]:
    """What may be set while the network runs: the learning rates."""
    _, rates = influence_and_rates(p)
    found: dict[str, Any] = {}
    for (pre, post), rate in zip(pairwise(_names(p)), rates, strict=True):
        found[f"{pre}_to_{post}.learning_rate"] = rate
        found[f"{post}.bias_rate"] = rate
        if pre != "pixels":
            found[f"{post}_to_{pre}.learning_rate"] = rate * p.feedback_rate
    return found


def build(
    p: VectorField, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Model:
    """Build the network with its first weights; ``inputs`` holds one clamped population.

    ``p.batch`` must be 1, and the rates are per example: those of a batch divided by its size.
    With ``persistent`` every one of ``p.examples`` has a store of synapses that recalls its last
    free state.  ``teaching`` of the schedule is the influence in half-cost terms, signed.

    Raises
    ------
    ParameterError
        For a batch other than 1, homeostasis or decay (forms for batches),
        and what :func:`~.parameters.check_vector_field` refuses.
    """
    _check(p)
    (images,) = inputs.values()
    names, sizes = _names(p)[1:], layer_sizes(p)[1:]
    layers = [_layer(p, name, n, clocks) for name, n in zip(names, sizes, strict=True)]
    rule = _rule(p)
    plastic: dict[str, Projection | Bias] = {}
    for pre, post in pairwise([images, *layers]):
        sent = AT_ONSET if pre is images else summed("feedforward", "w*rate_pre")
        made: dict[str, Projection | Bias] = {
            f"{pre.name}_to_{post.name}": connect(rule, pre, post, clocks, transmits=sent),
            f"bias_to_{post.name}": Bias(post, "b"),
        }
        if pre is not images:
            back = summed("feedback", "w*rate_pre")
            made[f"{post.name}_to_{pre.name}"] = connect(rule, post, pre, clocks, transmits=back)
        plastic |= made
    stores = _stores(p, layers, clocks) if p.persistent else []
    synapses = [each.synapses for each in plastic.values() if isinstance(each, Projection)]
    network = Network(images, *layers, *synapses, *stores)
    model = Model(network, {group.name: group for group in (images, *layers)}, plastic, clocks)
    model.set(live(p))
    model.set_weights(_by_name(p, initial_weights(p, rng, np.float64)))
    return model


def by_layer(p: VectorField, weights: Mapping[str, Any]) -> TwoWay:
    """Weights of the model as the batched form has them."""
    forward, feedback, bias = zip(*_layer_names(p), strict=True)
    return TwoWay(
        tuple(weights[name] for name in forward),
        tuple(weights[name] for name in feedback if name),
        tuple(weights[name][0] for name in bias),
    )


def _by_name(p: VectorField, weights: TwoWay) -> dict[str, Any]:
    """The other way round."""
    forward, feedback, bias = zip(*_layer_names(p), strict=True)
    return {
        **dict(zip(forward, weights.forward, strict=True)),
        **dict(zip((name for name in feedback if name), weights.feedback, strict=True)),
        **{name: values[None] for name, values in zip(bias, weights.bias, strict=True)},
    }


def _layer_names(p: VectorField) -> list[tuple[str, str, str]]:
    """Names of forward weights, feedback (none to the input) and bias of each layer."""
    return [
        (f"{pre}_to_{post}", f"{post}_to_{pre}" if pre != "pixels" else "", f"bias_to_{post}")
        for pre, post in pairwise(_names(p))
    ]


def _names(p: VectorField) -> list[str]:
    """Populations from the input to the output."""
    hidden = len(layer_sizes(p)) - 2
    between = ["hidden"] if hidden == 1 else [f"hidden_{k + 1}" for k in range(hidden)]
    return ["pixels", *between, "output"]


def _check(p: VectorField) -> None:
    check_vector_field(p)
    if p.batch != 1:
        raise ParameterError(
            f"batch = {p.batch}: the network presents one example at a time; write batch = 1 and"
            f" divide the learning rates by {p.batch}"
        )
    if p.rule == "differential" and p.nudging == "symmetric":
        raise ParameterError(
            "rule = differential follows one nudged phase; write nudging = positive or random-sign"
        )
    if p.rule == "shared" or p.homeostasis or p.weight_decay or p.settled:
        raise ParameterError(
            "rule = shared, homeostasis, weight_decay and settled belong to the batched form;"
            " write rule = vector-field and zero for the others"
        )


def _signs(p: VectorField) -> int:
    return 2 if p.nudging == "symmetric" else 1


def _counts(p: VectorField) -> dict[str, int]:
    return phases(p.free_steps, p.nudged_steps, symmetric=p.nudging == "symmetric")


def _rule(p: VectorField) -> TwoPhase | Differential:
    return Differential(_signs(p)) if p.rule == "differential" else TwoPhase(_signs(p), p.rule)


def _layer(p: VectorField, name: str, units: int, clocks: Clocks) -> NeuronGroup:
    linear = name == "output" and p.outputs == "linear"
    leaky = name == "output" and p.outputs == "leaky"
    energy_based = p.rule == "energy-based"
    cell = leaky_integrator(
        "linear" if linear else p.activation,
        _counts(p),
        tau=quantities(p).tau,
        output=name == "output",
        energy_based=energy_based and not leaky,
        symmetric=p.nudging == "symmetric",
        clipped=p.clipped and not linear,
    )
    rule, bias = _rule(p), LearnedBias(_signs(p), energy_based)
    return (cell + rule.pre() + rule.post() + bias.post()).group(units, name, clocks)


def _stores(p: VectorField, layers: list[NeuronGroup], clocks: Clocks) -> list[Any]:
    """One unit per example whose synapses keep the free state and give it back."""
    shown = "i == int(order(t - onset) + 0.5)"
    cell = Cell(
        equations=STEP,
        events={
            "recall": f"step == 0 and {shown}",
            "keep": f"step == free_steps and {shown}",
        },
        constants=_counts(p),
    )
    units = cell.group(p.examples, "examples", clocks)
    stores: list[Any] = [units]
    for layer in layers:
        store = Synapses(
            units,
            layer,
            "kept : 1",
            on_pre={"recall": "s_post += kept", "keep": "kept = s_post"},
            on_event={"recall": "recall", "keep": "keep"},
            clock=clocks.step,
            name=f"examples_to_{layer.name}",
        )
        store.connect()
        stores.append(store)
    return stores
