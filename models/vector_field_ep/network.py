"""Equilibrium propagation as a Brian2 network, one example at a time (Scellier et al. 2018).

Layers of leaky integrators, independent forward and feedback projections, and both phases as
parts of one presentation.  The experiment supplies ``images(t, i)`` (a table with one row a
``presentation``), ``example(t)``, ``wanted(t, i)``, ``influence(t)`` and ``plastic(t)`` when it
runs the network; see :func:`stimulus`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, TimedArray, second

from bioplaus.neurons.leaky_integrator import BEFORE_EACH_STEP, LeakyIntegrator
from bioplaus.parameters import ParameterError, quantities
from bioplaus.plasticity.two_phase import RULES

from .batched import initial_weights
from .parameters import VectorField, check_vector_field, influence_and_rates, layer_sizes
from .relaxation import Array, Weights

__all__ = ["Model", "build", "stimulus"]


@dataclass(frozen=True)
class Model:
    """The network and its parts.

    layers : from the first hidden to the output; forward, feedback : projections, as many as in
    :class:`~.relaxation.Weights`; presentation : duration of one example; step : one Euler step.
    """

    network: Network
    populations: dict[str, NeuronGroup]
    layers: tuple[NeuronGroup, ...]
    forward: tuple[Synapses, ...]
    feedback: tuple[Synapses, ...]
    presentation: Any
    step: Any

    def weights(self) -> Weights:
        """Present weights as arrays, ``(pre, post)``; they share no memory with the network."""
        return Weights(
            tuple(_matrix(projection) for projection in self.forward),
            tuple(_matrix(projection) for projection in self.feedback),
            tuple(np.array(layer.b[:]) for layer in self.layers),
        )

    def set_weights(self, weights: Weights) -> None:
        """Replace all weights and biases."""
        for projection, matrix in zip(self.forward, weights.forward, strict=True):
            projection.w[:] = matrix.ravel()
        for projection, matrix in zip(self.feedback, weights.feedback, strict=True):
            projection.w[:] = matrix.ravel()
        for layer, bias in zip(self.layers, weights.bias, strict=True):
            layer.b[:] = bias


def build(p: VectorField, rng: np.random.Generator, examples: int) -> Model:
    """Build the network with its first weights.

    ``p.batch`` must be 1, and the rates are per example: those of a batch divided by its size.
    With ``persistent`` every example has a store of synapses that recalls its last free state;
    ``examples`` is their number.

    Raises
    ------
    ParameterError
        For a batch other than 1, homeostasis or decay (forms for batches),
        and what :func:`~.parameters.check_vector_field` refuses.
    """
    _check(p)
    q = quantities(p)
    sizes = layer_sizes(p)
    step = p.epsilon * q.tau
    counts = _counts(p)
    presentation = _whole_steps(counts["steps"], step)
    pixels = _pixels(sizes[0], step, presentation, counts)
    names = [f"hidden_{k}" for k in range(1, len(sizes) - 1)] + ["output"]
    if len(names) == 2:
        names[0] = "hidden"
    layers = tuple(
        _layer(p, name, units, q.tau, step, counts)
        for name, units in zip(names, sizes[1:], strict=True)
    )
    _, rates = influence_and_rates(p)
    for layer, rate in zip(layers, rates, strict=True):
        layer.bias_rate = rate
    rule = RULES[p.rule]
    populations = {"pixels": pixels} | dict(zip(names, layers, strict=True))
    groups = [pixels, *layers]
    forward, feedback = [], []
    for k, (pre, post) in enumerate(zip(groups, layers, strict=False)):
        received = "drive" if k == 0 else "feedforward"
        forward.append(_projection(pre, post, received, rule, rates[k], counts))
        if k > 0:
            back = rates[k] * p.feedback_rate
            feedback.append(_projection(post, pre, "feedback", rule, back, counts))
    stores = _stores(layers, examples, step, counts) if p.persistent else []
    model = Model(
        Network(*groups, *forward, *feedback, *stores),
        populations,
        layers,
        tuple(forward),
        tuple(feedback),
        presentation,
        step,
    )
    model.set_weights(initial_weights(p, rng, np.float64))
    return model


def stimulus(
    model: Model, images: Array, labels: Array, order: Array, influences: Array
) -> dict[str, Any]:
    """Names that the network asks of a run, from arrays.

    images : (examples, n_in); labels : (examples,); order : (presentations,) example indices for
    the whole run, from time zero; influences : (presentations,) signed, in half-cost terms.
    """
    duration = model.presentation
    classes = np.eye(model.layers[-1].N)
    return {
        "images": TimedArray(np.asarray(images, float), dt=duration),
        "example": TimedArray(np.asarray(order, float), dt=duration),
        "wanted": TimedArray(classes[labels[order]], dt=duration),
        "influence": TimedArray(np.asarray(influences, float), dt=duration),
        "plastic": TimedArray(np.ones(1), dt=duration),
    }


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


def _counts(p: VectorField) -> dict[str, int]:
    """Counts that the equations use, as :mod:`bioplaus.neurons.leaky_integrator` names them."""
    signs = 2 if p.nudging == "symmetric" else 1
    return {
        "free_steps": p.free_steps,
        "positive_until": p.free_steps + p.nudged_steps,
        "steps": 1 + p.free_steps + signs * p.nudged_steps,
        "signs": signs,
    }


def _whole_steps(steps: int, step: Any) -> Any:
    """``steps * step``, in the last place such that the quotient is whole (Brian2 asks it)."""
    duration = steps * float(step)
    while duration / float(step) < steps:
        duration = float(np.nextafter(duration, np.inf))
    return duration * second


def _pixels(units: int, step: Any, presentation: Any, counts: dict[str, int]) -> NeuronGroup:
    """The clamped input: its drive is sent once a presentation, by the event ``onset``."""
    pixels = NeuronGroup(
        units,
        """
        x : 1
        rate_free = x : 1
        rate_plus = x : 1
        rate_minus = x : 1
        rate_before = x : 1
        step = t_in_timesteps % steps : integer (shared)
        """,
        events={
            "onset": "step == 0 and x != 0",
            "moving": "step > free_steps and x != 0",
            "learn": "step == steps - 1 and x != 0",
        },
        dt=step,
        namespace=counts | {"presentation": presentation},
        name="pixels",
    )
    pixels.run_regularly(
        "x = images(example(t)*presentation, i)",
        dt=presentation,
        when="start",
        name="pixels_load",
    )
    return pixels


def _layer(
    p: VectorField, name: str, units: int, tau: Any, step: Any, counts: dict[str, int]
) -> NeuronGroup:
    linear = name == "output" and p.outputs == "linear"
    text = LeakyIntegrator(
        "linear" if linear else p.activation,
        output=name == "output",
        energy_based=p.rule == "energy-based",
        symmetric=p.nudging == "symmetric",
        clipped=p.clipped and not linear,
    )
    differential = p.rule == "differential"
    heard = "rate_free != 0 or rate_plus != 0 or rate_minus != 0"
    learn = "step == steps - 1" + ("" if differential else f" and ({heard})")
    layer = NeuronGroup(
        units,
        text.equations(),
        events={"moving": "step > free_steps and rate_before != 0", "learn": learn},
        method="euler",
        dt=step,
        namespace=dict(counts),
        name=name,
    )
    layer.tau = tau
    layer.run_regularly(
        text.after_each_step(), dt=step, when="after_groups", name=f"{name}_after_each_step"
    )
    if differential:
        layer.run_regularly(BEFORE_EACH_STEP, dt=step, when="start", name=f"{name}_before_step")
    return layer


def _projection(
    pre: NeuronGroup,
    post: NeuronGroup,
    received: str,
    rule: Any,
    learning_rate: float,
    counts: dict[str, int],
) -> Synapses:
    """All-to-all; the input sends its drive at onset, all others their rates at every step."""
    model, on_pre, on_event = rule.model, {"learn": rule.on_learn()}, {"learn": "learn"}
    if rule.on_moving:
        on_pre["moving"], on_event["moving"] = rule.on_moving, "moving"
    if received == "drive":
        on_pre["onset"], on_event["onset"] = "drive_post += w*x_pre", "onset"
    else:
        model += f"\n{received}_post = w*rate_pre : 1 (summed)"
    projection = Synapses(
        pre,
        post,
        model,
        on_pre=on_pre,
        on_event=on_event,
        clock=pre.clock,
        namespace={"signs": counts["signs"]},
        name=f"{pre.name}_to_{post.name}",
    )
    if rule.on_moving:
        projection.moving.order = projection.learn.order - 1  # the last step counts too
    projection.connect()
    projection.learning_rate = learning_rate
    return projection


def _stores(
    layers: tuple[NeuronGroup, ...], examples: int, step: Any, counts: dict[str, int]
) -> list[Any]:
    """One unit per example whose synapses keep the free state and give it back."""
    shown = "i == int(example(t) + 0.5)"
    units = NeuronGroup(
        examples,
        "step = t_in_timesteps % steps : integer (shared)",
        events={
            "recall": f"step == 0 and {shown}",
            "keep": f"step == free_steps and {shown}",
        },
        dt=step,
        namespace=dict(counts),
        name="examples",
    )
    stores: list[Any] = [units]
    for layer in layers:
        store = Synapses(
            units,
            layer,
            "kept : 1",
            on_pre={"recall": "s_post += kept", "keep": "kept = s_post"},
            on_event={"recall": "recall", "keep": "keep"},
            dt=step,
            name=f"examples_to_{layer.name}",
        )
        store.connect()
        stores.append(store)
    return stores


def _matrix(projection: Synapses) -> Array:
    shape = (projection.source.N, projection.target.N)
    return np.array(projection.w[:]).reshape(shape)
