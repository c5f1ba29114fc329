"""The family ``temporal`` of the leaderboard: rules that learn over time, every one on every task.

    bioplaus leaderboard --family temporal

A rule on a task is one run of ``temporal-contest``.  Quick are three tasks, a twentieth of the
examples, three trials, one seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bioplaus import plotting
from bioplaus.experiments.temporal.figures import in_ones_twos_fives
from bioplaus.experiments.temporal.rules import NAMES, RULES, reason
from bioplaus.experiments.temporal.tasks import TASKS
from bioplaus.leaderboard.reported import errors_of, known
from bioplaus.records import RunReader
from bioplaus.reproduction.runs import Job, finished

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "jobs", "measure", "rows", "table", "tasks"]

QUICK_TASKS = ("pattern", "randman", "yin-yang")
QUICK = {"share": "0.05", "trials": "3", "seeds": "1"}
FORMS = {
    "spiking": "spikes, recurrent, batched", "rates": "rates, recurrent, batched",
    "layered": "spikes, layers, batched", "events": "spikes, layers, event-driven",
    "wanted": "spikes, one cell, compiled",
}  # fmt: skip
PROJECTIONS = {
    "spiking": ("input_to_cells", "cells_to_cells"),
    "rates": ("input_to_units", "units_to_units"),
    "layered": ("input_to_hidden", "hidden_to_output"),
    "events": ("input_to_hidden", "hidden_to_output"),
    "wanted": ("input_to_output",),
}
"""Whose angles stand in the table: a readout that hears its own error has none of interest."""


def tasks() -> Sequence[str]:
    """Tasks of the family."""
    return list(TASKS)


def rows() -> Sequence[str]:
    """Rules that have a place in some task."""
    return list(RULES)


def jobs(
    tasks: Sequence[str], rows: Sequence[str], quick: bool
) -> dict[tuple[str, str], list[Job]]:
    """A run for each rule on each task where it has a place; all seeds are members of it."""
    found = {}
    for task in tasks:
        for rule in rows:
            if not reason(task, rule) and (task in QUICK_TASKS or not quick):
                values = {"task": task, "rule": rule, **(QUICK if quick else {})}
                found[task, rule] = [Job("temporal-contest", tuple(values.items()), 1)]
    return found


def measure(task: str, row: str, jobs: Sequence[Job], folder: Path) -> dict[str, Any] | None:
    """A line of the table, or None while its run is not finished."""
    (job,) = jobs
    if not finished(job, folder):
        return None
    run = RunReader(job.directory(folder))
    figures, given = run.summary["metrics"], RULES[row]
    errors = errors_of(figures)
    shown = TASKS[task].shown * run.parameters["share"]
    return {
        "task": task,
        "rule": row,
        **errors,
        "angles": {
            moment: known(figures, f"angle_{moment}") for moment in ("start", "tenth", "end")
        },
        "projections": _projections(figures, PROJECTIONS[given.network]),
        "floor": known(figures, "floor_end"),
        "multiplications": figures["multiplications"],
        "ms_an_example": 1e3
        * run.environment["wall_s"]
        / ((run.parameters["trials"] + len(errors["errors"])) * shown),
        "lines": int(figures["lines"]),
        "needs": given.needs,
        "form": FORMS[given.network],
        "source": given.source,
        "pace": figures["pace"],
        "at_an_end": bool(figures["at_an_end"]),
        "trials": run.parameters["trials"],
        "revision": run.environment.get("revision"),
    }


def _projections(
    figures: Mapping[str, float | None], names: Sequence[str]
) -> dict[str, list[float | None]]:
    """Angle of the whole and of the median cell, in the end."""
    return {
        name: [known(figures, f"{angle}_{name}_end") for angle in ("angle", "angle_cell")]
        for name in names
    }


_HEADINGS = (
    "| rule | error | angle: before, after a tenth, in the end | by projection (median cell) "
    "| floor | products | ms | lines | needs | form |"
)
_RULE = "|---" * 10 + "|"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown, a table for each task, best first; then who has no place in it."""
    lines = []
    for task, given in TASKS.items():
        members = [row for row in rows if row["task"] == task]
        if members:
            kind = "test error [%]" if given.classes else "error relative to that of silence"
            lines += [f"**{task}**: {given.about}; {kind}", "", _HEADINGS, _RULE]
            lines += [_line(row) for row in sorted(members, key=lambda row: row["error"])]
            without = [f"{rule} ({why})" for rule in NAMES if (why := reason(task, rule))]
            lines += ["", f"No place here: {'; '.join(without)}.", ""]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    scale, digits = (100, 1) if TASKS[row["task"]].classes else (1, 3)
    cells = (
        row["rule"],
        f"{scale * row['error']:.{digits}f} ± {scale * row['error_sd']:.{digits}f}"
        + (" *" if row["at_an_end"] else ""),
        ", ".join(_degrees(angle) for angle in row["angles"].values()),
        ", ".join(f"{_degrees(a)} ({_degrees(cell)})" for a, cell in row["projections"].values()),
        _degrees(row["floor"]),
        *(f"{_rounded(row[name]):,.10g}" for name in ("multiplications", "ms_an_example")),
        str(row["lines"] or "-"),
        row["needs"] or "-",
        row["form"],
    )
    return f"| {' | '.join(cells)} |"


