"""The figure of the speed benchmark: times faster than Brian2's Cython target, case by case."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.cases import CASES


def draw(loops: dict[str, dict[str, dict[str, Any]]], path: Path) -> None:
    """Bars on a logarithmic axis; ``loops[case][target]["per_second"]`` in CPU seconds."""
    base = (
        "cython" if all("per_second" in row.get("cython", {}) for row in loops.values()) else None
    )
    targets = [t for t in next(iter(loops.values()), {}) if t != base]
    width = 0.8 / max(len(targets), 1)
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for k, target in enumerate(targets):
        heights = [_height(row, target, base) for row in loops.values()]
        place = np.arange(len(loops)) + (k - (len(targets) - 1) / 2) * width
        axes.bar(place, heights, width, label=target)
    for left, case in enumerate(loops):
        for dtype, (goal, _) in CASES[case].goal.items() if base else ():
            axes.hlines(goal, left - 0.45, left + 0.45, color="k", lw=1, ls=_style(dtype))
    axes.set_yscale("log")
    axes.axhline(1, color="0.6", lw=0.8)
    axes.set_xticks(range(len(loops)), list(loops))
    axes.set_ylabel("times faster than cython" if base else "simulated seconds per CPU second")
    axes.legend(fontsize="small", ncols=2, title="line: goal (dashed: float32)", title_fontsize=8)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _height(row: dict[str, dict[str, Any]], target: str, base: str | None) -> float:
    seconds = row.get(target, {}).get("per_second", float("nan"))
    return (row[base]["per_second"] if base else 1.0) / seconds


def _style(dtype: str) -> str:
    return "--" if dtype == "float32" else "-"
