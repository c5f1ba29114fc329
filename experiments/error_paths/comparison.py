"""All rows beside each other: a table of rows and tasks, and a figure of error over alignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting
from bioplaus.experiments.error_paths.beforehand import agrees, beforehand
from bioplaus.experiments.error_paths.training import ROW_NAMES, TASKS
from bioplaus.layered.carriers import Gradient, TopOnly
from bioplaus.layered.control import Controlled, Predictive
from bioplaus.layered.feedback import Fixed, NoFeedback, Redrawn, Signs, Transported
from bioplaus.layered.targets import Predicted
from bioplaus.layered.units import Array
from bioplaus.models.error_paths import BOLTZMANN, ROWS, SETTLING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["applies", "carrier", "draw", "feedback", "learnt", "needs", "table"]

LEARNT = 0.01
"""Test error below which a seed has learnt exclusive or: a count, no mean, is reported there."""

DRAWN = ("mnist-5000", "deep")
"""Tasks of the figure: in the others rows hardly differ."""

COLOURS = dict(
    zip(("transposed", "signs", "learnt", "random", "none"), (*plotting.COLOURS[:4], plotting.GREY))
)
"""By the weights through which errors travel."""

MARKS = {"gradient": "o", "target": "^", "guess": "v", "relaxation": "D", "settling": "s"}
"""By what travels."""

NEAR = 0.9
"""Share of the rows to which a panel reaches: what errs more stands at its upper edge."""
NO_ANGLE = 145
"""Where rows stand that ask nothing of hidden weights, or are no gradient [degrees]."""


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


def needs(row: str) -> str:
    """Letters; see the paper's page."""
    return "PRT" if row in BOLTZMANN else {**ROWS, **SETTLING}[row].needs


def feedback(row: str) -> str:
    """Through which weights errors come down: transposed, signs, learnt, random or none."""
    if row in BOLTZMANN:
        return "transposed"
    if row in SETTLING:
        return {"tied": "transposed", "own": "learnt", "random": "random"}[SETTLING[row].feedback]
    kinds = {Transported: "transposed", Signs: "signs", NoFeedback: "none"}
    random = isinstance(ROWS[row].feedback, Fixed | Redrawn)
    return "random" if random else kinds.get(type(ROWS[row].feedback), "learnt")


def carrier(row: str) -> str:
    """What comes down: a gradient, a target, a guess, or what settles in passing or in phases."""
    if row in BOLTZMANN or row in SETTLING:
        return "settling"
    kind = ROWS[row].carrier
    if isinstance(kind, Gradient | TopOnly):
        return "gradient"
    if isinstance(kind, Controlled | Predictive):
        return "relaxation"
    return "guess" if isinstance(kind, Predicted) else "target"


# The table


