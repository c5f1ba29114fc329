"""Error paths as a Brian2 network: soma, error compartment and plasticity, one example at a time.

Rows whose path is local in time and place have this form; what has none says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses

from bioplaus.layered.carriers import Aligned, Gradient
from bioplaus.layered.control import Predictive
from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.feedback import Fixed, Mirrored, Signs, Transported
from bioplaus.layered.learner import layer_names
from bioplaus.layered.learnt_feedback import Decoder
from bioplaus.layered.network import Layered
from bioplaus.layered.step import Descent
from bioplaus.layered.units import unit
from bioplaus.neurons import error_compartment as error
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.parameters import ParameterError, quantities
from bioplaus.plasticity.error_path import (
    DecoderRule,
    ErrorBias,
    ForwardRule,
    MirroredRule,
    SignRule,
)
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Bias, Projection, Rule, connect, summed

from .parameters import OneExample, layer_sizes
from .rows import row, varied

__all__ = ["build", "examples", "live", "time", "why_not"]


def why_not(path: ErrorPath) -> str:
    """Why a row has no network form; empty where it has one."""
    carrier, feedback = path.carrier, path.feedback
    if not isinstance(carrier, Gradient | Aligned | Predictive):
        return "its errors take passes of their own, not a compartment"
    if not isinstance(feedback, Fixed | Mirrored | Transported | Signs | Decoder):
        return "its feedback is drawn or learnt by noise at every update"
    if isinstance(feedback, Decoder) and (path.route == "layerwise" or feedback.printed):
        return "the label's way down to the input takes a network of its own"
    if isinstance(feedback, Signs) and (
        feedback.magnitude == "redrawn" or isinstance(carrier, Predictive)
    ):
        return "its feedback is drawn at every update"
    if path.step != Descent(decay=path.step.decay):
        return "its step needs the length of a whole matrix"
    return ""


def time(p: OneExample) -> Clocks:
    """One time step, and one presentation."""
    return Clocks.counted(quantities(p).tau / p.steps_per_tau, _steps(p))


def examples(p: OneExample, clocks: Clocks) -> NeuronGroup:
    """The input, from the schedule's ``images``."""
    cell = error.presented(_steps(p)) + ForwardRule().pre()
    return cell.group(layer_sizes(p)[0], "input", clocks)


def live(p: OneExample) -> dict[str, Any]:
    """What may be set while the network runs: learning rates."""
    path, names = _path(p), layer_names(len(layer_sizes(p)) - 1)
    rate = p.learning_rate / _precision(path)
    found: dict[str, Any] = {}
    for pre, post in pairwise(names):
        found |= {f"{pre}_to_{post}.learning_rate": rate, f"{post}.bias_rate": rate}
    for source, target in _feedback_pairs(path, names):
        if _feedback_rule(path) is not None:
            own = path.feedback.rate if isinstance(path.feedback, Mirrored | Decoder) else 1.0
            found[f"{source}_to_{target}.learning_rate"] = rate * own
    return found


