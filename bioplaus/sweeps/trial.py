"""What a worker does: run the seeds of one trial, taking up what is already there."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bioplaus.errors import UserError
from bioplaus.parameters import ParameterError
from bioplaus.records import RunReader, layout
from bioplaus.records.writer import RunLocked
from bioplaus.runs.pages.running import Interrupted, resume, start
from bioplaus.runs.progress import Progress
from bioplaus.sweeps.plan import SweepPlan
from bioplaus.sweeps.script_trial import run_script_seed

__all__ = ["Outcome", "Task", "objective_curve", "run_trial"]

_LOCK_PATIENCE_S = 60.0
_NO_OBJECTIVES = ("segment", "epoch", "simulated_time_s")


@dataclass(frozen=True)
class Task:
    """One trial: its number, the drawn values as text, and the folder of the trials."""

    plan: SweepPlan
    number: int
    values: dict[str, str]
    folder: Path

    def run_directory(self, seed: int) -> Path:
        """Where a seed of this trial is kept."""
        return self.folder / f"{self.number:04d}-s{seed}"

    @property
    def stop_file(self) -> Path:
        """Its presence asks the trial to stop after the present segment."""
        return self.folder / f"{self.number:04d}.stop"


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: the objective of each finished seed, or why there is none."""

    values: tuple[float, ...] = ()
    stopped: bool = False
    error: str = ""


class _Watch(Progress):
    """Ends a run after the segment in which its trial was asked to stop, unless it is the last."""

    def __init__(self, stop_file: Path) -> None:
        self.stop_file = stop_file
        self.segments = 0

    def open(self, segments: int, done: int, simulated_time: float) -> None:
        """Remember where the run ends by itself."""
        self.segments = segments

    def segment_done(
        self, segment: int, epoch: float, simulated_time: float, metrics: Mapping[str, float]
    ) -> None:
        """Look for the request."""
        if segment + 1 < self.segments and self.stop_file.exists():
            raise KeyboardInterrupt


def run_trial(task: Task) -> Outcome:
    """Run every seed of a trial that is not finished yet; never repeats one that is."""
    values: list[float] = []
    try:
        for seed in range(1, task.plan.seeds + 1):
            run = _run_seed(task, seed)
            curve = objective_curve(run.path, run.metrics, task.plan.objective)
            values.append(float(curve[-1]) if len(curve) else math.nan)
    except Interrupted:
        return Outcome(tuple(values), stopped=True)
    except UserError as error:  # diverged, or values that do not fit together: the sweep goes on
        return Outcome(tuple(values), error=f"{type(error).__name__}: {error}")
    return Outcome(tuple(values))


def objective_curve(
    path: Path, metrics: Mapping[str, NDArray[np.float64]], objective: str
) -> NDArray[np.float64]:
    """The objective after each segment of a run that has it.

    Raises
    ------
    ParameterError
        When its metrics have no such column; the message says which they have.
    """
    if objective not in metrics:
        known = ", ".join(name for name in metrics if name not in _NO_OBJECTIVES)
        raise ParameterError(f"{path} has no metric {objective!r}; it has {known or 'none'}")
    values = metrics[objective]
    return values[~np.isnan(values)]  # a script need not have every metric in every row


def _run_seed(task: Task, seed: int) -> RunReader:
    out = task.run_directory(seed)
    if task.plan.is_script:
        return run_script_seed(task.plan, task.values, seed, out, task.stop_file)
    watch = _Watch(task.stop_file)
    plan = task.plan.trial_plan(task.values, seed)
    if not (out / layout.CONFIG).is_file():
        shutil.rmtree(out, ignore_errors=True)  # died while it was being made
        return start(plan, out, progress=watch)
    run = RunReader(out)
    if run.status == "finished":
        return run
    waiting_since = time.monotonic()
    while True:
        try:
            return resume(plan, out, progress=watch)
        except RunLocked:  # the worker before is still dying
            if time.monotonic() - waiting_since > _LOCK_PATIENCE_S:
                raise
            time.sleep(0.5)
