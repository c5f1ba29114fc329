"""A row on a task, by one protocol of choice and test (Lillicrap et al. 2016 and others)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.error_paths import figures, protocol
from bioplaus.experiments.error_paths.lines import lines
from bioplaus.experiments.error_paths.training import ROW_NAMES, TASKS, Images, Training, images
from bioplaus.leaderboard.reported import reported
from bioplaus.models import error_paths
from bioplaus.models.error_paths import Layers
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings:
    """One row, one task."""

    task: str = parameter("digits", "what is learnt", choices=tuple(TASKS))
    row: str = parameter("FA", "how layers are told what to change", choices=ROW_NAMES)
    trials: int = parameter(10, "settings tried, each on two seeds of their own", low=3)
    seeds: int = parameter(0, "seeds reported, from the run's seed on; 0 is the task's own", low=0)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a trial, and in the end a seed that is tested once."""
    task = TASKS[p.task]
    shown = images(task.dataset, run.load)
    tried: list[float] = []
    found: list[float] = []
    run.keep(tried=tried, found=found)
    for turn in run.segments(p.trials + (p.seeds or task.seeds)):
        trials = _trials(p.row, tried)
        if turn.number < p.trials:
            at, constants = protocol.propose(p.row, trials)
            seeds = [10 * run.seed + 1, 10 * run.seed + 2]
            errors = [fit(p, shown, at, constants, seed).error("validation") for seed in seeds]
            tried += [at, float(number(p.row, constants)), statistics.fmean(errors)]
        else:
            chosen = protocol.best(trials)
            at, constants = chosen.at, chosen.constants
            trained = fit(p, shown, at, constants, run.seed + turn.number - p.trials)
            found += [trained.error("test"), trained.angle()]
            errors = [trained.error("validation")]
        run.log(step=step(p, at, constants), validation_error=statistics.fmean(errors))
    return _figures(p, _trials(p.row, tried), found)


def step(p: Settings, at: float, constants: str) -> float:
    """Step size at a place of the search."""
    return TASKS[p.task].centre * protocol.unit(p.row, constants) * protocol.RATIO**at


def fit(p: Settings, shown: Images, at: float, constants: str, seed: int) -> Training:
    """A row, trained."""
    task = TASKS[p.task]
    layers = Layers(p.row, constants, task.layers, learning_rate=step(p, at, constants))
    rng = np.random.default_rng(seed)
    training = Training(layers, shown, rng, passes=task.passes, batch=task.batch)
    for done in range(task.passes):
        training.learn(done)
        if not training.finite:
            break
    return training


def number(row: str, constants: str) -> int:
    """Constants as a number: 0 the row's own, then those that its search tries."""
    return ("", *protocol.OWN.get(row, ())).index(constants)


def _trials(row: str, tried: list[float]) -> list[protocol.Trial]:
    constants = ("", *protocol.OWN.get(row, ()))
    cut = zip(tried[::3], tried[1::3], tried[2::3])
    return [protocol.Trial(at, constants[int(which)], error) for at, which, error in cut]


def _figures(p: Settings, trials: list[protocol.Trial], found: list[float]) -> Mapping[str, float]:
    """What stands in the table."""
    task, chosen, errors = TASKS[p.task], protocol.best(trials), found[::2]
    angles = [each for each in found[1::2] if not math.isnan(each)]
    layers = Layers(p.row, chosen.constants, task.layers)
    return {
        **reported(errors),
        "validation_error": chosen.error,
        "angle_to_backpropagation": statistics.fmean(angles) if angles else math.nan,
        "step": step(p, chosen.at, chosen.constants),
        "own_constants": float(number(p.row, chosen.constants)),
        "at_an_end": float(protocol.at_an_end(trials)),
        "training_operations": float(error_paths.products(layers)),
        "lines": float(lines(p.row)),
    }


FORM = "batched"
FIGURES = {"search": figures.search}
