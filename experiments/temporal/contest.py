"""A rule on a task, by one protocol of choice and test (Bellec and others 2020, and the others).

Written before the first of these runs: four trials of the learning rate, around that of the rule's
network in ratios of 3, then outwards while the best stands at an end, else between; a selection
seed of its own (ten times the run's, plus one) and validation examples choose.  Then seeds from the
run's on are trained and tested once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.temporal import figures, rules
from bioplaus.experiments.temporal.lines import lines
from bioplaus.experiments.temporal.tasks import TASKS
from bioplaus.experiments.temporal.training import Trainee, agreement, batch, made
from bioplaus.leaderboard import search
from bioplaus.leaderboard.reported import reported
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

RATIO = 3.0
MOMENTS = ("start", "tenth", "end")
"""When the direction is held against the gradient: before, after a tenth of the updates, after."""


@dataclass(frozen=True)
class Settings:
    """One rule, one task."""

    task: str = parameter("pattern", "what is learnt", choices=tuple(TASKS))
    rule: str = parameter("e-prop, symmetric", "how weights learn", choices=rules.NAMES)
    trials: int = parameter(4, "learning rates tried, on a seed of their own", low=3)
    seeds: int = parameter(3, "seeds reported, from the run's seed on", low=1)
    share: float = parameter(1.0, "of the examples that a training shows", low=1e-3, high=1.0)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a trial, and in the end a seed that is tested once."""
    rules.check(p.task, p.rule)
    tried: list[float] = []
    found: dict[str, list[float]] = {}
    run.keep(tried=tried, found=found)
    for turn in run.segments(p.trials + p.seeds):
        trials = _trials(tried)
        if turn.number < p.trials:
            at = search.next_place(trials)
            error = _trained(p, at, 10 * run.seed + 1, run.progress).error("validation")
            tried += [at, _number(error)]
        else:
            at, seed = search.best(trials).at, run.seed + turn.number - p.trials
            error = _reported(p, at, seed, found, run.progress)
        run.log(pace=RATIO**at, validation_error=_number(error))
    return _figures(p, _trials(tried), found)


def _trained(
    p: Settings,
    at: float,
    seed: int,
    progress: Callable[[float], None],
    look: Callable[[str, Trainee], None] = lambda moment, trainee: None,
) -> Trainee:
    """A network after its training; ``look`` is called at three moments of it."""
    trainee = made(p.task, p.rule, np.random.default_rng(seed), seed, RATIO**at)
    updates = max(2, round(p.share * TASKS[p.task].updates))
    look("start", trainee)
    with np.errstate(all="ignore"):  # a rule that diverges is a result
        for update in range(updates):
            if update == max(1, updates // 10):
                look("tenth", trainee)
            trainee.learn(batch(p.task, update, seed))
            progress((update + 1) / updates)
    look("end", trainee)
    return trainee


def _reported(
    p: Settings,
    at: float,
    seed: int,
    found: dict[str, list[float]],
    progress: Callable[[float], None],
) -> float:
    """Train and test a seed; adds its figures, and returns the validation error."""

    def look(moment: str, trainee: Trainee) -> None:
        for name, angle in agreement(p.task, trainee).items():
            found.setdefault(f"{name}_{moment}", []).append(angle)

    trainee = _trained(p, at, seed, progress, look)
    found.setdefault("test_error", []).append(_number(trainee.error("test")))
    rows = np.arange(min(20, TASKS[p.task].counts[1]))
    found.setdefault("multiplications", []).append(trainee.multiplications(rows))
    return trainee.error("validation")


def _number(error: float) -> float:
    """As it is, and nothing learnt where it is no number."""
    return error if math.isfinite(error) else 1.0


def _trials(tried: list[float]) -> list[search.Trial]:
    return [search.Trial(at, "", error) for at, error in zip(tried[::2], tried[1::2])]


def _figures(
    p: Settings, trials: list[search.Trial], found: Mapping[str, list[float]]
) -> Mapping[str, float]:
    """What stands in the table; angles that are no number in every seed are left out."""
    errors, chosen = found["test_error"], search.best(trials)
    angles = {
        name: statistics.fmean(known)
        for name, each in found.items()
        if name.rpartition("_")[2] in MOMENTS
        and (known := [angle for angle in each if not math.isnan(angle)])
    }
    return {
        **reported(errors),
        "validation_error": chosen.error,
        **angles,
        "pace": RATIO**chosen.at,
        "at_an_end": float(search.at_an_end(trials)),
        "multiplications": statistics.fmean(found["multiplications"]),
        "lines": float(lines(p.rule)),
    }


FORM = "batched"
FIGURES = {"search": figures.search}
