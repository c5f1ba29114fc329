"""A clocked network learns Yin-Yang by the adjoint of its spikes (Wunderlich and Pehle 2021).

Every batch is one run of the network, sample after sample; its gradient moves the weights before
the next one.  The event-driven form judges the same weights, so that both stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.eventprop import figures
from bioplaus.experiments.eventprop.training import decayed
from bioplaus.experiments.eventprop.yin_yang import FRESH, TEST, TRAIN, VALIDATION, live, shown
from bioplaus.layered.adam import Adam
from bioplaus.layered.chain import layer_sizes
from bioplaus.models import eventprop
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run, Spikes

AT_ONCE = 250
"""Samples of a run in which nothing is learned."""


@dataclass(frozen=True)
class Settings(eventprop.EventProp):
    """The published network at a step of 0.1 ms."""

    time_step: Quantity = parameter("0.1 ms", "step of the clock", symbol="dt", low="1 us")
    duration: Quantity = parameter("30 ms", "of the input", source="table 1", low="1 ms")
    sample: Quantity = parameter("60 ms", "from one sample to the next", low="1 ms")
    points: int = parameter(5000, "training points", low=1, high=5000)
    validated: int = parameter(1000, "validation points", low=1, high=1000)
    epochs: int = parameter(10, "passes over the training points", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """An epoch a segment; tested on the published points, and event-driven on fresh ones."""
    training = Training(p, run)
    run.live(training, live)
    run.record(Spikes("hidden"), Spikes("output"), of=training.model, last="600 ms")
    for segment in run.segments(p.epochs):
        learned = training.epoch(decayed(p, segment.number))
        run.log(epoch=segment.number + 1, **learned, **training.judged(*VALIDATION))
    tested = training.judged(*TEST)
    return {
        "test_error": tested["validation_error"],
        "event_driven_test_error": tested["event_driven_error"],
        "form_gap": tested["validation_error"] - tested["event_driven_error"],
        "event_driven_fresh_error": training.event_driven(*FRESH),
    }


def first_of(output: Any) -> int:
    """The class whose cell spikes first; -1 where none does, or two at once."""
    first = output.i[output.t == output.t.min(initial=np.inf)]
    return int(first[0]) if len(first) == 1 else -1


class Training:
    """The network with Adam's moments, the input that it is shown, and how it is judged."""

    def __init__(self, p: Settings, run: Run) -> None:
        """Build the network; the run keeps it with the moments."""
        self.p, self.run, self.q = p, run, quantities(p)
        self.clocks = neurons.Clocks.of(self.q.time_step, self.q.sample)
        self.input = neurons.given_spikes(layer_sizes(p.layers)[0], self.clocks)
        self.model = eventprop.build(p, run.rng, {"input": self.input}, self.clocks)
        weights = self.model.weights()
        self.adam = Adam(weights)
        self.back = {name: w.copy() for name, w in weights.items()}
        if fixed := p.feedback == "random":
            self.back = dict(zip(weights, eventprop.random_feedback(p, run.rng), strict=True))
        self.fixed = fixed
        self.rate = p.learning_rate
        run.keep(model=self.model, adam=self.adam, back=self.back)

    def set(self, values: Mapping[str, Any]) -> None:
        """What may be tuned between epochs."""
        self.rate = float(values["learning_rate"])

    def epoch(self, share: float) -> dict[str, float]:
        """Learn every point once, batch by batch."""
        points, labels = tasks.published_yin_yang(*TRAIN)
        order = self.run.rng.permutation(self.p.points)
        wrong = silent = floored = 0
        for begin in range(0, len(order), self.p.batch):
            rows = order[begin : begin + self.p.batch]
            found = self.present(points[rows], labels[rows], record=True)
            weights = self.model.weights()
            mean = {name: gradient / len(rows) for name, gradient in found.gradient.items()}
            self.adam.move(weights, mean, share * self.rate)
            self.model.set_weights(weights)
            wrong, silent = wrong + found.wrong, silent + found.silent
            floored += found.floored
        return {
            "training_error": wrong / len(order),
            "silent_labels": silent / len(order),
            "floored_spikes": floored / len(order),
        }

    def present(self, points: Any, labels: Any, record: bool = False) -> eventprop.ClockedGradient:
        """Show points in one run; errors, and the gradient over the recorded spikes."""
        trains = eventprop.on_clock(
            tasks.latency_of_points(points, float(self.q.duration)), float(self.q.time_step)
        )
        onset = float(np.asarray(self.model.network.t_))
        self.model.give(trains, onset)
        schedule = tasks.stretch(float(self.q.sample), fresh=np.ones(len(labels)))
        self.run.present(self.model, schedule, record=record)
        samples = eventprop.read_samples(self.model, onset, len(labels))
        begin = onset + float(self.q.sample) * np.arange(len(labels))
        self.run.put_presentations(begin, begin + float(self.q.sample), labels)
        self.run.put_answers([first_of(output) for *_, output in samples], learning=record)
        back = self.back if self.fixed else None
        return eventprop.change(self.p, samples, trains, self.model.weights(), labels, back)

    def judged(self, count: int, seed: int) -> dict[str, float]:
        """Share of wrong answers on one of the sets, on the clock and event-driven."""
        points, labels = tasks.published_yin_yang(min(count, self.p.validated), seed)
        pieces = range(0, len(labels), AT_ONCE)
        wrong = [
            self.present(points[k : k + AT_ONCE], labels[k : k + AT_ONCE]).wrong for k in pieces
        ]
        return {
            "validation_error": sum(wrong) / len(labels),
            "event_driven_error": self.event_driven(len(labels), seed),
        }

    def event_driven(self, count: int, seed: int) -> float:
        """Share of wrong answers of the event-driven form with the same weights."""
        learner = eventprop.Learner(self.p, np.random.default_rng(0))
        learner.set_weights(self.model.weights())
        return float(learner.judge(*shown(self.p, count, seed)).error)


FORM = "network"
FIGURES = {"two-forms": figures.two_forms}
