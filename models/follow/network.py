"""The FOLLOW network (Gilra and Gerstner 2017): a recurrent network learns a dynamical system.

A command u(t) drives one layer, the recurrent layer is read out as ``decoded``, and the error
between target and readout returns through fixed encoders with gain k, while feedforward and
recurrent weights learn from the same error, filtered more slowly.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, exp, ms, second
from numpy.typing import NDArray

from bioplaus.models.follow.parameters import Follow, acting_rate, check_follow
from bioplaus.models.follow.stability import delay_margin, loop_growth
from bioplaus.neurons import tuning
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.substep_lif import substep_lif
from bioplaus.parameters import quantities
from bioplaus.plasticity.follow import Explicit, Factorised
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Projection, connect, summed

__all__ = ["FollowModel", "build", "commands", "learning", "live"]

TIME_STEP = 1 * ms
SILENCE = 100
"""Current taken from every neuron while ``quiet`` is 1."""

STEEP_GAIN = 40.5
"""Gain with which a neuron fires at 400 Hz one radius above its intercept."""


@dataclass(frozen=True)
class FollowModel(Model):
    """Populations: one input for each command layer, ``output``, the layers.

    A projection that learns is called ``<layer>_learning``: see :func:`learning`.

    Attributes
    ----------
    decoders
        (neurons, dimensions) [s].
    state_tuning, command_tuning
        Encoders and static rates of the recurrent layer and of the command layers.
    """

    parameters: Follow
    decoders: NDArray[np.float64]
    state_tuning: tuning.Tuning
    command_tuning: tuning.Tuning


def learning(layer: str) -> str:
    """Name of the projection by which a layer (``recurrent``, ``command``) teaches.

    Its weights are M, (neurons, dimensions) [s], in the factorised form, W = E M; otherwise every
    weight, (neurons, neurons) [s].
    """
    return f"{layer}_learning"


def live(p: Follow) -> dict[str, Any]:
    """What may be set while the network runs: the acting learning rate [s], and the gain."""
    q = quantities(p)
    rate = acting_rate(float(q.learning_rate), p.rate_convention, p.gain, p.neurons) * second
    learns = ["output"] if p.weights == "factorised" else [learning(name) for name in p.plastic]
    return {"output.gain": p.gain} | {f"{name}.learning_rate": rate for name in learns}


def commands(p: Follow, clocks: Clocks) -> dict[str, NeuronGroup]:
    """Populations that read the commands ``<layer>(t - onset, i)`` of the schedule, by layer.

    correction : what a controller adds (:mod:`.control`).  They come first in a step, so that a
    command acts in the step in which it arises.
    """

    def reading(name: str) -> Operation:
        code = f"u = {name}(t - onset, i) + correction"
        return Operation(code, when="groups", order=-2)

    return {
        name: Cell("u : 1\ncorrection : 1", operations={"reading": reading(name)}).group(
            p.command_dimensions, f"{name}_input", clocks, order=-2
        )
        for name in p.commands
    }


def build(
    p: Follow, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> FollowModel:
    """Build the network; ``inputs`` holds, for each command layer, a population with ``u``.

    Reads ``target`` and ``quiet`` of the schedule.

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
    state = _tuning(p.tuning, p.neurons, p.dimensions, p.radius, rng)
    command = _tuning(p.tuning, p.command_size, p.command_dimensions, p.command_radius, rng)
    decoders = _noisy_decoders(p, state, rng)

    decay = exp(-TIME_STEP / q.tau_synapse)
    traces = {"decay": float(decay), "jump": (1 - decay) / TIME_STEP}
    rule = Factorised(**traces) if p.weights == "factorised" else Explicit(**traces)
    cell = substep_lif(tau_membrane=q.tau_membrane, tau_refractory=q.tau_refractory) + rule.pre()
    layers = {
        name: (cell + _current("current") + Cell(start={"bias": command.bias})).group(
            p.command_size, name, clocks
        )
        for name in p.commands
    }
    output, recurrent = _output(q, decay), cell + Cell(start={"bias": state.bias})
    if isinstance(rule, Factorised):
        output, recurrent = output + rule.post(), recurrent + _current("current")
        sent = {"current": "drive_pre + gain_pre*feedback_pre"}
    else:
        heard = [f"{name}_input" for name in reversed(p.plastic)]
        recurrent += _current("current", *heard) + Cell("error_current : 1")
        sent = {"current": "gain_pre*feedback_pre", "error_current": "learning_error_pre"}
    layers["recurrent"] = recurrent.group(p.neurons, "recurrent", clocks)
    # Output before layers, so that the error acts in the step in which it arises.
    judge = output.group(p.dimensions, "output", clocks, order=-2)
    plastic = {
        learning(name): _learning(p, rule, name, layers, judge, rng, clocks) for name in p.plastic
    }
    fixed = [
        _encoding(inputs[name], layers[name], command.encoders, {"current": "u_pre"}, clocks)
        for name in p.commands
    ]
    fixed.append(_encoding(judge, layers["recurrent"], state.encoders, sent, clocks))
    fixed.append(_readout(q, layers["recurrent"], judge, decoders, traces["jump"], clocks))
    populations = {group.name: group for group in (*inputs.values(), judge, *layers.values())}
    synapses = [each.synapses for each in plastic.values()]
    network = Network(*populations.values(), *synapses, *fixed)
    model = FollowModel(
        network, populations, {**plastic}, clocks, p, decoders.T.copy(), state, command
    )
    model.set(live(p))
    return model


