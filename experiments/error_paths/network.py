"""A Brian2 network learns images by one error path (Lillicrap et al. 2016 and others)."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
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
    clocks, drawn = error_paths.time(p), deepcopy(run.rng)
    inputs = {"input": error_paths.examples(p, clocks)}
    model = error_paths.build(p, run.rng, inputs, clocks)
    # From the same numbers: it has the network's fixed feedback, which is nobody's to set.
    layered = error_paths.learner(p, drawn, np.float64)
    assert isinstance(layered, Taught)
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
            epoch=turn.number + 1,
            validation_error=error(settled(layered, model), shown["validation"]),
        )
    learnt = settled(layered, model)
    probed, some = (each[:PROBED] for each in shown["validation"])
    return {
        f"{run.part}_error": error(learnt, shown[run.part]),
        "angle_to_backpropagation": angle(learnt, probed, classes[some]),
        "training_operations": float(error_paths.products(p)),
    }


def settled(layered: Taught, model: Model) -> Taught:
    """The layered form with the network's weights of now.

    A presentation settles at what that form answers, whatever the length of a step.
    """
    learnt = model.weights()
    layered.set_weights({name: learnt[name] for name in layered.weights() if name in learnt})
    return layered


def error(learnt: Taught, part: tuple[Any, Any]) -> float:
    """Share of a part that is classified wrongly."""
    inputs, labels = part
    return float((learnt.answer(inputs).argmax(axis=1) != labels).mean())


FORM = "network"
FIGURES = {"learning-curve": learning_curve}
