"""Bars in a small square image: horizontal, vertical or diagonal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["bar_images"]


def bar_images(side: int = 3) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Every bar that goes through the whole image once (Haider et al. 2021).

    Returns
    -------
    images : (2 side + 2, side * side)
        Rows, columns, the two diagonals; 1 on the bar, 0 elsewhere.
    labels : (2 side + 2,)
        0 horizontal, 1 vertical, 2 diagonal.
    """
    eye = np.eye(side)
    horizontal = [np.outer(row, np.ones(side)) for row in eye]
    vertical = [np.outer(np.ones(side), row) for row in eye]
    images = np.array([*horizontal, *vertical, eye, eye[::-1]])
    labels = np.repeat([0, 1, 2], [side, side, 2])
    return images.reshape(len(images), -1), labels