_COLUMNS = (
    "row", "error [%]", "beforehand", "angle", "operations", "lines", "CPU s", "needs",
    "step, constants",
)  # fmt: skip
_HEADINGS = [f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown: all of them over the tasks, then a table for each task, best first."""
    lines = [*_overview(rows), "", _agreement(rows), ""]
    for task, given in TASKS.items():
        members = [row for row in rows if row["task"] == task]
        if members:
            shown = f"{given.layers}, {given.passes} passes, batch {given.batch}"
            lines += [f"**{task}**: {shown}", "", *_HEADINGS]
            lines += [_line(row) for row in sorted(members, key=lambda row: row["error"])]
            lines.append("")
    return "\n".join(lines)


def _overview(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A line a row, by the weights through which its errors come: error and angle on every task."""
    found = {(row["task"], row["rule"]): row for row in rows}
    names = [name for name in ROW_NAMES if any(name == row["rule"] for row in rows)]
    lines = [
        f"| row | errors through | needs | {' | '.join(TASKS)} |",
        "|---" * (3 + len(TASKS)) + "|",
    ]
    for name in sorted(names, key=lambda name: list(COLOURS).index(feedback(name))):
        cells = [_cell(name, task, found.get((task, name))) for task in TASKS]
        lines.append(f"| {' | '.join((name, feedback(name), needs(name) or '-', *cells))} |")
    return lines


def _agreement(rows: Sequence[dict[str, Any]]) -> str:
    """How many figures lie in their bands, and which do not."""
    judged = [(agrees(row), f"{row['rule']} on {row['task']}") for row in rows]
    banded = [found for found in judged if found[0] is not None]
    above = [name for agreed, name in banded if not agreed]
    told = f"; above it: {', '.join(above)}" if above else ""
    return f"Of {len(banded)} figures with a band {len(banded) - len(above)} agree{told}."


def _cell(name: str, task: str, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "not run" if applies(task, name) else ""
    angle = row["angle_degrees"]
    end = " *" if row["at_an_end"] else ""
    if task.startswith("xor"):
        return f"{learnt(row)} of {len(row['errors'])}{end}"
    text = f"{100 * row['error']:.2f} ± {100 * row['error_sd']:.2f}"
    return text + ("" if angle is None else f", {angle:.0f}°") + end


def learnt(row: Mapping[str, Any]) -> int:
    """How many seeds have learnt exclusive or."""
    return sum(each < LEARNT for each in row["errors"])


def _line(row: dict[str, Any]) -> str:
    angle = row["angle_degrees"]
    error = f"{100 * row['error']:.2f} ± {100 * row['error_sd']:.2f}"
    if row["task"].startswith("xor"):
        error = f"learnt in {learnt(row)} of {len(row['errors'])} ({error})"
    end = " *" if row["at_an_end"] else ""
    constants = f", {row['constants']}" if row["constants"] else ""
    cells = (
        row["rule"],
        error,
        beforehand(row),
        "-" if angle is None else f"{angle:.0f}°",
        f"{row['operations_per_example']:,.0f}",
        str(row["lines"]),
        f"{row['seconds_a_seed']:.2f}",
        row["needs"] or "-",
        f"{row['step']:.3g}{end}{constants}",
    )
    return f"| {' | '.join(cells)} |"


# The figure


def draw(rows: Sequence[dict[str, Any]]) -> Figure:
    """Error over the angle to backpropagation, a point a row with its seeds, named by error.

    Colours are the weights through which errors come, marks what comes.  The two tasks that
    separate the rows have a panel each; while none of them is there, others stand in.
    """
    there = [task for task in TASKS if any(row["task"] == task for row in rows)]
    separating = [task for task in there if not task.startswith("xor")] or there
    tasks = [task for task in DRAWN if task in there] or separating[-2:]
    most = max(sum(row["task"] == task for row in rows) for task in tasks)
    with plotting.style():
        page = plotting.figure("page", 1.6 + 0.095 * most)
        panels = page.subplots(1, len(tasks), squeeze=False)[0]
        for axes, task in zip(panels, tasks):
            _draw_task(axes, task, [row for row in rows if row["task"] == task])
        panels[0].set_ylabel("test error [%]")
        _legend(page)
    return page


def _legend(page: Figure) -> None:
    """Colours and marks, each once."""
    from matplotlib.lines import Line2D

    kinds = [Line2D([], [], color=c, marker="o", ls="", label=n) for n, c in COLOURS.items()]
    marks = [
        Line2D([], [], color=plotting.GREY, marker=m, ls="", label=n) for n, m in MARKS.items()
    ]
    both = [each for pair in zip(kinds, marks) for each in pair]
    page.legend(handles=both, loc="outside lower center", ncols=len(kinds), fontsize=6)


def _draw_task(axes: Axes, task: str, rows: Sequence[dict[str, Any]]) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    rows = sorted(rows, key=lambda row: row["error"])
    errors = np.array([100 * row["error"] for row in rows])
    low = 0.93 * max(errors[0], 0.1)
    top = 1.05 * max(np.quantile(errors, NEAR, method="lower"), 2 * low)
    axes.set(title=task, xlabel="angle to backpropagation [degrees]", yscale="log")
    axes.set(xlim=(-4, NO_ANGLE + 4), ylim=(low, top))
    axes.set_xticks([0, 30, 60, 90, 120, NO_ANGLE], ["0", "30", "60", "90", "120", "none"])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    shown = errors.clip(low, top)
    for row, error, height in zip(rows, shown, _spread(np.log(shown / low) / np.log(top / low))):
        _draw_row(axes, row, error, height)


def _draw_row(axes: Axes, row: Mapping[str, Any], shown: float, height: float) -> None:
    """Point, seeds, and the name beside the panel, at a height [of the panel]."""
    colour, angle = COLOURS[feedback(row["rule"])], row["angle_degrees"]
    at = (NO_ANGLE if angle is None else angle, shown)
    seeds = [100 * each for each in row["errors"]]
    axes.plot([at[0]] * len(seeds), seeds, "-", color=colour, alpha=0.4, linewidth=0.7)
    axes.plot(*at, MARKS[carrier(row["rule"])], color=colour, markersize=3, clip_on=False)
    axes.annotate(
        f"{100 * row['error']:.2f}  {row['rule']}", at, (1.03, height),
        textcoords="axes fraction", fontsize=4.5, color=colour, va="center",
        arrowprops={"arrowstyle": "-", "color": colour, "alpha": 0.3, "linewidth": 0.4,
                    "relpos": (0, 0.5), "shrinkA": 0, "shrinkB": 2},
    )  # fmt: skip


def _spread(wanted: Array) -> Array:
    """Heights of names that do not overlap, each as near to where it belongs as that allows."""
    from scipy.optimize import isotonic_regression

    apart = min(0.0175, 1 / max(len(wanted) - 1, 1))
    steps = apart * np.arange(len(wanted))
    return isotonic_regression(wanted - steps).x.clip(0, 1 - steps[-1]) + steps
