"""Images as trains of chance spikes in steps, with a seed of its own for each image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from bioplaus.tasks.trains import StepTrains

__all__ = ["poisson_of_images"]


def poisson_of_images(
    raw: npt.NDArray[np.uint8], steps: int, most: float, seeds: npt.NDArray[np.int64]
) -> StepTrains:
    """Pixels spike in each of the steps 1 .. steps - 1 with probability ``most`` grey/255.

    raw : (image, pixel) bytes.  Equal seeds give an image the same train again, so that trains need
    not be kept (Jin, Zhang and Li 2018: drawn once, at most 1/5.5 a step).
    """
    room = int(1.2 * steps * most * raw.sum() / 255) + 64 * len(raw) + 1024
    start = np.zeros(len(raw) + 1, np.int64)
    step, i = np.empty(room, np.int16), np.empty(room, np.int16)
    for k, (image, seed) in enumerate(zip(raw, seeds, strict=True)):
        drawn, cells = _draw(image, steps, most / 255, np.random.default_rng(seed))
        stop = start[k] + len(drawn)
        if stop > len(step):
            step, i = (np.concatenate([each, np.empty_like(each)]) for each in (step, i))
        step[start[k] : stop], i[start[k] : stop] = drawn, cells
        start[k + 1] = stop
    return StepTrains(start, step[: start[-1]], i[: start[-1]])


@njit(cache=True)
def _draw(image: Any, steps: int, scale: float, rng: Any) -> Any:
    """Steps and pixels of one image: geometric gaps, then sorted by counting."""
    total = np.zeros(steps + 1, np.int64)
    drawn = np.empty(steps * np.count_nonzero(image), np.int64)
    pixels = np.empty(len(drawn), np.int64)
    n = 0
    for pixel in range(len(image)):
        if image[pixel] == 0:
            continue
        spared, t = np.log1p(-(scale * image[pixel])), 0
        while True:
            t += 1 + int(np.log(1.0 - rng.random()) / spared)
            if t >= steps:
                break
            drawn[n], pixels[n] = t, pixel
            total[t + 1] += 1
            n += 1
    place = np.cumsum(total)
    step, cells = np.empty(n, np.int16), np.empty(n, np.int16)
    for k in range(n):
        at = place[drawn[k]]
        step[at], cells[at] = drawn[k], pixels[k]
        place[drawn[k]] += 1
    return step, cells
