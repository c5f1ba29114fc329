"""The family ``rules``: every learning rule of all papers on the same three tasks.

What each rule needs to learn a task is stated in its ``paper.toml``.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bioplaus.leaderboard.entrants import TASKS, Entrant, entrants, excluded
from bioplaus.records import RunReader
from bioplaus.reproduction.runs import Job, finished

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "jobs", "measure", "rows", "table", "tasks"]

QUICK_TASKS = ("xor", "digits")


def tasks() -> Sequence[str]:
    """Tasks, small ones first."""
    return list(TASKS)


def rows() -> Sequence[str]:
    """Rules that do a task."""
    return list(dict.fromkeys(entry.rule for entry in entrants()))


def jobs(
    tasks: Sequence[str], rows: Sequence[str], quick: bool
) -> dict[tuple[str, str], list[Job]]:
    """A run for each seed of each rule on each task; quick: the small tasks, one seed."""
    found = {}
    for entry in entrants():
        small = entry.task in QUICK_TASKS or not quick
        if entry.task in tasks and entry.rule in rows and small:
            found[entry.task, entry.rule] = entry.jobs()[: 1 if quick else None]
    return found


def _entrant(task: str, rule: str) -> Entrant:
    return next(entry for entry in entrants() if (entry.task, entry.rule) == (task, rule))


def measure(task: str, row: str, jobs: Sequence[Job], folder: Path) -> dict[str, Any] | None:
    """A row of the table, means over the seeds, or None where a seed is not finished."""
    entry = _entrant(task, row)
    if not all(finished(job, folder) for job in jobs):
        return None
    runs = [RunReader(job.directory(folder)) for job in jobs]
    accuracies = [1 - run.summary["metrics"]["test_error"] for run in runs]
    environment = runs[0].environment
    return {
        "task": entry.task,
        "rule": entry.rule,
        "accuracy": statistics.fmean(accuracies),
        "accuracy_sd": statistics.stdev(accuracies) if len(runs) > 1 else 0.0,
        "accuracies": accuracies,
        "angle_degrees": _mean(runs, entry.angle),
        "angle_of": entry.angle_of if entry.angle else None,
        "exact_angles": _exact(runs, entry),
        "no_exact": None if entry.exact else entry.no_exact,
        "operations_per_example": _mean(runs, "training_operations"),
        "passes": float(runs[0].metrics["epoch"][-1]),
        "wall_s": statistics.fmean(run.environment["wall_s"] for run in runs),
        "form": runs[0].config["form"],
        "experiment": entry.experiment,
        "setting": entry.setting,
        "settings": dict(entry.settings),
        "seeds": [job.seed for job in jobs],
        "revision": environment.get("revision"),
        "processor": environment.get("processor"),
    }


def _exact(runs: Sequence[RunReader], entry: Entrant) -> dict[str, list[float | None]]:
    """Angle of each projection to the exact gradient, and the median over its cells."""
    return {
        projection: [_mean(runs, f"{name}_{projection}") for name in ("angle", "angle_cell")]
        for projection in entry.exact
    }


def _mean(runs: Sequence[RunReader], name: str) -> float | None:
    """Mean over runs of a final figure, or of the last value of a metric; None without it."""
    found = []
    for run in runs:
        last = {key: float(values[-1]) for key, values in run.metrics.items() if len(values)}
        figures = {**last, **run.summary["metrics"]}
        if name not in figures:
            return None
        found.append(figures[name])
    return statistics.fmean(found)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown, a table for each task, best first; then what cannot do the task."""
    lines = []
    for task in [task for task in TASKS if any(row["task"] == task for row in rows)]:
        lines += [f"**{task}**: {TASKS[task]}", "", _HEADINGS, _RULE]
        members = [row for row in rows if row["task"] == task]
        lines += [_line(row) for row in sorted(members, key=lambda row: -row["accuracy"])]
        unable = [f"{rule} ({why})" for (at, rule), why in excluded().items() if at == task]
        lines += ["", f"Not applicable: {'; '.join(unable)}.", ""]
    return "\n".join(lines)


_HEADINGS = "| rule | accuracy | angle | exact gradient | operations | passes | wall time |"
_RULE = "|---|---|---|---|---|---|---|"


def _line(row: dict[str, Any]) -> str:
    angle, operations = row["angle_degrees"], row["operations_per_example"]
    weights = " †" if row["angle_of"] == "feedback" else ""
    cells = (
        row["rule"],
        f"{row['accuracy']:.1%} ± {row['accuracy_sd']:.1%}",
        "not measured" if angle is None else f"{angle:.0f}°{weights}",
        _exact_text(row),
        "not measured" if operations is None else f"{operations:,.0f}",
        f"{row['passes']:.0f}",
        f"{row['wall_s']:.0f} s",
    )
    return f"| {' | '.join(cells)} |"


def _exact_text(row: dict[str, Any]) -> str:
    """Angle of each projection and of its median cell, input side first; or why there is none."""
    if row["no_exact"]:
        return f"({row['no_exact']})"
    known = [pair for pair in row["exact_angles"].values() if None not in pair]
    return ", ".join(f"{whole:.0f}° ({cell:.0f}°)" for whole, cell in known) or "not measured"


def draw(rows: Sequence[dict[str, Any]]) -> Figure:
    """Accuracy of every rule, a panel for each task; the points are seeds."""
    from bioplaus import plotting

    tasks = [task for task in TASKS if any(row["task"] == task for row in rows)]
    rules = list(dict.fromkeys(row["rule"] for row in rows))
    rules += [rule for rule in dict.fromkeys(r for _, r in excluded()) if rule not in rules]
    with plotting.style():
        page = plotting.figure("page")
        panels = page.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
        for axes, task in zip(panels, tasks):
            found = {row["rule"]: row for row in rows if row["task"] == task}
            _draw_task(axes, task, [found.get(rule) for rule in rules], rules)
        panels[0].set_yticks(range(len(rules)), rules)
        panels[0].set_ylim(len(rules) - 0.5, -0.5)
    return page


def _draw_task(
    axes: Axes, task: str, found: Sequence[dict[str, Any] | None], rules: Sequence[str]
) -> None:
    from bioplaus import plotting

    worst = min(min(row["accuracies"]) for row in found if row)
    left = 100 * (1 - 1.15 * max(1 - worst, 0.01))
    for height, (row, rule) in enumerate(zip(found, rules)):
        if row:
            percent = [100 * value for value in row["accuracies"]]
            at = [height] * len(percent)
            axes.axhline(height, color=plotting.GREY, alpha=0.3, linewidth=0.5)
            axes.plot(percent, at, "o", color=plotting.COLOURS[0], alpha=0.6, clip_on=False)
        elif (task, rule) in excluded():
            axes.text(left, height, " not applicable", va="center", color=plotting.GREY, fontsize=7)
    axes.set(title=task, xlabel="right answers (%)", xlim=(left, 100))
    axes.locator_params(axis="x", nbins=4)
