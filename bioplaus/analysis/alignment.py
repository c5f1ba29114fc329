"""How far a learning rule points away from the gradient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["alignment_angle", "angles_to_halves", "gradient_angles", "gradient_floors"]


def alignment_angle(
    a: npt.ArrayLike, b: npt.ArrayLike, axis: int | tuple[int, ...] | None = None
) -> npt.NDArray[np.float64]:
    """Angle between two arrays read as vectors.

    Feedback alignment is judged by it: 0 is the direction of backpropagation, below 90 the error
    still falls, 90 is what random vectors of many dimensions have (Lillicrap et al. 2016).

    Parameters
    ----------
    a, b
        Of equal shape, any one unit each.
    axis
        The axes that make up one vector; by default all, which gives one angle.

    Returns
    -------
    angle [degrees] in 0 .. 180, of the shape that is left; not a number where a vector is zero.

    Raises
    ------
    ValueError
        When the shapes differ.
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"shapes {x.shape} and {y.shape} differ; no angle between them")
    x, y = _unit_vectors(x, axis), _unit_vectors(y, axis)
    # Kahan's form keeps its digits near 0 and 180 degrees, where the arc cosine loses half.
    difference = np.sqrt(np.sum((x - y) ** 2, axis=axis))
    total = np.sqrt(np.sum((x + y) ** 2, axis=axis))
    return np.asarray(np.degrees(2 * np.arctan2(difference, total)))


def _unit_vectors(
    x: npt.NDArray[np.float64], axis: int | tuple[int, ...] | None
) -> npt.NDArray[np.float64]:
    # Scaled by the largest entry first, so that no square under- or overflows.
    largest = np.abs(x).max(axis=axis, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = x / largest
        return np.asarray(scaled / np.sqrt(np.sum(scaled**2, axis=axis, keepdims=True)))


def gradient_angles(
    update: Mapping[str, npt.NDArray[np.float64]], gradient: Mapping[str, npt.NDArray[np.float64]]
) -> dict[str, float]:
    """How far a rule's update points away from the exact gradient, projection by projection.

    A rule can be right within every cell and wrong between cells, which optimisers that scale each
    weight forgive; so there are two angles.  Take both sums over the same presentations, with the
    same weights, without optimiser; the gradient is that of a loss of spike times or potentials
    (one of spike counts has none).

    Parameters
    ----------
    update
        By projection, (pre, post): minus the change of the weights, over the learning rate.
    gradient
        The same of the loss.

    Returns
    -------
    angles [degrees]
        ``angle_<projection>`` of the whole matrices, and ``angle_cell_<projection>``, the median
        over postsynaptic cells that have both; not a number where there is nothing to compare.

    Raises
    ------
    ValueError
        When projections or shapes differ.
    """
    if update.keys() != gradient.keys():
        raise ValueError(f"projections differ: {sorted(update)} and {sorted(gradient)}")
    found = {}
    for name, exact in gradient.items():
        found[f"angle_{name}"] = float(alignment_angle(update[name], exact))
        cells = alignment_angle(update[name], exact, axis=0)
        known = cells[np.isfinite(cells)]
        found[f"angle_cell_{name}"] = float(np.median(known)) if len(known) else float("nan")
    return found


def gradient_floors(
    half: Mapping[str, npt.NDArray[np.float64]], other: Mapping[str, npt.NDArray[np.float64]]
) -> dict[str, float]:
    """How far apart gradients of two halves of the presentations are: what few leave open.

    An angle of :func:`gradient_angles` over all of them that is below it says little.

    Returns
    -------
    angles [degrees]
        ``floor_<projection>``, of the whole matrices.
    """
    return {f"floor_{name}": float(alignment_angle(half[name], other[name])) for name in half}


def angles_to_halves(
    approximate: Mapping[str, npt.NDArray[np.float64]],
    half: Mapping[str, npt.NDArray[np.float64]],
    other: Mapping[str, npt.NDArray[np.float64]],
) -> dict[str, float]:
    """:func:`gradient_angles` to the sum of the gradients of two halves, and their
    :func:`gradient_floors`."""
    whole = {name: half[name] + other[name] for name in half}
    return gradient_angles(approximate, whole) | gradient_floors(half, other)
