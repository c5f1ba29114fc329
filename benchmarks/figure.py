"""The figure of the speed benchmark: times faster than Brian2's Cython target, case by case."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases import CASES
from bioplaus import plotting


def draw(loops: dict[str, dict[str, dict[str, Any]]], path: Path) -> None:
    """Bars on a logarithmic axis; ``loops[case][target]["per_second"]`` in CPU seconds.

    Cases that ``cython`` did not run are left out, unless it ran none.
    """
    compared = {c: row for c, row in loops.items() if "per_second" in row.get("cython", {})}
    base = "cython" if compared else None
    loops = compared or loops
    targets = [t for t in next(iter(loops.values()), {}) if t != base]
    width = 0.8 / max(len(targets), 1)
    with plotting.style():
        figure = plotting.figure("page")
        axes = figure.subplots()
        for k, target in enumerate(targets):
            heights = [_height(row, target, base) for row in loops.values()]
            place = np.arange(len(loops)) + (k - (len(targets) - 1) / 2) * width
            axes.bar(place, heights, width, label=target)
        for left, case in enumerate(loops):
            for dtype, (goal, _) in CASES[case].goal.items() if base else ():
                line = {"color": plotting.GREY, "lw": 1, "ls": _style(dtype)}
                axes.hlines(goal, left - 0.45, left + 0.45, **line)
        axes.set_yscale("log")
        axes.axhline(1, color=plotting.GREY, alpha=0.5, lw=0.8)
        axes.set_xticks(range(len(loops)), list(loops))
        axes.set_ylabel("times faster than cython" if base else "simulated seconds per CPU second")
        goals = base is not None and any(CASES[case].goal for case in loops)
        figure.legend(
            loc="outside upper center",
            ncols=len(targets),
            title="line: goal (dashed: float32)" if goals else None,
        )
        figure.savefig(path)


def _height(row: dict[str, dict[str, Any]], target: str, base: str | None) -> float:
    seconds = row.get(target, {}).get("per_second", float("nan"))
    return (row[base]["per_second"] if base else 1.0) / seconds


def _style(dtype: str) -> str:
    return "--" if dtype == "float32" else "-"
