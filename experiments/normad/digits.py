"""Ten cells learn digits behind fixed oriented maps (Kulkarni and Rajendran 2018, table 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus.experiments.normad import figures
from bioplaus.experiments.normad.train_to_order import live
from bioplaus.models import normad
from bioplaus.models.normad import Digits
from bioplaus.models.normad.parameters import check_network
from bioplaus.parameters import ParameterError, parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run

PIECE = 250
"""Images whose trains are in memory at a time."""

FROM, EVERY = 100, 35
"""Steps of the train that is wanted of the cell of the class."""


@dataclass(frozen=True)
class Settings(Digits):
    """From weights of zero; the rate is halved after every third epoch."""

    dataset: str = parameter("mnist", "images", choices=("mnist", "mnist-5000", "fashion-mnist"))
    epochs: int = parameter(20, "passes over the training images", source="code", low=1)
    validated: int = parameter(1000, "validation images looked at in each epoch", low=1)
    tested: int = parameter(10_000, "test images looked at in the end, if there are as many", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """An epoch a segment; the class is the cell with most spikes."""
    check_network(p)
    images = run.load(p.dataset)
    if images.train_raw.shape[1] != 784:
        raise ParameterError(f"the maps are of 28 x 28 pixels, images of {images.name} are not")
    learner = normad.Learner(p, run.rng)
    run.keep(learner=learner)
    run.live(learner, live)
    for segment in run.segments(p.epochs):
        order = run.rng.permutation(len(images.train_labels))
        found = shown(p, run, learner, images, "train", order, 0.5 ** (segment.number // 3))
        judged = shown(p, run, learner, images, "validation", np.arange(p.validated), 0.0)
        run.check_finite(learner.weights())
        run.log(
            epoch=segment.number + 1,
            training_error=found["error"],
            validation_error=judged["error"],
            feature_spikes=found["feature_spikes"],
            output_spikes=found["output_spikes"],
        )
    count = min(p.tested, len(images.part(run.part)[1]))
    final = shown(p, run, learner, images, run.part, np.arange(count), 0.0)
    return {f"{run.part}_{name}": value for name, value in final.items()}


def shown(
    p: Settings,
    run: Run,
    learner: normad.Learner,
    images: Any,
    part: str,
    rows: Any,
    share: float,
) -> dict[str, float]:
    """Present images of a part, learning with a share of the rate; errors and spikes."""
    raw, labels = getattr(images, f"{part}_raw"), getattr(images, f"{part}_labels")
    wrong, features, spikes = 0, 0, 0.0
    train = np.arange(FROM, learner.steps, EVERY)
    for begin in range(0, len(rows), PIECE):
        some = rows[begin : begin + PIECE]
        trains = normad.feature_trains(p, raw[some])
        wanted = (
            np.arange(len(some) + 1) * len(train),
            np.tile(train, len(some)),
            np.repeat(labels[some], len(train)),
        )
        seen = learner.learn(trains, wanted, share)
        answers = np.where(seen.outputs.max(axis=1) > 0, seen.outputs.argmax(axis=1), -1)
        wrong += int((answers != labels[some]).sum())
        features += len(trains[1])
        spikes += float(seen.spikes[-1]) * len(some)
        if share:
            run.progress((begin + len(some)) / len(rows))
    return {
        "error": wrong / len(rows),
        "feature_spikes": features / len(rows),
        "output_spikes": spikes / len(rows),
    }


FORM = "batched"
FIGURES = {"learning-curve": learning_curve, "kernels": figures.kernels}
