"""What the event-driven pages share: epochs, what is recorded, the angle of the feedback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bioplaus.analysis import angles_to_halves
from bioplaus.models.eventprop import Learner, Seen
from bioplaus.parameters import replace
from bioplaus.runs.pages.run import Run
from bioplaus.tasks import SpikeTrains

__all__ = ["EPOCH_S", "decayed", "exact_angles", "follow", "mean", "metrics"]

ANGLES_OVER = 100
"""Presentations over which the angle to the exact gradient is taken."""

EPOCH_S = 0.2
"""Time of an epoch in the record of the samples that are followed [s]."""

FOLLOWED = 20
"""Samples whose slopes and gradients are recorded; the spikes are those of the first one."""


def decayed(p: Any, epoch: int) -> float:
    """Share of the learning rate: constant in the first two epochs, then ``p.decay`` less each."""
    return float(p.decay ** max(epoch - 1, 0))


def mean(parts: Sequence[Seen]) -> Seen:
    """What stretches of samples showed together."""
    outputs, *figures = zip(*parts, strict=True)
    sizes = [len(each) for each in outputs]
    means = (np.average(each, axis=0, weights=sizes) for each in figures)
    return Seen(np.concatenate(outputs), *means)


def metrics(seen: Seen, judged: Seen) -> dict[str, float]:
    """Figures of an epoch: while learning, and on validation samples after it."""
    layers = ["hidden", "output"][: len(seen.spikes)]
    return {
        "training_error": float(seen.error),
        "validation_error": float(judged.error),
        "training_loss": float(seen.loss),
        "validation_loss": float(judged.loss),
        "silent_labels": float(seen.silent),
        "grazing_share": float(seen.grazing),
        **{f"{name}_spikes": float(n) for name, n in zip(layers, seen.spikes, strict=True)},
        **{f"{name}_active": float(n) for name, n in zip(layers, seen.active, strict=True)},
    }


def follow(run: Run, learner: Learner, trains: SpikeTrains, labels: Any, epoch: int) -> None:
    """Record spikes of one sample, and of some the flattest spike of each cell and its gradient."""
    onset = EPOCH_S * epoch
    run.put_presentations(onset, onset + EPOCH_S, labels[0])
    for name, spikes in zip(("hidden", "output"), learner.spikes(trains, 0)[1:]):
        run.put_spikes(name, onset + spikes.t, spikes.i)
    slopes, sizes = [], []
    for sample in range(FOLLOWED):
        hidden = learner.spikes(trains, sample)[1]
        one = trains.select(np.array([sample])), labels[[sample]]
        of_cell = np.linalg.norm(learner.gradient(*one)["input_to_hidden"], axis=0)
        flattest = np.full(len(of_cell), np.inf)
        np.minimum.at(flattest, hidden.i, hidden.current - learner.constants.threshold)
        spiked = np.isfinite(flattest)
        slopes.append(flattest[spiked])
        sizes.append(of_cell[spiked])
    for name, found in (("slope", slopes), ("gradient", sizes)):
        values = np.concatenate(found)
        run.put(name, values, "1", cell=np.arange(len(values)))


def exact_angles(p: Any, learner: Learner, trains: SpikeTrains, labels: Any) -> dict[str, float]:
    """Angle of what the learner takes for the gradient to the exact one, and between the exact ones
    of the two halves of the samples."""
    few = np.arange(min(ANGLES_OVER, len(labels)))
    exact = Learner(replace(p, {"feedback": "transposed"}), np.random.default_rng(0))
    exact.set_weights(learner.weights())
    shown = trains.select(few), labels[few]
    return angles_to_halves(learner.gradient(*shown), *exact.halves(*shown))
