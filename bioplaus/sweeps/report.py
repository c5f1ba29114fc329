"""What a sweep has found: the best trials, which parameters matter, and a figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bioplaus.plotting import COLOURS, GREY, figure, style
from bioplaus.records import atomic
from bioplaus.sweeps.plan import SweepPlan, read_plan
from bioplaus.sweeps.search import TRIALS, open_study
from bioplaus.sweeps.space import Axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from optuna import Study
    from optuna.trial import FrozenTrial

__all__ = ["Report", "read_report"]


@dataclass(frozen=True)
class Report:
    """A sweep read back from its directory."""

    folder: Path
    plan: SweepPlan
    axes: list[Axis]
    study: Study

    def counts(self) -> dict[str, int]:
        """How many trials are in which state."""
        names = [trial.state.name.lower() for trial in self.study.get_trials(deepcopy=False)]
        return {name: names.count(name) for name in sorted(set(names))}

    def best(self, count: int = 5) -> list[FrozenTrial]:
        """The best finished trials, best first."""
        sign = -1 if self.plan.maximize else 1
        return sorted(self._finished(), key=lambda trial: sign * (trial.value or 0.0))[:count]

    def runs(self, trial: FrozenTrial) -> list[Path]:
        """The run directories of a trial, one for each seed."""
        return sorted((self.folder / TRIALS).glob(f"{trial.number:04d}-s*"))

    def importances(self) -> dict[str, float]:
        """Share of the objective's variance that each parameter explains (fANOVA).

        Empty with fewer than three finished trials, or when all are equally good.
        """
        import optuna

        if len({trial.value for trial in self._finished()}) < 3:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(self.study, evaluator=evaluator)
        return {name: float(share) for name, share in shares.items()}

    def figure(self) -> Figure:
        """The objective against each parameter, one panel each; the best trial is marked."""
        with style():
            width = "column" if len(self.axes) == 1 else "page"
            rows = (len(self.axes) + 2) // 3
            page = figure(width, height=2.3 * rows)
            columns = min(len(self.axes), 3)
            panels = page.subplots(rows, columns, squeeze=False, sharey=True).ravel()
            for panel, axis in zip(panels, self.axes):
                self._panel(panel, axis)
            for panel in panels[:: columns or 1]:
                panel.set_ylabel(self.plan.objective.replace("_", " "))
            for panel in panels[len(self.axes) :]:
                panel.set_axis_off()
        return page

    def draw(self) -> Path:
        """Write the figure into the sweep's directory."""
        path = self.folder / "objective.png"
        atomic.write(path, lambda partial: self.figure().savefig(partial, format="png"))
        return path

    def _panel(self, panel: Axes, axis: Axis) -> None:
        finished, best = self._finished(), self.best(1)
        x = np.array([_position(axis, trial) for trial in finished], dtype=float)
        if axis.kind == "choice" and len(x):
            # Equal choices side by side, so that no trial hides another.
            x += np.linspace(-0.15, 0.15, len(x))
            panel.set_xticks(range(len(axis.choices)), list(axis.choices))
            panel.set_xlim(-0.5, len(axis.choices) - 0.5)
        y = np.array([trial.value for trial in finished], dtype=float)
        panel.scatter(x, y, s=12, color=GREY)
        if best:
            at = finished.index(best[0])
            panel.scatter(x[at], y[at], s=30, color=COLOURS[1], label="best")
            panel.legend()
        if axis.kind == "log":
            panel.set_xscale("log")
        panel.set_xlabel(
            f"{axis.name.replace('_', ' ')}" + (f" [{axis.unit}]" if axis.unit else "")
        )

    def _finished(self) -> list[FrozenTrial]:
        from optuna.trial import TrialState

        return self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def read_report(folder: Path) -> Report:
    """Read a sweep directory.

    Raises
    ------
    NotASweep
        When it is none.
    """
    plan = read_plan(folder)
    return Report(folder, plan, plan.axes(), open_study(folder, plan))


def _position(axis: Axis, trial: FrozenTrial) -> float:
    value = trial.params[axis.name]
    return float(axis.choices.index(value)) if axis.kind == "choice" else float(value)
