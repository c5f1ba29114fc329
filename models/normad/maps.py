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

from bioplaus.layered.trains import twice
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
    """Steps and cells of the spikes of one image; rows without ink nearby are left out.

    A map is one long row here, as wide as the image: its last two columns see two rows at once, and
    are held for ever.
    """
    f = np.float32
    stays, charging, threshold = f(c.stays), f(c.charging), f(c.threshold)
    low, high = 0, -1
    for y in range(SIDE):
        for x in range(SIDE):
            if image[y, x] > 0:
                low, high = (max(y - 2, 0) if high < 0 else low), min(y, MAP - 1)
    begin, n = low * SIDE, (high + 1 - low) * SIDE
    v, free = np.zeros((DIRECTIONS, n), f), np.zeros((DIRECTIONS, n), f)
    for x in range(n):
        if x % SIDE >= MAP:
            for m in range(DIRECTIONS):
                free[m, x] = np.inf
    pixel, drive = np.zeros(SIDE * SIDE + 2, f), np.zeros(n, f)
    above = np.zeros(-(-n // 8) * 8, np.uint8)
    of_eight, seen = above.view(np.uint64), pixel[begin:]
    grey = image.reshape(-1)
    step, cells, found = np.empty(4096, np.int16), np.empty(4096, np.int16), 0
    for t in range(1, len(currents)):
        now, by_grey = f(t), currents[t - 1]
        for k in range(begin, min(begin + n + 2 * SIDE, SIDE * SIDE)):
            pixel[k] = by_grey[grey[k]]
        for m in range(DIRECTIONS):
            _drive(weights[m], seen, drive)
            of_map, until = v[m], free[m]
            for x in range(n):
                new = of_map[x] * stays + drive[x] * charging
                new = new if new > f(0.0) else f(0.0)
                of_map[x] = new if until[x] <= now else f(0.0)
            for x in range(n):
                above[x] = of_map[x] >= threshold
            for eight in range(len(of_eight)):
                if of_eight[eight] == 0:  # few cells fire in a step: a glance for eight
                    continue
                for x in range(8 * eight, 8 * eight + 8):
                    if above[x]:
                        of_map[x], until[x] = f(0.0), f(t + c.held + 1)
                        if found == len(step):
                            step, cells = twice(step), twice(cells)
                        row = low + x // SIDE
                        step[found], cells[found] = t, (m * MAP + row) * MAP + x % SIDE
                        found += 1
    return step[:found], cells[:found]


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def _drive(w: Any, pixel: Any, drive: Any) -> None:
    """Fill ``drive`` with the nine pixels around each cell, weighted."""
    a, b, c, d, e, g, h, i, j = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]
    for x in range(len(drive)):
        drive[x] = (
            a * pixel[x] + b * pixel[x + 1] + c * pixel[x + 2]
            + d * pixel[x + SIDE] + e * pixel[x + SIDE + 1] + g * pixel[x + SIDE + 2]
            + h * pixel[x + 2 * SIDE] + i * pixel[x + 2 * SIDE + 1] + j * pixel[x + 2 * SIDE + 2]
        )  # fmt: skip
