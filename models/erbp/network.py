"""The network of event-driven random back-propagation.

::

    pixel --> hidden --> (hidden2 -->) output --> error <-- label
                 ^           ^           ^          |
                 +-----------+-----------+----------+   onto the dendrites, fixed random weights

Solid projections learn where they enter hidden and output; all others are fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
from brian2 import (
    Clock,
    Network,
    NeuronGroup,
    PoissonInput,
    Quantity,
    StateMonitor,
    Synapses,
    hertz,
    second,
    volt,
)

from bioplaus.models.erbp import feedback
from bioplaus.models.erbp.parameters import OneHiddenLayer, check_network
from bioplaus.neurons import dead_time_poisson, dendritic_lif
from bioplaus.parameters import quantities
from bioplaus.plasticity.event_driven_random_backprop import EventDrivenRandomBackprop

__all__ = ["Model", "build"]

Array = npt.NDArray[np.float64]

BACKGROUND_SOURCES = 20
"""Private sources behind the background of one neuron; many and slow, so that the number of
spikes in a step is Poisson to good approximation also at coarse steps."""


@dataclass
class Model:
    """A built network.

    Attributes
    ----------
    network
        Everything below, ready to run with a :func:`~bioplaus.models.erbp.stimulus`.
    populations
        ``pixel``, ``label``, ``hidden`` (``hidden2``, ...), ``output``, ``error``.
    projections
        Plastic ones by name, ``pixel_to_hidden`` first, ``hidden_to_output`` last.
    responses
        Counts and first spikes of the output at every frame, see :func:`build`.
    """

    network: Network
    populations: dict[str, NeuronGroup]
    projections: dict[str, Synapses]
    responses: StateMonitor

    def spikes_so_far(self) -> dict[str, float]:
        """Spikes of each population since the network was built; the output counts apart."""
        return {
            name: float(np.sum(group.spike_count_[:]))
            for name, group in self.populations.items()
            if name not in ("label", "output")
        }

    def fan_out(self, population: str) -> int:
        """Synaptic events that one spike of a population makes."""
        group = self.populations[population]
        targets = [s for s in self.network.objects if isinstance(s, Synapses) and s.source is group]
        return sum(len(s) for s in targets) // len(group)

    def last_feedback(self) -> tuple[Array, Array]:
        """Feedback of the last hidden layer, and the output weights transposed: (classes, hidden).

        What backpropagation would send down instead of the first is the second.
        """
        forward = list(self.projections.values())[-1]
        name = f"error_to_{forward.source.name}"
        synapses = next(item for item in self.network.objects if item.name == name)
        weights = synapses.g_ if "g" in synapses.variables else synapses.mirror_
        shape = (len(forward.target), len(forward.source))
        positive = np.array(weights).reshape(2, *shape)[0]  # the other side has the same
        return positive, np.array(forward.w_).reshape(shape[::-1]).T

    def forget_responses(self) -> None:
        """Empty the record of responses, before a run."""
        self.responses.resize(0)
        self.responses.variables["N"].set_value(0)

    def read_responses(self, began: float, frame: float, each: int) -> tuple[Array, Array]:
        """Responses since ``began`` [s], in presentations of ``each`` frames of ``frame`` s.

        Returns the spikes (presentation, frame, class) counted from the start of a presentation
        to the end of each of its frames, and the first spikes (presentation, class) [s] after its
        start, nan where there was none.
        """
        output = self.populations["output"]
        spikes = np.column_stack(
            [np.array(self.responses.spike_count_)[:, 1:], output.spike_count_[:]]
        )
        first = np.column_stack(
            [np.array(self.responses.first_spike_)[:, 1:], output.first_spike_[:]]
        )
        counts = spikes.T.reshape(-1, each, len(output))
        times = first.T.reshape(-1, each, len(output))[:, -1]
        onsets = began + frame * each * np.arange(len(counts))
        return counts, np.where(counts[:, -1] > 0, times - onsets[:, None], np.nan)


def build(p: OneHiddenLayer, rng: np.random.Generator, frame: Quantity | None = None) -> Model:
    """Build the network.

    Parameters
    ----------
    p
        A parameter set.
    rng
        Draws the initial weights.
    frame
        Step of the slow clock on which images change and responses are read; default 50 ms.

    Raises
    ------
    ParameterError
        If the parameters contradict each other.
    """
    check_network(p)
    q = quantities(p)
    q.clock = Clock(q.time_step, name="step")
    slow = Clock(0.05 * second if frame is None else frame, name="frame")
    populations = {"pixel": _pixels(q, slow), "label": _labels(q)}
    names = [f"hidden{n + 1 if n else ''}" for n in range(p.layers)]
    for depth, name in enumerate([*names, "output"]):
        populations[name] = _plastic_layer(q, name, depth, slow)
    output = populations["output"]
    output.run_regularly(
        dendritic_lif.NEW_PRESENTATION, clock=slow, when="start", name="new_presentation"
    )
    populations["error"] = feedback.error_neurons(q, output, "error")

    layers = [populations[name] for name in ("pixel", *names, "output")]
    plastic = {}
    for depth, (pre, post) in enumerate(pairwise(layers)):
        projection = _plastic_projection(q, pre, post, depth, rng)
        plastic[projection.name] = projection
        if q.weight_decay > 0 * hertz:
            _forget(q, projection, slow)
    fixed = feedback.wire(q, populations, list(plastic.values()), rng)
    responses = StateMonitor(
        output,
        ["spike_count", "first_spike"],
        record=True,
        clock=slow,
        when="start",
        order=-1,
        name="responses",
    )
    network = Network(
        *populations.values(), *plastic.values(), *fixed, *_background(q, layers[1:]), responses
    )
    return Model(network, {**populations, **feedback.error_populations(fixed)}, plastic, responses)


def _pixels(q: SimpleNamespace, slow: Clock) -> NeuronGroup:
    group = NeuronGroup(
        q.inputs,
        dead_time_poisson.MODEL,
        threshold=dead_time_poisson.THRESHOLD,
        reset=dead_time_poisson.RESET,
        clock=q.clock,
        namespace={
            name: getattr(q, name)
            for name in (
                "dead_time",
                "hazard_at_threshold",
                "drive_gain",
                "grey_offset",
                "silent_drive",
                "drive_threshold",
                "drive_width",
            )
        },
        name="pixel",
    )
    group.run_regularly(dead_time_poisson.NEW_IMAGE, clock=slow, when="start", name="new_image")
    return group


def _labels(q: SimpleNamespace) -> NeuronGroup:
    """One neuron per class; that of the label fires regularly, the others are silent."""
    return NeuronGroup(
        q.classes,
        "",
        threshold="i == label(t - onset)",
        refractory=q.label_period,
        clock=q.clock,
        name="label",
    )


def _plastic_layer(q: SimpleNamespace, name: str, depth: int, slow: Clock) -> NeuronGroup:
    deep = 0 < depth < q.layers
    group = NeuronGroup(
        q.classes if name == "output" else q.hidden,
        dendritic_lif.dendritic_lif(),
        threshold="v > threshold",
        reset=dendritic_lif.RESET,
        refractory=q.refractory,
        method="exact",
        clock=q.clock,
        namespace={
            "tau_membrane": q.tau_membrane,
            "tau_synapse": q.tau_synapse,
            "tau_dendrite": q.tau_dendrite,
            "threshold": q.threshold,
            "gate_low": -q.gate_deep if deep else q.gate_low,
            "gate_high": q.gate_deep if deep else q.gate_high,
        },
        name=name,
    )
    group.learning_rate = q.learning_rate
    group.run_regularly(
        dendritic_lif.LEARNING_SIGNAL,
        when="before_synapses",
        name=f"{name}_learning_signal",
    )
    group.run_regularly(
        dendritic_lif.COUNT_OPEN_GATES, clock=slow, when="start", name=f"{name}_open_gates"
    )
    return group


def _plastic_projection(
    q: SimpleNamespace, pre: NeuronGroup, post: NeuronGroup, depth: int, rng: np.random.Generator
) -> Synapses:
    rule = EventDrivenRandomBackprop(blank_out=q.transmission < 1, quantised=q.levels > 0)
    last = depth == q.layers
    largest = q.range_output if last else q.range_deep if depth else q.range_hidden
    namespace = {"transmission": q.transmission}
    if q.levels:
        namespace |= {"weight_low": -largest, "weight_step": 2 * largest / q.levels}
    projection = Synapses(
        pre,
        post,
        rule.model,
        on_pre=rule.on_pre,
        delay=q.delay,
        clock=q.clock,
        namespace=namespace,
        name=f"{pre.name}_to_{post.name}",
    )
    projection.connect()
    # The authors count the label neurons among the inputs of the first hidden layer.
    fan = len(pre) + len(post) + (q.classes if depth == 0 else 0)
    scale = q.output_weights if last else 1.0
    w = scale * feedback.uniform_weights(rng, fan, (len(pre), len(post)))
    projection.w = feedback.on_grid(w, q.levels).ravel() * volt
    return projection


def _forget(q: SimpleNamespace, projection: Synapses, slow: Clock) -> None:
    """Weights decay exponentially while a label is shown, frame by frame."""
    projection.namespace["weight_decay"] = q.weight_decay
    projection.run_regularly(
        "w *= exp(-weight_decay*frame*int(label(t - onset) >= 0))",
        clock=slow,
        when="start",
        name=f"{projection.name}_decay",
    )


def _background(q: SimpleNamespace, layers: list[NeuronGroup]) -> list[PoissonInput]:
    """Independent Poisson spikes onto the membrane of every hidden and output neuron (eRBP)."""
    if q.background_weight * q.background_rate == 0:
        return []
    return [
        PoissonInput(
            layer,
            "v",
            N=BACKGROUND_SOURCES,
            rate=q.background_rate / BACKGROUND_SOURCES,
            weight=q.background_weight,
            when="before_thresholds" if q.background_before_threshold else "synapses",
        )
        for layer in layers
    ]
