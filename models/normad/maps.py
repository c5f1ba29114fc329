"""Fixed oriented maps: images as trains of 12 x 26 x 26 cells (after Kulkarni and Rajendran 2018).

A pixel is a cell with a current that grows with its grey value, so that there are 256 trains.  Each
map has a kernel of 3 x 3 weights, and its cells are those of ``spikes.py``.  The kernels are ours:
edges in twelve directions, 30 degrees apart; ink on one side excites, on the other it inhibits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from bioplaus.models.normad.parameters import NormAD
from bioplaus.models.normad.spikes import Cell, cell
from bioplaus.parameters import quantities

__all__ = ["DIRECTIONS", "feature_trains", "kernels", "pixel_currents"]

DIRECTIONS = 12
SIDE, MAP = 28, 26
STRENGTH = 5e-9
"""Current of a full weight of a kernel [A]."""

AT_BLACK, A_GREY = 2.7e-9, 0.1012e-9
"""Current of an empty pixel, just the rheobase, and what each of 255 grey values adds [A]."""

Array = npt.NDArray[Any]


def kernels() -> Array:
    """(12, 3, 3): cos of the angle between the direction of an entry and that of the map."""
    y, x = np.mgrid[-1:2, -1:2]
    angle = 2 * np.pi * np.arange(DIRECTIONS)[:, None, None] / DIRECTIONS
    return np.where((x == 0) & (y == 0), 0.0, np.cos(np.arctan2(y, x) - angle))


def pixel_currents(p: NormAD) -> Array:
    """(steps, 256) synaptic trace that a pixel of each grey value leaves, for a weight of 1."""
    q, c = quantities(p), cell(p)
    steps = round(float(q.duration / q.time_step))
    drive = AT_BLACK + A_GREY * np.arange(256)
    v, slow, fast, held = (np.zeros(256) for _ in range(4))
    traces = np.empty((steps, 256))
    for t in range(steps):
        v = np.where(held > 0, 0.0, np.maximum(v * c.stays + drive * c.charging, 0.0))
        held -= 1
        fired = v >= c.threshold
        v[fired], held[fired] = 0.0, c.held
        slow, fast = slow * c.slow + fired, fast * c.fast + fired
        traces[t] = slow - fast
    return traces


def feature_trains(
    p: NormAD, raw: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Trains of the maps for images (image, 784): where each begins, steps, cells.

    Cell map x 676 + row x 26 + column.  A pixel's spike acts in the step after it.
    """
    currents = pixel_currents(p).astype(np.float32)
    weights = (kernels().reshape(DIRECTIONS, 9) * STRENGTH).astype(np.float32)
    start = np.zeros(len(raw) + 1, np.int64)
    step, cells = [], []
    for k, image in enumerate(raw):
        one, those = _features(image.reshape(SIDE, SIDE), currents, weights, cell(p))
        step.append(one)
        cells.append(those)
        start[k + 1] = start[k] + len(one)
    none = np.zeros(0, np.int16)
    return start, np.concatenate([none, *step]), np.concatenate([none, *cells])


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def _features(image: Any, currents: Any, weights: Any, c: Cell) -> Any:
    """Steps and cells of the spikes of one image; rows without ink nearby are left out."""
    f = np.float32
    stays, charging, threshold = f(c.stays), f(c.charging), f(c.threshold)
    inked = np.flatnonzero(image.sum(axis=1) > 0)
    low, high = (max(inked[0] - 2, 0), min(inked[-1], MAP - 1)) if len(inked) else (0, -1)
    v, free = np.zeros((DIRECTIONS, MAP, MAP), f), np.zeros((DIRECTIONS, MAP, MAP), f)
    pixel, drive = np.zeros((SIDE, SIDE), f), np.zeros(MAP, f)
    step, cells, n = np.empty(4096, np.int16), np.empty(4096, np.int16), 0
    for t in range(1, len(currents)):
        now, by_grey = f(t), currents[t - 1]
        for row in range(low, min(high + 3, SIDE)):
            for column in range(SIDE):
                pixel[row, column] = by_grey[image[row, column]]
        for m in range(DIRECTIONS):
            w = weights[m]
            for row in range(low, high + 1):
                top, middle, bottom = pixel[row], pixel[row + 1], pixel[row + 2]
                for x in range(MAP):
                    drive[x] = (
                        w[0] * top[x] + w[1] * top[x + 1] + w[2] * top[x + 2]
                        + w[3] * middle[x] + w[4] * middle[x + 1] + w[5] * middle[x + 2]
                        + w[6] * bottom[x] + w[7] * bottom[x + 1] + w[8] * bottom[x + 2]
                    )  # fmt: skip
                of_row, until = v[m, row], free[m, row]
                largest = f(0.0)
                for x in range(MAP):
                    new = of_row[x] * stays + drive[x] * charging
                    new = new if new > f(0.0) else f(0.0)
                    of_row[x] = new if until[x] <= now else f(0.0)
                    largest = max(largest, of_row[x])
                if largest < threshold:
                    continue
                for x in range(MAP):
                    if of_row[x] >= threshold:
                        of_row[x], until[x] = f(0.0), f(t + c.held + 1)
                        if n == len(step):
                            step, cells = _twice(step), _twice(cells)
                        step[n], cells[n] = t, (m * MAP + row) * MAP + x
                        n += 1
    return step[:n], cells[:n]


@njit(cache=True)
def _twice(array):  # type: ignore[no-untyped-def]
    longer = np.empty(2 * len(array), array.dtype)
    longer[: len(array)] = array
    return longer
