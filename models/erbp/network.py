"""The network of event-driven random back-propagation.

::

    pixel --> hidden --> (hidden2 -->) output --> error <-- label
                 ^           ^           ^          |
                 +-----------+-----------+----------+   onto the dendrites, fixed random weights

Solid projections learn where they enter hidden and output; all others are fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
from brian2 import Network, NeuronGroup, PoissonInput, StateMonitor

from bioplaus.models.erbp import feedback
from bioplaus.models.erbp.parameters import OneHiddenLayer, check_network
from bioplaus.neurons.background import poisson_background
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.counting import COUNT, COUNT_ANEW, monitor_responses
from bioplaus.neurons.dead_time_poisson import dead_time_poisson
from bioplaus.neurons.dendritic_lif import dendritic_lif
from bioplaus.parameters import quantities
from bioplaus.plasticity.event_driven_random_backprop import EventDrivenRandomBackprop
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect

__all__ = ["ErbpModel", "build", "fan_out", "last_feedback", "live", "pixels", "spikes_so_far"]

Array = npt.NDArray[np.float64]

BACKGROUND_SOURCES = 20
"""Private sources behind the background of one neuron; many and slow, so that the number of
spikes in a step is Poisson to good approximation also at coarse steps."""


@dataclass(frozen=True)
class ErbpModel(Model):
    """Populations: the input, ``hidden`` (``hidden2``, ...), ``output``, ``label``, ``error``.

    responses : counts and first spikes of the output at every frame, for
    :func:`bioplaus.neurons.counting.read_responses`.
    """

    responses: StateMonitor


def pixels(p: OneHiddenLayer, clocks: Clocks) -> NeuronGroup:
    """The paper's input: neurons that spike by the grey values of the schedule's ``images``."""
    q = quantities(p)
    cell = dead_time_poisson(
        dead_time=q.dead_time,
        hazard_at_threshold=q.hazard_at_threshold,
        drive_gain=q.drive_gain,
        grey_offset=q.grey_offset,
        silent_drive=q.silent_drive,
        drive_threshold=q.drive_threshold,
        drive_width=q.drive_width,
    )
    return cell.group(p.inputs, "pixel", clocks)


def live(p: OneHiddenLayer) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {f"{name}.learning_rate": p.learning_rate for name in _layers(p)}


def build(
    p: OneHiddenLayer, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> ErbpModel:
    """Build the network.

    Parameters
    ----------
    p
        A parameter set.
    rng
        Draws the initial weights.
    inputs
        One spiking population, for example :func:`pixels`.
    clocks
        The step, and the frame on which images change and responses are read.

    Raises
    ------
    ParameterError
        If the parameters contradict each other.
    """
    check_network(p)
    q = quantities(p)
    (pixel,) = inputs.values()
    rules = [_rule(q, depth) for depth in range(p.layers + 1)]
    layers = [_layer(q, name, rule, clocks) for name, rule in zip(_layers(p), rules, strict=True)]
    output = layers[-1]
    forward = []
    for depth, ((pre, post), rule) in enumerate(zip(pairwise([pixel, *layers]), rules)):
        made = connect(rule, pre, post, clocks, delay=q.delay)
        # The authors count the label neurons among the inputs of the first hidden layer.
        fan = len(pre) + len(post) + (q.classes if depth == 0 else 0)
        scale = q.output_weights if post is output else 1.0
        w = scale * feedback.uniform_weights(rng, fan, (len(pre), len(post)))
        made.set_weights(feedback.on_grid(w, q.levels))
        forward.append(made)
    # One neuron per class; that of the label fires regularly, the others are silent.
    teacher = Cell(threshold="i == label(t - onset)", refractory=q.label_period)
    label = teacher.group(q.classes, "label", clocks)
    path = feedback.error_circuit(q, clocks, label, forward, rng)
    plastic = {each.synapses.name: each for each in forward} | path.mirrors
    populations = {group.name: group for group in (pixel, *layers, label, *path.judges)}
    responses = monitor_responses(output, clocks)
    learning = [each.synapses for each in plastic.values()]
    fixed = [*path.fixed, *_background(q, layers)]
    network = Network(*populations.values(), *learning, *fixed, responses)
    model = ErbpModel(network, populations, {**plastic}, clocks, responses)
    model.set(live(p))
    return model


def spikes_so_far(model: Model) -> dict[str, float]:
    """Spikes of each population since the network was built; the output counts apart."""
    return {
        name: float(np.sum(group.spike_count_[:]))
        for name, group in model.populations.items()
        if "spike_count" in group.variables and name != "output"
    }


def fan_out(model: Model, population: str) -> int:
    """Synaptic events that one spike of a population makes."""
    events = sum(len(synapses) for synapses in model.projections_of(population))
    return events // len(model.populations[population])


def last_feedback(model: Model) -> tuple[Array, Array]:
    """Feedback of the last hidden layer, and the output weights transposed: (classes, hidden).

    What backpropagation would send down instead of the first is the second.
    """
    into_output = [name for name in model.plastic if name.endswith("_to_output")][-1]
    last = into_output.removesuffix("_to_output")
    down = next(s for s in model.projections_of("error") if s.target.name == last)
    acting = np.array(down.g_ if "g" in down.variables else down.mirror_)
    transposed = model.plastic[into_output].weights.T.copy()
    return acting.reshape(2, *transposed.shape)[0], transposed  # the other side has the same


def _layers(p: OneHiddenLayer) -> list[str]:
    """Names of the layers that learn."""
    return [f"hidden{n + 1 if n else ''}" for n in range(p.layers)] + ["output"]


def _rule(q: SimpleNamespace, depth: int) -> EventDrivenRandomBackprop:
    """The rule of the projection into layer ``depth``; the output has the number ``q.layers``."""
    deep = 0 < depth < q.layers
    largest = q.range_output if depth == q.layers else q.range_deep if depth else q.range_hidden
    return EventDrivenRandomBackprop(
        gate_low=-q.gate_deep if deep else q.gate_low,
        gate_high=q.gate_deep if deep else q.gate_high,
        transmission=q.transmission,
        levels=q.levels,
        largest=largest,
        decay=q.weight_decay,
    )


def _layer(
    q: SimpleNamespace, name: str, rule: EventDrivenRandomBackprop, clocks: Clocks
) -> NeuronGroup:
    cell = dendritic_lif(
        tau_membrane=q.tau_membrane,
        tau_synapse=q.tau_synapse,
        tau_dendrite=q.tau_dendrite,
        threshold=q.threshold,
        refractory=q.refractory,
    )
    output = name == "output"
    counted = COUNT_ANEW if output else COUNT
    return (cell + rule.post() + counted).group(q.classes if output else q.hidden, name, clocks)


def _background(q: SimpleNamespace, layers: list[NeuronGroup]) -> list[PoissonInput]:
    """Independent Poisson spikes onto the membrane of every hidden and output neuron (eRBP)."""
    if q.background_weight * q.background_rate == 0:
        return []
    return [
        poisson_background(
            f"{layer.name}_background",
            layer,
            "v",
            BACKGROUND_SOURCES,
            q.background_rate / BACKGROUND_SOURCES,
            q.background_weight,
            when="before_thresholds" if q.background_before_threshold else "synapses",
            order=depth,
        )
        for depth, layer in enumerate(layers)
    ]
