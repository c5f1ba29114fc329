"""Weights and receptive fields as images and histograms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from bioplaus.plotting.appearance import style

__all__ = ["weight_distribution", "weight_histogram", "weight_image"]


def weight_image(
    ax: Axes, weights: npt.ArrayLike, *, unit: str = "", names: tuple[str, str] = ("post", "pre")
) -> Axes:
    """Draw a weight matrix (pre, post) with colours symmetric about zero and a scale."""
    matrix = np.asarray(weights, dtype=float)
    largest = float(np.abs(matrix).max(initial=0.0)) or 1.0
    with style():
        image = ax.imshow(
            matrix, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto", rasterized=True
        )
        ax.set_xlabel(names[0])
        ax.set_ylabel(names[1])
        ax.figure.colorbar(image, ax=ax, label=_weight(unit))
    return ax


def weight_histogram(
    ax: Axes, weights: npt.ArrayLike, *, unit: str = "", label: str = "", bins: int = 60
) -> Axes:
    """Draw how the weights are distributed, as a density that integrates to one."""
    counts, edges = np.histogram(np.asarray(weights, dtype=float).ravel(), bins=bins)
    return weight_distribution(ax, edges, counts, unit=unit, label=label)


def weight_distribution(
    ax: Axes, edges: npt.ArrayLike, counts: npt.ArrayLike, *, unit: str = "", label: str = ""
) -> Axes:
    """Draw a histogram that is there already, as a density that integrates to one.

    Parameters
    ----------
    edges
        (bin + 1,) in ``unit``, ascending.
    counts
        (bin,) how many weights lie between two edges.
    """
    limits, number = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)
    density = number / (number.sum() * np.diff(limits))
    with style():
        ax.stairs(density, limits, label=label or None, lw=1.2)
        ax.set_ylim(bottom=0, auto=True)  # what is added later widens it
        ax.set_xlabel(_weight(unit))
        ax.set_ylabel("density")
        if label:
            ax.legend()
    return ax


def _weight(unit: str) -> str:
    """What an axis of weights says; a weight without dimension has the unit 1."""
    return f"weight [{unit}]" if unit not in ("", "1") else "weight"
