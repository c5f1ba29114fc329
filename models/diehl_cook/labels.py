"""What cells that learned without labels stand for, read from their responses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["answers", "assigned"]


def assigned(responses: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class to which each cell responds most, in the mean over its images: (cell,).

    -1 for a cell that was silent.

    responses : (image, cell) spikes; labels : (image,) from 0.
    """
    classes = np.eye(labels.max() + 1)[labels]
    mean = classes.T @ responses / np.maximum(classes.sum(axis=0), 1)[:, None]
    return np.where(mean.max(axis=0) > 0, mean.argmax(axis=0), -1)


def answers(responses: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class whose cells respond most, in the mean over them, for each image: (image,).

    responses : (image, cell) spikes; classes : (cell,), see :func:`assigned`.
    """
    cells = classes[:, None] == np.arange(classes.max() + 1)
    mean = responses @ cells / np.maximum(cells.sum(axis=0), 1)
    answered: NDArray[np.int64] = mean.argmax(axis=1)
    return answered