def build(
    p: OneExample, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Model:
    """Build the network with the first weights of the batched form; ``inputs`` holds the examples.

    Feedback that reads the weights of another layer in the batched form learns here as its mirror:
    the transpose starts as the transpose, signs are those of a mirror.

    Raises
    ------
    ParameterError
        For a row without this form, or a unit that cannot be written as equations.
    """
    path, sizes = _path(p), layer_sizes(p)
    if reason := why_not(path):
        raise ParameterError(f"{p.row} has no network form: {reason}")
    for name in (p.units, p.output):
        if not unit(name).expression:
            raise ParameterError(f"{name} units have no network form: they are drawn or compete")
    first = Taught(Layered(sizes, rng, p.units, p.output, np.float64), path, rng)
    (shown,) = inputs.values()
    names = layer_names(len(sizes) - 1)
    layers = [
        (_cell(p, path, name == "output") + ForwardRule().pre() + ErrorBias().post()).group(
            n, name, clocks
        )
        for name, n in zip(names[1:], sizes[1:], strict=True)
    ]
    groups = {group.name: group for group in (shown, *layers)}
    plastic: dict[str, Projection | Bias] = {}
    up = ForwardRule(path.step.decay)
    for pre, post in pairwise(groups.values()):
        sent = summed("feedforward", "w*rate_pre")
        plastic[f"{pre.name}_to_{post.name}"] = connect(
            up, pre, post, clocks, transmits=sent, constants=_read(path)
        )
        plastic[f"bias_to_{post.name}"] = Bias(post, "b")
    down = _feedback(path, first, groups, names, clocks)
    plastic |= {made.synapses.name: made for made in down if isinstance(made, Projection)}
    synapses = [each.synapses for each in plastic.values() if isinstance(each, Projection)]
    fixed = [made for made in down if isinstance(made, Synapses)]
    model = Model(Network(*groups.values(), *synapses, *fixed), groups, plastic, clocks)
    model.set(live(p))
    values = first.weights()
    model.set_weights({name: values[name] for name in plastic if name in values})
    return model


def _path(p: OneExample) -> ErrorPath:
    return varied(row(p.row), p.constants)


def _steps(p: OneExample) -> int:
    return p.steps_per_tau * (p.presentation or 2 * (len(layer_sizes(p)) - 1))


def _precision(path: ErrorPath) -> float:
    return path.carrier.precision if isinstance(path.carrier, Predictive) else 1.0


def _read(path: ErrorPath) -> dict[str, float]:
    """Constants of what projections read of cells: the error of predictive outputs."""
    return {"precision": _precision(path)} if isinstance(path.carrier, Predictive) else {}


def _cell(p: OneExample, path: ErrorPath, output: bool) -> Cell:
    """Soma and error of a layer, as the carrier has them."""
    carrier, steps, tau = path.carrier, _steps(p), quantities(p).tau
    kind = unit(p.output if output else p.units)
    if isinstance(carrier, Predictive):
        if output:
            return error.unpredicted_top(kind.text, steps, carrier.precision)
        return error.unpredicted(kind.text, kind.slope_text("v"), steps, tau)
    soma = error.soma(kind.text, steps, tau)
    if output:
        return soma + error.top(carrier.bits if isinstance(carrier, Gradient) else 0)
    if isinstance(carrier, Aligned):
        part = error.aligned(kind.text, carrier.step)
    else:
        assert isinstance(carrier, Gradient)
        part = error.gradient(kind.slope_text("v") if carrier.gated else "1")
    return soma + part + (DecoderRule().post() if isinstance(path.feedback, Decoder) else Cell())


def _feedback_pairs(path: ErrorPath, names: list[str]) -> list[tuple[str, str]]:
    """Source and target of every feedback projection, from below."""
    hidden = names[1:-1]
    sources = [names[-1]] * len(hidden) if path.route == "direct" else names[2:]
    return list(zip(sources, hidden))


def _feedback_rule(path: ErrorPath) -> Rule | None:
    """What moves the feedback, if anything does."""
    kind = path.feedback
    if isinstance(kind, Signs):
        return SignRule(path.step.decay)
    if isinstance(kind, Decoder):
        return DecoderRule()
    if isinstance(kind, Mirrored | Transported):
        return MirroredRule(kind.decay if isinstance(kind, Mirrored) else path.step.decay)
    return None


def _feedback(
    path: ErrorPath, first: Taught, groups: dict[str, Any], names: list[str], clocks: Clocks
) -> list[Projection | Synapses]:
    """Projections down; plain synapses where they are fixed."""
    rule, made = _feedback_rule(path), []
    acts = "size*sign(mirror)" if isinstance(rule, SignRule) else "B"
    for k, (source, target) in enumerate(_feedback_pairs(path, names)):
        u = "sent_pre" if source == "output" else "u_pre"
        told = summed("told", f"{acts}*{u}")
        pre, post = groups[source], groups[target]
        if rule is None:
            name, model = f"{source}_to_{target}", f"B : 1\n{told['model']}"
            synapses = Synapses(
                pre, post, model, clock=clocks.step, namespace=_read(path), name=name
            )
            synapses.connect()
            synapses.B = first.way.acting(k).ravel()
            made.append(synapses)
            continue
        projection = connect(rule, pre, post, clocks, transmits=told, constants=_read(path))
        projection.set_weights(first.way.acting(k))
        if isinstance(rule, SignRule):
            concordant = first.way.own[f"concordant_{k}"]
            projection.set_weights(first.net.w[k + 1].T)
            projection.synapses.size = (first.way.B[k] * concordant).ravel()
        made.append(projection)
    return made