def _rounded(value: float) -> float:
    """To two digits."""
    return float(f"{value:.2g}")


def _degrees(angle: float | None) -> str:
    return "-" if angle is None else f"{angle:.0f}°"


def draw(rows: Sequence[dict[str, Any]]) -> Figure:
    """Error over the angle to the gradient, a panel a task; a colour a network, a mark a rule."""
    tasks = [task for task in TASKS if any(row["task"] == task for row in rows)]
    with plotting.style():
        page = plotting.figure("page", height=2.4 * math.ceil(len(tasks) / 3) + 1.2)
        panels = page.subplots(math.ceil(len(tasks) / 3), min(3, len(tasks)), squeeze=False)
        for axes, task in zip(panels.flat, tasks):
            _draw_task(axes, task, [row for row in rows if row["task"] == task])
        for axes in panels.flat[len(tasks) :]:
            axes.set_axis_off()
        marks: dict[str, Any] = {}
        for axes in panels.flat[: len(tasks)]:
            handles, labels = axes.get_legend_handles_labels()
            marks |= dict(zip(labels, handles))
        known = {rule: marks[rule] for rule in RULES if rule in marks}
        page.legend(known.values(), known, loc="outside lower center", ncols=4, fontsize=6)
    return page


def _draw_task(axes: Axes, task: str, rows: Sequence[dict[str, Any]]) -> None:
    scale = 100 if TASKS[task].classes else 1
    networks = list(FORMS)
    for rule, given in RULES.items():
        colour = plotting.COLOURS[networks.index(given.network)]
        mark = "os^vDP"[
            [each for each in RULES if RULES[each].network == given.network].index(rule)
        ]
        for row in (row for row in rows if row["rule"] == rule):
            angle = row["angles"]["tenth"]
            if angle is None:  # nothing moves the cells: a level to be below of
                axes.axhline(scale * row["error"], color=colour, ls=":", lw=0.8, label=rule)
                continue
            errors = [scale * each for each in row["errors"]]
            axes.plot([angle] * len(errors), errors, "-", color=colour, alpha=0.4, lw=0.7)
            axes.plot(
                angle, scale * row["error"], mark, color=colour, ms=4, label=rule, ls="none",
            )  # fmt: skip
    if not TASKS[task].classes:
        axes.set_yscale("log")
        in_ones_twos_fives(axes.yaxis)
    unit = "test error [%]" if TASKS[task].classes else "error / that of silence"
    widest = max([100.0, *(row["angles"]["tenth"] or 0.0 for row in rows)])
    axes.set(title=task, xlabel="angle to the gradient [degrees]", ylabel=unit)
    axes.set_xlim(-5, widest + 5)
