"""Responses of cells to a set of stimuli."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from bioplaus.plotting.appearance import style

__all__ = ["tuning_map"]


def tuning_map(
    ax: Axes,
    responses: npt.ArrayLike,
    *,
    stimuli: npt.ArrayLike | None = None,
    unit: str = "Hz",
    name: str = "response",
    stimulus_name: str = "stimulus",
) -> Axes:
    """Draw the mean response of every cell to every stimulus.

    Parameters
    ----------
    responses
        (cell, stimulus), in ``unit``; rows are drawn in the order of their preferred stimulus.
    stimuli
        (stimulus,) values or names for the axis; by default numbers from 0.
    """
    table = np.asarray(responses, dtype=float)
    ordered = table[np.argsort(table.argmax(axis=1), kind="stable")]
    ticks = np.arange(table.shape[1]) if stimuli is None else np.asarray(stimuli)
    with style():
        image = ax.imshow(ordered, aspect="auto", interpolation="nearest")
        shown = np.unique(np.linspace(0, len(ticks) - 1, min(len(ticks), 10)).astype(int))
        ax.set_xticks(shown, [str(ticks[k]) for k in shown])
        ax.set_xlabel(stimulus_name)
        ax.set_ylabel("cell, by preferred stimulus")
        ax.figure.colorbar(image, ax=ax, label=f"{name} [{unit}]" if unit else name)
    return ax
