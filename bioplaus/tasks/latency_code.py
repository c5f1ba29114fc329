"""One spike for each value, early for a large one: spike trains that event-driven networks read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bioplaus.parameters import ParameterError
from bioplaus.tasks.trains import SpikeTrains

__all__ = ["latency_of_images", "latency_of_points"]


def latency_of_points(points: npt.ArrayLike, duration: float, bias: float = 0.0) -> SpikeTrains:
    """A spike of cell i at points[i] times ``duration`` [s], and one of a last cell at ``bias``.

    points : (samples, values) in 0 .. 1.  As the Yin-Yang sets are presented (Kriener 2022).
    """
    values = np.asarray(points, dtype=np.float64)
    times = np.column_stack([values * duration, np.full(len(values), bias)])
    order = np.argsort(times, axis=1, kind="stable")
    each = times.shape[1]
    return SpikeTrains(
        np.arange(len(values) + 1) * each,
        np.take_along_axis(times, order, 1).ravel(),
        order.ravel(),
    )


def latency_of_images(
    raw: npt.NDArray[np.uint8],
    duration: float,
    *,
    dropped: float = 0.0,
    rng: np.random.Generator | None = None,
) -> SpikeTrains:
    """Pixels above 1 fire once, at (1 - grey/255) times ``duration`` [s].

    raw : (image, pixel) bytes.  A share ``dropped`` of the spikes is left out, drawn from ``rng``.
    As in the released runs of Wunderlich and Pehle (2021).

    Raises
    ------
    ParameterError
        If spikes are to be dropped and nothing says which.
    """
    image, pixel = np.nonzero(raw > 1)
    if dropped > 0:
        if rng is None:
            raise ParameterError(f"dropped = {dropped} needs a generator to draw from")
        kept = rng.random(len(image)) >= dropped
        image, pixel = image[kept], pixel[kept]
    grey = raw[image, pixel].astype(np.int64)
    order = np.argsort(image * 256 + 255 - grey, kind="stable")
    start = np.searchsorted(image, np.arange(len(raw) + 1))
    return SpikeTrains(start, (1 - grey[order] / 255) * duration, pixel[order].astype(np.int64))
