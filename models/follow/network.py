"""The FOLLOW network (Gilra and Gerstner 2017): a recurrent network learns a dynamical system.

A command u(t) drives one layer, the recurrent layer is read out as ``decoded``, and the error
between target and readout returns through fixed encoders with gain k, while feedforward and
recurrent weights learn from the same error, filtered more slowly.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Clock, Network, NeuronGroup, Synapses, exp, ms, second
from numpy.typing import NDArray

from bioplaus.models.follow.parameters import Follow, acting_rate, check_follow
from bioplaus.models.follow.stability import delay_margin, loop_growth
from bioplaus.models.follow.weights import FORMS, encoding
from bioplaus.neurons import substep_lif, tuning
from bioplaus.parameters import quantities
from bioplaus.plasticity import follow as rule

__all__ = ["Model", "build"]

TIME_STEP = 1 * ms
SILENCE = 100
"""Current taken from every neuron while ``quiet`` is 1."""

STEEP_GAIN = 40.5
"""Gain with which a neuron fires at 400 Hz one radius above its intercept."""

INPUT = """
u : 1
correction : 1
origin : second (shared)
"""
"""correction : what a controller adds to the command (:mod:`.control`)."""

OUTPUT = """
decoded : 1
error : 1
dfeedback/dt = (error - feedback)/tau_synapse : 1
dlearning_error/dt = (error - learning_error)/tau_error : 1
dsquared_error/dt = error**2 : second
dsquared_learning_error/dt = learning_error**2 : second
gain : 1 (shared)
origin : second (shared)
"""
"""decoded : sum_i d_i r_i (eq 3); feedback : error * kappa; learning_error : error * kappa_eps."""


def layer(inputs: tuple[str, ...]) -> str:
    """Equations of a layer of neurons that sums these currents."""
    return (
        substep_lif.MODEL
        + f"J = {' + '.join(inputs)} + bias - silence*quiet(t - origin) : 1\n"
        + "".join(f"{current} : 1\n" for current in inputs)
        + "bias : 1 (constant)\norigin : second (shared)\n"
    )


@dataclass(frozen=True)
class Model:
    """A built network.

    ``network.run`` needs in its namespace ``command(t, i)``, ``target(t, i)`` and ``quiet(t)``,
    arrays that begin at the time set by :meth:`begin`.  Gain and learning rate are zero until
    :meth:`set_gain` and :meth:`set_rate` are called.
    """

    parameters: Follow
    network: Network
    populations: dict[str, NeuronGroup]
    readout: Synapses
    plastic: dict[str, Synapses]
    state_tuning: tuning.Tuning
    command_tuning: tuning.Tuning

    def begin(self, time: Any) -> None:
        """Let the arrays of command, target and quiet begin at this time."""
        for group in self.populations.values():
            group.origin = time

    def set_gain(self, gain: float) -> None:
        """Gain of the error feedback; 0 opens the loop."""
        self.populations["output"].gain = gain

    def set_rate(self, rate: float) -> None:
        """Learning rate [s], in the convention ``code``; 0 ends learning."""
        FORMS[self.parameters.weights].set_rate(self.populations, self.plastic, rate)

    @property
    def published_rate(self) -> float:
        """The parameters' learning rate [s], in the convention ``code``."""
        p = self.parameters
        rate = float(quantities(p).learning_rate)
        return acting_rate(rate, p.rate_convention, p.gain, p.neurons)

    @property
    def decoders(self) -> NDArray[np.float64]:
        """(dimensions, neurons) [s]."""
        return self.readout.decoder_[:].reshape(self.parameters.neurons, -1).T.copy()

    def factors(self, projection: str) -> NDArray[np.float64]:
        """M of a factorised projection (``recurrent``, ``command``), (dimensions, neurons) [s]."""
        return rule.Factorised.weights(self.plastic[projection], self.populations["output"])

    def set_factors(self, projection: str, factors: NDArray[np.floating[Any]]) -> None:
        """Put another M, (dimensions, neurons) [s], in place of what was learned."""
        output = self.populations["output"]
        rule.Factorised.set_weights(self.plastic[projection], output, np.asarray(factors))
        output.drive_[:] = output.fade_[:] * sum(
            np.sum(self.factors(name) * each.trace_[:].reshape(-1, len(output)).T, axis=1)
            for name, each in self.plastic.items()
        )


def build(p: Follow, rng: np.random.Generator) -> Model:
    """Build the network of a parameter set; all draws come from ``rng``.

    Raises
    ------
    ParameterError
        For values that cannot be used.

    Warns
    -----
    UserWarning
        If gain and delay are past the stability margin of the feedback loop.
    """
    q = quantities(p)
    check_follow(p)
    _warn_of_unstable_loop(p, q)
    state_tuning = _tuning(p.tuning, p.neurons, p.dimensions, p.radius, rng)
    command_tuning = _tuning(p.tuning, p.command_size, p.command_dimensions, p.command_radius, rng)
    decoders = _noisy_decoders(p, state_tuning, rng)

    namespace = _constants(q)
    groups = _populations(p, namespace)
    groups["recurrent"].bias = state_tuning.bias
    for name in p.commands:
        groups[name].bias = command_tuning.bias
    commanding = [
        encoding(
            groups[f"{name}_input"],
            groups[name],
            command_tuning.encoders,
            {"current": "u_pre"},
            namespace,
        )
        for name in p.commands
    ]
    readout = _readout(q, groups, decoders, namespace)
    form = FORMS[p.weights]
    plastic, others = form.connect(p, groups, state_tuning.encoders, namespace, rng)
    objects = [*commanding, readout, *plastic.values(), *others, *_in_every_step(p, groups)]
    network = Network(*groups.values(), *objects)
    return Model(p, network, groups, readout, plastic, state_tuning, command_tuning)


