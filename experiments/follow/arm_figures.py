"""The arm drawn as sticks: over time in one figure, and moving in a GIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting
from bioplaus.experiments.follow.figures import opened
from bioplaus.plotting.appearance import COLOURS, GREY
from bioplaus.tasks.arm import DAMPING, joints

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bioplaus.records import RunReader

__all__ = ["animation", "sticks"]

ANGLE = 2.5
"""Radians in one network unit."""


def sticks(run: RunReader, test: str, pictures: int = 8) -> Figure:
    """Reference and network arm side by side at equal times of an open-loop test."""
    reference, network = _joints(run, test)
    chosen = np.linspace(0, len(reference) - 1, pictures).astype(int)
    figure = plotting.figure(width="page", height=1.3)
    for ax, n in zip(figure.subplots(1, pictures), chosen):
        _draw(ax, reference[n], network[n])
        ax.set_title(f"{n / 1000:.2f} s")
    return figure


def animation(run: RunReader, test: str, path: Path, every: int = 20) -> Path:
    """Write the test as an animated GIF, one picture for each ``every`` milliseconds."""
    from matplotlib.animation import FuncAnimation, PillowWriter

    reference, network = _joints(run, test)
    figure = plotting.figure(height=3.0)
    figure.set_facecolor("white")
    ax = figure.subplots()

    def show(n: int) -> list[Any]:
        ax.clear()
        _draw(ax, reference[n], network[n])
        ax.set_title(f"{n / 1000:.2f} s")
        return []

    moving = FuncAnimation(figure, show, frames=range(0, len(reference), every))
    moving.save(str(path), PillowWriter(fps=25), dpi=80)
    return path


def _joints(run: RunReader, test: str) -> tuple[NDArray[Any], NDArray[Any]]:
    setting = DAMPING[run.parameters["arm"]]
    _, network, reference = opened(run, test)
    return joints(ANGLE * reference[:2].T, setting), joints(ANGLE * network[:2].T, setting)


def _draw(ax: Any, reference: NDArray[Any], network: NDArray[Any]) -> None:
    ax.plot(*reference.T, "o-", color=GREY, lw=2.5, ms=4)
    ax.plot(*network.T, "o-", color=COLOURS[0], lw=1.2, ms=3)
    ax.set(xlim=(-0.65, 0.65), ylim=(-0.65, 0.65), aspect="equal")
    ax.axis("off")
