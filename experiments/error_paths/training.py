"""Rows on tasks: images, passes, and how a learner is trained and judged; shared by the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import analysis, tasks
from bioplaus.layered.boltzmann import Boltzmann
from bioplaus.layered.carriers import TopOnly
from bioplaus.layered.error_path import Taught
from bioplaus.layered.settling import Settled
from bioplaus.models import error_paths
from bioplaus.models.error_paths import BOLTZMANN, ROWS, SETTLING
from bioplaus.parameters import ParameterError

__all__ = ["ROW_NAMES", "TASKS", "Images", "Task", "Training", "angle", "fitting", "images"]

Images = Mapping[str, tuple[Any, Any]]
"""Part (train, validation, test) to inputs (n, units) and labels (n,)."""

ROW_NAMES = (*ROWS, *SETTLING, *BOLTZMANN)
PROBED = 500
"""Validation images over which the angle to backpropagation is taken."""
AVERAGED = 10
"""Passes over which the answers of random units are averaged."""


@dataclass(frozen=True)
class Task:
    """What every row is shown equally often, in networks of equal size.

    centre : the step size around which a search begins, for rows whose unit is 1; seeds : over
    which the result is a mean.
    """

    dataset: str
    layers: str
    passes: int
    batch: int = 10
    centre: float = 0.2
    seeds: int = 3


TASKS = {  # the cheapest first, so that what has been run is whole tasks
    "xor": Task("xor", "4-50-2", 4),
    "xor1": Task("xor", "4-50-2", 4, batch=1, centre=0.1),
    "digits": Task("digits", "64-100-10", 40),
    "yin-yang": Task("yin-yang", "4-30-3", 20, centre=1.0, seeds=5),
    "mnist-5000": Task("mnist-5000", "784-100-10", 10),
    "deep": Task("mnist-5000", "784-100-100-100-10", 10),
}


def images(dataset: str, load: Callable[[str], Any]) -> Images:
    """The three parts of a data set; ``load`` reads those that are images."""
    if dataset != "yin-yang":
        found = load(dataset)
        return {part: found.part(part) for part in ("train", "validation", "test")}
    parts = {"train": (5000, 101), "validation": (1000, 102), "test": (1000, 103)}
    made = {}
    for part, (count, seed) in parts.items():
        points, labels = tasks.yin_yang_points(count, np.random.default_rng(seed))
        made[part] = (points.astype(np.float32), labels)
    return made


def fitting(p: error_paths.Layers, shown: Images) -> Images:
    """The images, having seen that the layers fit them.

    Raises
    ------
    ParameterError
        Says which layers would.
    """
    pixels, classes = shown["train"][0].shape[1], int(shown["train"][1].max()) + 1
    first, *between, last = error_paths.layer_sizes(p)
    if (first, last) != (pixels, classes):
        fit = "-".join(map(str, (pixels, *between, classes)))
        raise ParameterError(f"layers = {p.layers!r} do not fit the images; write {fit}")
    return shown


class Training:
    """A learner and what it is shown: batches in random order, a step that falls linearly.

    An incomplete batch is dropped.  ``rng`` draws the weights, what the row needs by generators of
    its own, and then the orders: rows of one seed are paired.
    """

    def __init__(
        self,
        p: error_paths.Layers,
        shown: Images,
        rng: np.random.Generator,
        *,
        passes: int,
        batch: int,
        final_rate: float = 0.03,
    ) -> None:
        self.learner = error_paths.learner(p, rng)
        self.shown, self.rng, self.batch, self.final_rate = shown, rng, batch, final_rate
        self.classes = error_paths.layer_sizes(p)[-1]
        self.updates = len(shown["train"][0]) // batch
        self.total = passes * self.updates

    def learn(self, done: int) -> float:
        """One pass, after ``done`` others; the share of wrong answers before their step."""
        inputs, labels = self.shown["train"]
        order = self.rng.permutation(len(inputs))[: self.updates * self.batch]
        inputs, labels = inputs[order], labels[order]
        targets, answered = np.eye(self.classes, dtype=np.float32)[labels], np.empty_like(labels)
        with np.errstate(all="ignore"):  # a row that diverges is a result
            for k in range(self.updates):
                rows = slice(k * self.batch, (k + 1) * self.batch)
                fallen = (1 - self.final_rate) * (done * self.updates + k) / self.total
                answers = self.learner.learn(inputs[rows], targets[rows], 1 - fallen)
                answers.argmax(axis=1, out=answered[rows])
        return float((answered != labels).mean())

    @property
    def finite(self) -> bool:
        """Whether it has not diverged."""
        return all(np.isfinite(a).all() for a in self.learner.weights().values())

    def error(self, part: str) -> float:
        """Share of a part that is classified wrongly; 1 where the row has diverged."""
        inputs, labels = self.shown[part]
        if not self.finite:
            return 1.0
        net = getattr(self.learner, "net", None)
        passes = AVERAGED if net is not None and "bernoulli" in net.units else 1
        pieces = range(0, len(inputs), 500)
        answers = sum(
            np.concatenate([self.learner.answer(inputs[n : n + 500]) for n in pieces])
            for _ in range(passes)
        )
        return float((np.asarray(answers).argmax(axis=1) != labels).mean())

    def angle(self) -> float:
        """Angle [degrees] of the changes that the row asks of hidden weights to backpropagation's.

        All hidden layers are one vector; not a number where nothing is asked of them.
        """
        inputs, labels = (each[:PROBED] for each in self.shown["validation"])
        return angle(self.learner, inputs, np.eye(self.classes, dtype=np.float32)[labels])


def angle(learner: Taught | Settled | Boltzmann, inputs: Any, targets: Any) -> float:
    """Angle [degrees] between what a learner asks of its hidden weights and backpropagation."""
    if isinstance(learner, Boltzmann):
        return float("nan")
    if isinstance(learner, Settled):
        asked = learner.contrasts(inputs, targets)[0]
    elif isinstance(learner.path.carrier, TopOnly):
        return float("nan")
    else:
        asked = learner.changes(inputs, targets)
    exact = Taught(learner.net, ROWS["backprop"], np.random.default_rng(0))
    ours, best = (
        np.concatenate([each.ravel() for each in found[:-1]])
        for found in (asked, exact.changes(inputs, targets))
    )
    return float(analysis.alignment_angle(ours, best)) if np.isfinite(ours).all() else float("nan")
