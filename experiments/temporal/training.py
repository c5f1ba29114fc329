"""How a rule is trained on a task, and how its direction is held against the gradient."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bioplaus import analysis
from bioplaus.experiments.temporal import rules
from bioplaus.experiments.temporal.events import Exact
from bioplaus.experiments.temporal.layered import Layered
from bioplaus.experiments.temporal.rates import Rates
from bioplaus.experiments.temporal.spiking import Spiking
from bioplaus.experiments.temporal.tasks import TASKS, examples
from bioplaus.experiments.temporal.wanted import Wanted
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

__all__ = ["NETWORKS", "Shown", "Trainee", "agreement", "batch", "made", "page"]

PROBED = 100
"""Validation examples over which directions are summed."""


class Trainee(Protocol):
    """A rule on its network.

    rate : of its optimiser, around which a search begins.  learn : one update from rows of the
    training examples.  error : of a part.  directions : what the rule descends, and the gradient,
    (pre, post) by projection, the readout last.  multiplications : for an example, with its update.
    record : one example, for figures.
    """

    rate: float
    learner: Any

    def learn(self, rows: Any) -> float:
        """One update; the loss before it."""

    def error(self, part: str) -> float:
        """Of a part."""

    def directions(self, rows: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Of the rule and of the gradient."""

    def multiplications(self, rows: Any) -> float:
        """For an example."""

    def record(self, run: Run, begin: float) -> None:
        """One example."""


NETWORKS: dict[str, Any] = {
    "spiking": Spiking, "rates": Rates, "layered": Layered, "events": Exact, "wanted": Wanted,
}  # fmt: skip


def made(task: str, rule: str, rng: np.random.Generator, seed: int, pace: float = 1.0) -> Trainee:
    """A network before training; ``pace`` times the rate around which a search begins.

    Raises
    ------
    ParameterError
        For a rule that has no place in the task.
    """
    rules.check(task, rule)
    found = rules.RULES[rule]
    network: Trainee = NETWORKS[found.network](task, found.how, rng, seed)
    network.learner.set({"learning_rate": pace * network.rate})
    return network


def batch(task: str, update: int, seed: int) -> np.ndarray:
    """Rows of the training examples of an update: a permutation a pass, and its rest left out."""
    given = TASKS[task]
    count = given.counts[0]
    pass_, place = divmod(update, max(1, count // given.batch))
    order = np.random.default_rng((seed, pass_)).permutation(count)
    return np.asarray(order[place * given.batch : (place + 1) * given.batch])


def agreement(task: str, trainee: Trainee) -> dict[str, float]:
    """Angles [degrees] to the gradient, not a number where nothing is to compare.

    ``angle`` : all weights onto cells that are no output (where there are any), as one vector;
    ``angle_<projection>``, ``angle_cell_<projection>`` : as
    :func:`~bioplaus.analysis.gradient_angles`; ``floor`` : between the gradients of two halves of
    the examples, what an angle can say at best.
    """
    count = min(PROBED, TASKS[task].counts[1])
    halves = [trainee.directions(part) for part in np.array_split(np.arange(count), min(2, count))]
    mine, exact = (
        {name: sum(half[k][name] for half in halves) for name in halves[0][k]} for k in range(2)
    )
    hidden = list(exact)[:-1] or list(exact)
    found = {"angle": _angle(mine, exact, hidden), "floor": np.nan}
    if len(halves) > 1:
        found["floor"] = _angle(halves[0][1], halves[1][1], hidden)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return found | analysis.gradient_angles(mine, exact)


def _angle(one: Mapping[str, Any], other: Mapping[str, Any], names: list[str]) -> float:
    flat = [np.concatenate([np.ravel(each[name]) for name in names]) for each in (one, other)]
    if not all(np.isfinite(each).all() and each.any() for each in flat):
        return float("nan")
    return float(analysis.alignment_angle(*flat))


@dataclass(frozen=True)
class Shown:
    """What the pages of all tasks have in common."""

    rule: str = parameter("e-prop, symmetric", "how weights learn", choices=rules.NAMES)
    pace: float = parameter(
        1.0, "learning rate, in units of the one around which a search begins", low=0, tunable=True
    )
    share: float = parameter(1.0, "of the training that the comparison gives", low=1e-3)
    evaluations: int = parameter(20, "segments, each with a validation", low=1)


def page(task: str, p: Shown, run: Run) -> Mapping[str, float]:
    """Train one rule with one seed; validation and the angle to the gradient in every segment."""
    trainee = made(task, p.rule, run.rng, run.seed, p.pace)
    run.keep(learner=trainee.learner)
    run.live(trainee.learner, lambda now: {"learning_rate": now.pace * trainee.rate})
    updates = max(p.evaluations, round(p.share * TASKS[task].updates))
    for segment in run.segments(p.evaluations):
        part = segment.of(updates)
        told = rules.RULES[p.rule].how != "none"
        angle = {"angle_to_gradient": agreement(task, trainee)["angle"]} if told else {}
        losses = []
        for update in range(part.start, part.stop):
            losses.append(trainee.learn(batch(task, update, run.seed)))
            run.progress((update + 1 - part.start) / (part.stop - part.start))
        run.check_finite({f"w {name}": w for name, w in trainee.learner.weights().items()})
        if segment.first or segment.last:
            trainee.record(run, segment.number * TASKS[task].duration)
        run.log(
            epoch=part.stop,
            loss=float(np.mean(losses)),
            validation_error=trainee.error("validation"),
            **angle,
        )
    measured = agreement(task, trainee)
    return {
        f"{run.part}_error": trainee.error(run.part),
        **{name: value for name, value in measured.items() if not np.isnan(value)},
        "multiplications": trainee.multiplications(np.arange(min(20, TASKS[task].counts[1]))),
        "examples": float(len(examples(task, run.part, run.seed))),
    }