def _warn_of_unstable_loop(p: Follow, q: Any) -> None:
    tau, delay = float(q.tau_synapse), float(q.feedback_delay)
    if loop_growth(p.gain, delay, tau, float(TIME_STEP)) >= 1.0:
        margin = delay_margin(p.gain, tau)
        warnings.warn(
            f"gain {p.gain:g} with a delay of {1e3 * delay:g} ms (and one step of 1 ms) makes the "
            f"feedback oscillate: at this gain the loop bears {1e3 * margin:.2g} ms in all",
            stacklevel=3,
        )


def _tuning(
    kind: str, neurons: int, dimensions: int, radius: float, rng: np.random.Generator
) -> tuning.Tuning:
    if kind == "spread":
        return tuning.spread_rates(neurons, dimensions, radius, rng)
    if kind == "steep":
        biases = (1.0 - STEEP_GAIN, 1.0 + STEEP_GAIN)
        return tuning.fixed_gain(neurons, dimensions, radius, rng, STEEP_GAIN, biases)
    return tuning.fixed_gain(neurons, dimensions, radius, rng)


def _noisy_decoders(
    p: Follow, layer_tuning: tuning.Tuning, rng: np.random.Generator
) -> NDArray[np.float64]:
    points = tuning.points_in_ball(p.neurons, p.dimensions, p.radius, rng)
    decoders = tuning.decoders(layer_tuning, points, points)
    noise = rng.uniform(-p.decoder_noise, p.decoder_noise, decoders.shape)
    return decoders * (1.0 + p.decoder_shift + noise)


def _constants(q: Any) -> dict[str, Any]:
    decay = exp(-TIME_STEP / q.tau_synapse)
    return {
        "tau_membrane": q.tau_membrane,
        "tau_refractory": q.tau_refractory,
        "tau_synapse": q.tau_synapse,
        "tau_error": q.tau_error,
        "decay": float(decay),
        "jump": (1 - decay) / TIME_STEP,
        "silence": SILENCE,
    }


def _populations(p: Follow, namespace: dict[str, Any]) -> dict[str, NeuronGroup]:
    """Populations in the order in which a step goes through them.

    Input and output come first (order -2), so that command and error act in the step in which
    they arise; the layers follow; traces decay when everything has used them (order 1).
    """

    clock = Clock(TIME_STEP, name="step")

    def group(name: str, size: int, model: str, order: int, **spiking: str) -> NeuronGroup:
        return NeuronGroup(
            size,
            model,
            method="exponential_euler",
            clock=clock,
            order=order,
            namespace=namespace,
            name=name,
            **spiking,
        )

    form = FORMS[p.weights]
    recurrent = layer(form.recurrent_inputs) + form.layer + form.recurrent
    spiking = {"threshold": substep_lif.THRESHOLD, "reset": substep_lif.RESET + form.at_spike}
    groups = {
        "output": group("output", p.dimensions, OUTPUT + form.output, -2),
        "recurrent": group("recurrent", p.neurons, recurrent, 0, **spiking),
    }
    for name in p.commands:
        groups[f"{name}_input"] = group(f"{name}_input", p.command_dimensions, INPUT, -2)
        groups[name] = group(name, p.command_size, layer(("current",)) + form.layer, 0, **spiking)
    for name in ("recurrent", *p.commands):
        groups[name].set_states(substep_lif.AWAKE)
    return groups


def _in_every_step(p: Follow, groups: dict[str, NeuronGroup]) -> list[Any]:
    form = FORMS[p.weights]
    readings = [
        groups[f"{name}_input"].run_regularly(
            f"u = {name}(t - origin, i) + correction",
            when="groups",
            order=-2,
            name=f"{name}_reading",
        )
        for name in p.commands
    ]
    comparing = groups["output"].run_regularly(
        "error = (target(t - origin, i) - decoded)*(1 - quiet(t - origin))",
        when="groups",
        order=-3,
        name="output_comparing",
    )
    decaying = groups["output"].run_regularly(
        "decoded = decay*decoded\n" + form.output_step,
        when="groups",
        order=1,
        name="output_decaying",
    )
    layers = [
        groups[name].run_regularly(substep_lif.STEP, when="groups", order=0, name=f"{name}_step")
        for name in (*p.commands, "recurrent")
    ]
    return [*readings, comparing, decaying, *layers]


def _readout(
    q: Any, groups: dict[str, NeuronGroup], decoders: NDArray[np.float64], namespace: dict[str, Any]
) -> Synapses:
    readout = Synapses(
        groups["recurrent"],
        groups["output"],
        "decoder : second (constant)",
        on_pre="decoded_post += decoder*jump",
        clock=groups["output"].clock,
        delay=q.feedback_delay if q.feedback_delay > 0 * second else None,
        namespace=namespace,
        name="readout",
    )
    readout.connect()
    readout.decoder_[:] = decoders.T.ravel()
    return readout
