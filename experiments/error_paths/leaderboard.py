"""The family ``error-paths`` of the leaderboard: every row on every task, under one protocol.

    bioplaus leaderboard --family error-paths --workers 2

A row on a task is one run of ``error-paths-contest``.  Quick are two tasks, four trials, one seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bioplaus import plotting
from bioplaus.experiments.error_paths import protocol
from bioplaus.experiments.error_paths.training import ROW_NAMES, TASKS
from bioplaus.layered.feedback import Fixed
from bioplaus.models.error_paths import BOLTZMANN, ROWS, SETTLING
from bioplaus.records import RunReader
from bioplaus.reproduction.runs import Job, finished

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["applies", "draw", "jobs", "measure", "rows", "table", "tasks"]

QUICK_TASKS = ("xor", "digits")
LEARNT = 0.01
"""Test error below which a seed has learnt exclusive or: a count, no mean, is reported there."""


def tasks() -> Sequence[str]:
    """Tasks of the family, small ones first."""
    return list(TASKS)


def rows() -> Sequence[str]:
    """Rows of the table of error paths."""
    return list(ROW_NAMES)


def applies(task: str, row: str) -> bool:
    """Whether a row is one of its own on a task: direct ones need two hidden layers.

    Sparse feedback needs more outputs than a hidden unit hears.
    """
    layers = TASKS[task].layers.count("-")
    if row in BOLTZMANN or row in SETTLING:
        return layers == 2
    path, outputs = ROWS[row], int(TASKS[task].layers.rpartition("-")[2])
    if isinstance(path.feedback, Fixed) and path.feedback.fan > outputs:
        return False
    layerwise = path.route == "layerwise" or row.startswith(("feedback control", "BDFA"))
    return layers > 2 or (layerwise and "at the top" not in row)


def jobs(
    tasks: Sequence[str], rows: Sequence[str], quick: bool
) -> dict[tuple[str, str], list[Job]]:
    """A run for each row on each task; all seeds are members of it."""
    found = {}
    for task in tasks:
        for row in rows:
            if applies(task, row) and (task in QUICK_TASKS or not quick):
                values = {"task": task, "row": row, "trials": "4" if quick else "10"}
                values |= {"seeds": "1"} if quick else {}
                found[task, row] = [Job("error-paths-contest", tuple(values.items()), 1)]
    return found


def measure(task: str, row: str, jobs: Sequence[Job], folder: Path) -> dict[str, Any] | None:
    """A line of the table, or None while its run is not finished."""
    (job,) = jobs
    if not finished(job, folder):
        return None
    run = RunReader(job.directory(folder))
    figures = run.summary["metrics"]
    count = sum(name.startswith("test_error_") and name[11:].isdigit() for name in figures)
    angle = figures["angle_to_backpropagation"]
    fits = 2 * run.parameters["trials"] + count
    return {
        "task": task,
        "row": row,
        "error": figures["test_error"],
        "error_sd": figures["test_error_sd"],
        "errors": [figures[f"test_error_{n + 1}"] for n in range(count)],
        "angle_degrees": None if angle is None or math.isnan(angle) else angle,
        "operations_per_example": figures["training_operations"],
        "lines": int(figures["lines"]),
        "seconds_a_seed": run.environment["cpu_s"] / fits,
        "needs": _needs(row),
        "form": run.config["form"],
        "source": "" if row in BOLTZMANN else {**ROWS, **SETTLING}[row].source,
        "step": figures["step"],
        "constants": ("", *protocol.OWN.get(row, ()))[int(figures["own_constants"])],
        "at_an_end": bool(figures["at_an_end"]),
        "trials": run.parameters["trials"],
        "revision": run.environment.get("revision"),
    }


def _needs(row: str) -> str:
    """Letters; see the paper's page."""
    return "MPR" if row in BOLTZMANN else {**ROWS, **SETTLING}[row].needs


_HEADINGS = "| row | error [%] | angle | operations | lines | s a seed | needs | step, constants |"
_RULE = "|---|---|---|---|---|---|---|---|"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown, a table for each task, best first."""
    lines = []
    for task, given in TASKS.items():
        members = [row for row in rows if row["task"] == task]
        if members:
            shown = f"{given.layers}, {given.passes} passes, batch {given.batch}"
            lines += [f"**{task}**: {shown}", "", _HEADINGS, _RULE]
            lines += [_line(row) for row in sorted(members, key=lambda row: row["error"])]
            lines.append("")
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    angle = row["angle_degrees"]
    error = f"{100 * row['error']:.2f} ± {100 * row['error_sd']:.2f}"
    if row["task"].startswith("xor"):
        learnt = sum(each < LEARNT for each in row["errors"])
        error = f"learnt in {learnt} of {len(row['errors'])} ({error})"
    end = " *" if row["at_an_end"] else ""
    constants = f", {row['constants']}" if row["constants"] else ""
    cells = (
        row["row"],
        error,
        "-" if angle is None else f"{angle:.0f}°",
        f"{row['operations_per_example']:,.0f}",
        str(row["lines"]),
        f"{row['seconds_a_seed']:.1f}",
        row["needs"] or "-",
        f"{row['step']:.3g}{end}{constants}",
    )
    return f"| {' | '.join(cells)} |"


def draw(rows: Sequence[dict[str, Any]]) -> Figure:
    """Error over the angle to backpropagation, a panel a task; colours are kinds of feedback."""
    tasks = [task for task in TASKS if any(row["task"] == task for row in rows)]
    tasks = [task for task in tasks if not task.startswith("xor")] or tasks
    with plotting.style():
        page = plotting.figure("page")
        panels = page.subplots(1, len(tasks), squeeze=False)[0]
        for axes, task in zip(panels, tasks):
            _draw_task(axes, task, [row for row in rows if row["task"] == task])
        panels[0].set_ylabel("test error [%]")
        handles, labels = panels[0].get_legend_handles_labels()
        page.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=6)
    return page


def _draw_task(axes: Axes, task: str, rows: Sequence[dict[str, Any]]) -> None:
    kinds = list(dict.fromkeys(_kind(row) for row in ROW_NAMES))
    for n, kind in enumerate(kinds):
        found = [row for row in rows if _kind(row["row"]) == kind]
        found = [row for row in found if row["angle_degrees"] is not None]
        colour, mark = plotting.COLOURS[n % len(plotting.COLOURS)], "os^vD"[n // 5 % 5]
        for row in found:
            many = [row["angle_degrees"]] * len(row["errors"])
            errors = [100 * each for each in row["errors"]]
            axes.plot(many, errors, "-", color=colour, alpha=0.4, linewidth=0.7)
            axes.plot(row["angle_degrees"], 100 * row["error"], mark, color=colour, markersize=3)
            at = (row["angle_degrees"], 100 * row["error"])
            axes.annotate(row["row"], at, fontsize=3.5, xytext=(2, 1), textcoords="offset points")
        axes.plot([], [], mark, color=colour, markersize=3, label=kind)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:.2g}")
    axes.set(title=task, xlabel="angle to backpropagation [degrees]", xlim=(-3, 100))


def _kind(row: str) -> str:
    """Which feedback a row has, for the legend."""
    if row in ROWS:
        return type(ROWS[row].feedback).__name__.lower()
    return "settling"
