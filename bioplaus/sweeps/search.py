"""The search itself: Optuna proposes, workers run, hopeless trials are stopped early.

Only this process talks to Optuna; what a trial achieves is read from its run directory.  So a
worker may die at any time, and the whole search may be stopped and started again.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bioplaus.records import RunReader, layout, lock
from bioplaus.records.writer import RunLocked
from bioplaus.sweeps.plan import SweepPlan, write_plan
from bioplaus.sweeps.trial import Outcome, Task, objective_curve, run_trial

if TYPE_CHECKING:
    from distributed import Client, Future
    from optuna import Study, Trial

__all__ = ["Sweep", "open_study"]

STUDY_FILE = "study.db"
TRIALS = "trials"
_POLL_S = 0.1
_WARM_UP_TRIALS = 5


@dataclass
class _Running:
    trial: Trial
    task: Task
    future: Future
    reported: int = 0
    hopeless: bool = False


class Sweep:
    """A search in a directory of its own.

    Parameters
    ----------
    folder
        ``sweep.yaml``, ``study.db`` and ``trials/NNNN-sSEED`` (ordinary run directories).
    plan
        Must equal the one in the folder, if there is one.

    Raises
    ------
    ParameterError
        When the plan does not fit the experiment.
    NotASweep
        When the folder holds something else.
    """

    def __init__(self, folder: Path, plan: SweepPlan) -> None:
        self.folder = folder
        self.plan = plan
        self.axes = plan.axes()
        self.combinations = self._combinations() if plan.grid else []
        write_plan(folder, plan)
        (folder / TRIALS).mkdir(exist_ok=True)

    def _combinations(self) -> list[dict[str, Any]]:
        names = [axis.name for axis in self.axes]
        points = [axis.grid() for axis in self.axes]
        return [dict(zip(names, values)) for values in itertools.product(*points)]

    def run(self, client: Client, trials: int, tell: Callable[[str], None] = print) -> Study:
        """Search until ``trials`` trials are over (a grid: all of them); returns the study.

        Trials of an earlier call that were not over are taken up first, at their checkpoints.

        Raises
        ------
        RunLocked
            When another process searches in this folder.
        ParameterError
            When the experiment's metrics have no such objective.
        """
        held = lock.acquire(self.folder)
        if held is None:
            raise RunLocked(f"{self.folder} is being searched by another process")
        running: list[_Running] = []
        try:
            study = open_study(self.folder, self.plan)
            total = self._enqueue_grid(study) if self.plan.grid else trials
            left_over = _trials_in_progress(study)
            while True:
                self._fill(client, study, running, left_over, total)
                if not running:
                    return study
                for item in list(running):
                    self._watch(study, item)
                    if item.future.done():
                        running.remove(item)
                        self._conclude(study, item, total, tell)
                time.sleep(_POLL_S)
        finally:
            for item in running:
                item.task.stop_file.touch()  # a worker elsewhere stops at its next checkpoint
            lock.release(held)

    def _enqueue_grid(self, study: Study) -> int:
        for values in self.combinations[len(study.get_trials(deepcopy=False)) :]:
            study.enqueue_trial(values)
        return len(self.combinations)

    def _fill(
        self,
        client: Client,
        study: Study,
        running: list[_Running],
        left_over: list[Trial],
        total: int,
    ) -> None:
        """Give every free worker a trial, while there are any to give."""
        slots = max(1, sum(client.nthreads().values()))
        while len(running) < slots:
            if left_over:
                trial = left_over.pop(0)
            elif _begun(study) < total:
                trial = study.ask({axis.name: axis.distribution() for axis in self.axes})
            else:
                return
            values = {axis.name: axis.text(trial.params[axis.name]) for axis in self.axes}
            task = Task(self.plan, trial.number, values, (self.folder / TRIALS).resolve())
            task.stop_file.unlink(missing_ok=True)
            running.append(_Running(trial, task, client.submit(run_trial, task, pure=False)))

    def _watch(self, study: Study, item: _Running) -> None:
        """Pass on what the trial has reported since the last look, and stop it if hopeless."""
        values = _progress(item.task)
        for step in range(item.reported, len(values)):
            item.trial.report(values[step], step)
        fresh, item.reported = len(values) > item.reported, len(values)
        if fresh and self.plan.prune and not item.hopeless and item.trial.should_prune():
            item.hopeless = True
            item.task.stop_file.touch()

    def _conclude(
        self, study: Study, item: _Running, total: int, tell: Callable[[str], None]
    ) -> None:
        from optuna.trial import TrialState

        item.task.stop_file.unlink(missing_ok=True)
        failure = item.future.exception()
        outcome = item.future.result() if failure is None else Outcome(error=str(failure))
        mean = math.fsum(outcome.values) / len(outcome.values) if outcome.values else math.nan
        if outcome.error or (not outcome.stopped and not math.isfinite(mean)):
            item.trial.set_user_attr("error", outcome.error or f"{self.plan.objective} = {mean}")
            study.tell(item.trial, state=TrialState.FAIL)
            result = f"failed ({item.trial.user_attrs['error']})"
        elif outcome.stopped:
            study.tell(item.trial, state=TrialState.PRUNED)
            result = f"stopped early after {item.reported} segments"
        else:
            study.tell(item.trial, mean)
            result = f"{self.plan.objective} = {mean:.5g}"
        values = ", ".join(f"{name}={value}" for name, value in item.task.values.items())
        over = sum(t.state.is_finished() for t in study.get_trials(deepcopy=False))
        tell(f"[{over}/{total}] trial {item.trial.number}: {values}: {result}")


def open_study(folder: Path, plan: SweepPlan) -> Study:
    """The Optuna study of a sweep directory, made when there is none."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = f"sqlite:///{(folder / STUDY_FILE).resolve()}"
    study = optuna.create_study(
        storage=storage,
        study_name="sweep",
        direction="maximize" if plan.maximize else "minimize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_WARM_UP_TRIALS, n_warmup_steps=1),
        load_if_exists=True,
    )
    # A sampler that started from the same seed again would propose the first trials again.
    begun = len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=begun, constant_liar=True)
    return study


def _trials_in_progress(study: Study) -> list[Trial]:
    """Trials that an earlier process began and did not conclude."""
    from optuna import Trial
    from optuna.trial import TrialState

    frozen = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [Trial(study, trial._trial_id) for trial in frozen]


def _begun(study: Study) -> int:
    from optuna.trial import TrialState

    return sum(t.state != TrialState.WAITING for t in study.get_trials(deepcopy=False))


def _progress(task: Task) -> list[float]:
    """The objective after each segment so far: the mean over seeds done and the present one."""
    values: list[float] = []
    finals: list[float] = []
    for seed in range(1, task.plan.seeds + 1):
        path = task.run_directory(seed)
        if not (path / layout.STATE).is_file():
            break
        run = RunReader(path)
        metrics = run.metrics
        if not metrics or not len(metrics["segment"]):
            break
        later = task.plan.is_script and run.status != "finished"
        if later and task.plan.objective not in metrics:
            break  # a script may log it at its end
        curve = objective_curve(path, metrics, task.plan.objective)
        if not len(curve):
            break
        values += [(math.fsum(finals) + float(v)) / (len(finals) + 1) for v in curve]
        finals.append(float(curve[-1]))
    return values
