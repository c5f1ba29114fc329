"""Trajectories of dynamical systems."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from bioplaus.plotting.appearance import style

__all__ = ["phase_plane"]


def phase_plane(
    ax: Axes,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    label: str = "",
    colour: str | None = None,
    names: tuple[str, str] = ("x", "y"),
    dashed: bool = False,
) -> Axes:
    """Draw a trajectory in the plane of two state variables; a dot marks its start.

    Parameters
    ----------
    x, y
        (time,) each, in the units that ``names`` say.
    label
        What the legend calls the trajectory.
    dashed
        For a reference that another trajectory should follow.
    """
    horizontal, vertical = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    with style():
        (line,) = ax.plot(
            horizontal, vertical, label=label or None, color=colour, ls="--" if dashed else "-"
        )
        ax.plot(horizontal[:1], vertical[:1], "o", color=line.get_color())
        ax.set_xlabel(names[0])
        ax.set_ylabel(names[1])
        if label:
            ax.legend()
    return ax
