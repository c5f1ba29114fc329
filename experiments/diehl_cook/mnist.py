"""Competing cells learn digits without labels, by spike timing (Diehl and Cook 2015, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.diehl_cook import figures
from bioplaus.experiments.diehl_cook.showing import Showing
from bioplaus.models import diehl_cook
from bioplaus.models.diehl_cook.parameters import DiehlCook, check_network
from bioplaus.parameters import ParameterError, parameter
from bioplaus.runs.pages.run import Run, Spikes, Trace

RECORDED = ("v", "theta", "recent", "earlier")


@dataclass(frozen=True)
class Settings(DiehlCook):
    """400 cells see half of the training images once, labels are read off afterwards."""

    dataset: str = parameter("mnist", "images", choices=("mnist", "fashion-mnist", "mnist-5000"))
    presentations: int = parameter(25_000, "training images shown", low=1)
    evaluations: int = parameter(10, "segments, each with a validation", low=1)
    validated: int = parameter(1000, "validation images of a segment", low=1, high=10_000)
    assigned: int = parameter(
        5000, "training images from which cells get their classes in the end", low=10
    )
    tested: int = parameter(10_000, "test images", low=1, high=10_000)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn; after each segment answer by the classes that it suggests; test once, at the end."""
    check_network(p)
    images = run.load(p.dataset)
    labels = images.train_labels
    if images.train_raw.shape[1] != p.inputs:
        raise ParameterError(
            f"inputs = {p.inputs}, but images of {images.name} have {images.train_raw.shape[1]} "
            "pixels"
        )
    showing = Showing(p, run, images)
    model, count = showing.model, len(labels)
    passes = [run.rng.permutation(count) for _ in range(-(-p.presentations // count))]
    order = np.concatenate(passes)[: p.presentations]
    run.live(model, diehl_cook.live)
    run.record(
        *(Spikes(name) for name in ("pixel", "excitatory", "inhibitory")),
        *(Trace("excitatory", name, cells=60) for name in RECORDED),
        of=model,
        last="1500 ms",
    )
    for segment in run.segments(p.evaluations):
        part = segment.of(p.presentations)
        seen = showing.show("train", order[part], learns=True)
        classes = diehl_cook.assigned(seen, labels[order[part]])
        if segment.last:
            _put_fields(run, model, classes)
        run.log(
            epoch=part.stop / count,
            images=part.stop,
            validation_error=_error(showing, "validation", p.validated, classes),
            spikes_per_image=float(seen.sum(axis=1).mean()),
            silent_cells=float((classes < 0).mean()),
            theta_mv=1e3 * float(model.populations["excitatory"].theta_[:].mean()),
        )
    seen = showing.show("train", np.arange(min(p.assigned, count)), learns=False)
    classes = diehl_cook.assigned(seen, labels[: len(seen)])
    return {f"{run.part}_error": _error(showing, run.part, p.tested, classes)}


def _error(showing: Showing, part: str, count: int, classes: np.ndarray) -> float:
    right = showing.images.part(part)[1][:count]
    seen = showing.show(part, np.arange(len(right)), learns=False)
    return float((diehl_cook.answers(seen, classes) != right).mean())


def _put_fields(run: Run, model: diehl_cook.DiehlCookModel, classes: np.ndarray) -> None:
    """The weights onto each cell, and the class that it stands for."""
    weights = model.weights()["pixel_to_excitatory"]
    run.put("fields", weights.T, "1", cell=classes, pixel=np.arange(len(weights)))


FORM = "network"
FIGURES = {
    "learning-curve": figures.learning_curve,
    "fields": figures.fields,
    "raster": figures.raster,
    "traces": figures.traces,
}
