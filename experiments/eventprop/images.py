"""Exact gradients of largest potentials learn latency-coded images (Wunderlich and Pehle 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus import tasks
from bioplaus.experiments.eventprop import figures
from bioplaus.experiments.eventprop.training import decayed, exact_angles, follow, mean, metrics
from bioplaus.layered.chain import layer_sizes
from bioplaus.models.eventprop import LatencyImages, Learner, Seen
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run

PIECE = 5000
"""Images that are turned into spikes at a time."""


@dataclass(frozen=True)
class Settings(LatencyImages):
    """As published."""

    dataset: str = parameter("mnist", "images", choices=("mnist", "mnist-5000", "fashion-mnist"))
    validation: int = parameter(
        10_000, "training images, from the end, kept for validation", low=1, high=59_999
    )
    duration: Quantity = parameter("20 ms", "latest spike of a pixel", source="table 1", low="1 ms")
    dropped: float = parameter(
        0.2, "share of input spikes left out while learning", source="table 1", low=0, high=0.99
    )
    epochs: int = parameter(20, "passes over the training images", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """An epoch a segment."""
    images = run.load(p.dataset, validation=p.validation)
    check_size(p, images)
    learner = Learner(p, run.rng)
    run.keep(learner=learner)
    run.live(learner, live)
    held = coded(p, images, "validation")
    for segment in run.segments(p.epochs):
        seen = learned(p, run, learner, images, decayed(p, segment.number))
        follow(run, learner, *held, segment.number)
        run.log(epoch=segment.number + 1, **metrics(seen, learner.judge(*held)))
    return {
        f"{run.part}_error": learner.judge(*coded(p, images, run.part)).error,
        **(exact_angles(p, learner, *held) if p.feedback == "random" else {}),
    }


def learned(p: Any, run: Run, learner: Learner, images: Any, share: float) -> Seen:
    """One pass over the training images, with other input spikes left out each time."""
    order, duration = run.rng.permutation(len(images.train_labels)), float(quantities(p).duration)
    parts = []
    for begin in range(0, len(order), PIECE):
        rows = order[begin : begin + PIECE]
        trains = tasks.latency_of_images(
            images.train_raw[rows], duration, dropped=p.dropped, rng=run.rng
        )
        labels = images.train_labels[rows]
        parts.append(learner.learn(trains, labels, share))
        run.progress((begin + len(rows)) / len(order))
    return mean(parts)


def coded(p: Any, images: Any, part: str) -> tuple[tasks.SpikeTrains, Any]:
    """Spike trains and labels of a part."""
    raw, labels = getattr(images, f"{part}_raw"), getattr(images, f"{part}_labels")
    return tasks.latency_of_images(raw, float(quantities(p).duration)), labels


def check_size(p: Settings, images: Any) -> None:
    """Refuse images that do not fit the network.

    Raises
    ------
    ParameterError
        For such images.
    """
    pixels = images.train_raw.shape[1]
    if layer_sizes(p.layers)[0] != pixels:
        raise ParameterError(
            f"layers = {p.layers!r}, but images of {images.name} have {pixels} pixels"
        )


def live(p: Settings) -> dict[str, float]:
    """What may be tuned between epochs."""
    return {"learning_rate": p.learning_rate}


FORM = "event-driven"
FIGURES = {
    "learning-curve": figures.learning_curve,
    "spikes": figures.spikes_through_training,
    "activity": figures.activity,
    "grazing": figures.grazing,
}