def _output(q: Any, decay: Any) -> Cell:
    """decoded : sum_i d_i r_i (eq 3); feedback : error * kappa; learning_error : error * kappa_eps.

    decoded decays when everything has used it.
    """
    compare = "error = (target(t - onset, i) - decoded)*(1 - quiet(t - onset))"
    return Cell(
        equations="""
        decoded : 1
        error : 1
        dfeedback/dt = (error - feedback)/tau_synapse : 1
        dlearning_error/dt = (error - learning_error)/tau_error : 1
        dsquared_error/dt = error**2 : second
        dsquared_learning_error/dt = learning_error**2 : second
        gain : 1 (shared)
        """,
        method="exponential_euler",
        operations={
            "comparing": Operation(compare, when="groups", order=-3),
            "decaying": Operation("decoded = decay*decoded", when="groups", order=1),
        },
        constants={
            "tau_synapse": q.tau_synapse,
            "tau_error": q.tau_error,
            "decay": float(decay),
        },
    )


def _current(*heard: str) -> Cell:
    """The sum of some currents and a bias, which silence takes away."""
    return Cell(
        equations=f"J = {' + '.join(heard)} + bias - silence*quiet(t - onset) : 1\n"
        + "".join(f"{current} : 1\n" for current in heard)
        + "bias : 1 (constant)",
        constants={"silence": SILENCE},
    )


def _learning(
    p: Follow,
    rule: Factorised | Explicit,
    name: str,
    layers: Mapping[str, NeuronGroup],
    output: NeuronGroup,
    rng: np.random.Generator,
    clocks: Clocks,
) -> Projection:
    if isinstance(rule, Factorised):
        return connect(rule, layers[name], output, clocks, name=learning(name))
    pairs: dict[str, Any] = {}
    if p.weights == "masked":
        kept = rng.random((len(layers[name]), p.neurons)) < p.connectivity
        pairs["i"], pairs["j"] = kept.nonzero()
    sent = summed(f"{name}_input", "w*r_pre")
    post = layers["recurrent"]
    return connect(rule, layers[name], post, clocks, name=learning(name), transmits=sent, **pairs)


def _encoding(
    pre: NeuronGroup,
    post: NeuronGroup,
    encoders: NDArray[np.floating[Any]],
    sums: dict[str, str],
    clocks: Clocks,
) -> Synapses:
    """Fixed projection from vector components to a layer.

    encoders : (neurons, dimensions), in units of the threshold; sums : summed variable of the
    layer to the presynaptic expression that it sums.
    """
    model = "encoder : 1 (constant)\n" + "".join(
        f"{name}_post = encoder*({expression}) : 1 (summed)\n" for name, expression in sums.items()
    )
    made = Synapses(pre, post, model, clock=clocks.step, name=f"{pre.name}_encoding")
    made.connect()
    made.encoder_[:] = encoders.T.ravel()
    return made


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


def _readout(
    q: Any,
    pre: NeuronGroup,
    post: NeuronGroup,
    decoders: NDArray[np.float64],
    jump: Any,
    clocks: Clocks,
) -> Synapses:
    readout = Synapses(
        pre,
        post,
        "decoder : second (constant)",
        on_pre="decoded_post += decoder*jump",
        clock=clocks.step,
        delay=q.feedback_delay if q.feedback_delay > 0 * second else None,
        namespace={"jump": jump},
        name="readout",
    )
    readout.connect()
    readout.decoder_[:] = decoders.T.ravel()
    return readout
