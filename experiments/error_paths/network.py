"""A Brian2 network learns images by one error path (Lillicrap et al. 2016 and others)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.error_paths.training import PROBED, angle, fitting, images
from bioplaus.layered.error_path import Taught
from bioplaus.models import error_paths
from bioplaus.models.error_paths import OneExample
from bioplaus.parameters import parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run
from bioplaus.tasks.image_sets import IMAGE_SETS

if TYPE_CHECKING:
    from bioplaus.plasticity.model import Model


@dataclass(frozen=True)
class Settings(OneExample):
    """A row in continuous time, with the settings that are given."""

    learning_rate: float = parameter(0.02, "step size", symbol="eta", low=0, tunable=True)
    dataset: str = parameter("digits", "what is learnt", choices=(*IMAGE_SETS, "yin-yang"))
    passes: int = parameter(10, "over the training images", low=1)
    final_rate: float = parameter(
        0.03, "step at the end, as a fraction; the decay is linear", low=0, high=1
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a pass, ended by a validation; test once in the end."""
    clocks = error_paths.time(p)
    inputs = {"input": error_paths.examples(p, clocks)}
    model = error_paths.build(p, run.rng, inputs, clocks)
    shown = fitting(p, images(p.dataset, run.load))
    run.live(model, error_paths.live)
    pictures, labels = shown["train"]
    classes = np.eye(error_paths.layer_sizes(p)[-1])
    tables = {"images": pictures, "targets": classes[labels]}
    frame, count = float(clocks.frame.dt_), len(labels)
    for turn in run.segments(p.passes):
        done = (turn.number + np.arange(count) / count) / p.passes
        strength = 1 - (1 - p.final_rate) * done
        rows, once = run.rng.permutation(count), {"presentation": frame, "frame": frame}
        run.present(model, tasks.presentations(rows, tables, **once, strength=strength))
        run.put_answers(np.full(count, -1), learning=True, label=labels[rows])
        run.log(
            epoch=turn.number + 1, validation_error=error(settled(p, model), shown["validation"])
        )
    learnt = settled(p, model)
    probed, some = (each[:PROBED] for each in shown["validation"])
    return {
        f"{run.part}_error": error(learnt, shown[run.part]),
        "angle_to_backpropagation": angle(learnt, probed, classes[some]),
        "training_operations": float(error_paths.products(p)),
    }


def settled(p: Settings, model: Model) -> Taught:
    """The layered form with the weights of now.

    A presentation settles at what that form answers, whatever the length of a step.
    """
    found = error_paths.learner(p, np.random.default_rng(0), np.float64)
    assert isinstance(found, Taught)  # rows that settle have no such network
    learnt, names = model.weights(), found.weights()
    found.set_weights({name: learnt[name] for name in names if name in learnt})
    return found


def error(learnt: Taught, part: tuple[Any, Any]) -> float:
    """Share of a part that is classified wrongly."""
    inputs, labels = part
    return float((learnt.answer(inputs).argmax(axis=1) != labels).mean())


FORM = "network"
FIGURES = {"learning-curve": learning_curve}
