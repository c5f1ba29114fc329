"""Images read out pixel by pixel: spikes where the grey value crosses levels, a cue at the end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bioplaus.parameters import ParameterError
from bioplaus.tasks.events import Events

__all__ = ["crossings_of_images"]


def crossings_of_images(
    raw: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    *,
    levels: int = 40,
    step: float = 1e-3,
    cue: int = 56,
    order: npt.NDArray[np.int64] | None = None,
) -> Events:
    """One pixel a ``step`` [s], and then ``cue`` steps in which a unit of its own spikes.

    Of 2 ``levels`` + 1 units, unit k spikes where the grey value rises over (k + 1/2)/levels of
    255, unit levels + k where it falls below; the first pixel follows on black, so that rises and
    falls of a unit alternate.

    raw : (image, pixel) bytes; order : (pixel,) in which they are read, row by row where it is not
    given.

    Raises
    ------
    ParameterError
        If the order does not name every pixel once.
    """
    pixels = raw.shape[1]
    order = np.arange(pixels) if order is None else np.asarray(order)
    if not np.array_equal(np.sort(order), np.arange(pixels)):
        raise ParameterError(f"the order does not name each of the {pixels} pixels once")
    black = np.zeros((len(raw), 1), np.uint8)
    # Numbers of levels below the grey value: the unit of a level spikes where it is crossed.
    below = (np.hstack([black, raw[:, order]]).astype(np.int64) * levels * 2 + 254) // 510
    before, now = below[:, :-1, None], below[:, 1:, None]
    k = np.arange(levels)
    spikes = np.zeros((len(raw), pixels + cue, 2 * levels + 1), np.uint8)
    spikes[:, :pixels, :levels] = (before <= k) & (k < now)
    spikes[:, :pixels, levels : 2 * levels] = (now <= k) & (k < before)
    spikes[:, pixels:, -1] = 1
    return Events.of_steps(spikes, step, labels)
