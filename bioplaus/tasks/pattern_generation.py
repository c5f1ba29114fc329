"""A mixture of sines to be produced while frozen noise comes in (Bellec and others 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["frozen_noise", "sine_mixture"]

PERIODS = (1000, 500, 333, 200)
"""Of the sines, in steps."""


def sine_mixture(
    rng: np.random.Generator | np.random.RandomState,
    steps: int = 1000,
    periods: Sequence[int] = PERIODS,
) -> NDArray[np.float64]:
    """Target (steps,) that begins at 0 and has the largest absolute value 1.

    Amplitudes uniform in 0.5 to 2, phases in 0 to 2 pi; each sine goes through a whole number of
    turns, ``steps // period``, from the first step to the last, as in the released code.

    Raises
    ------
    ValueError
        If no sine goes through a turn: the target would be zero throughout.
    """
    if steps < min(periods):
        raise ValueError(
            f"{steps} steps are no whole turn of any period ({', '.join(map(str, periods))}); "
            f"the target would be 0"
        )
    amplitudes = rng.uniform(0.5, 2.0, len(periods))
    phases = rng.uniform(0.0, 2 * np.pi, len(periods))
    turns = np.array([steps // period for period in periods])
    time = np.linspace(0.0, 1.0, steps)
    waves = amplitudes * np.sin(phases + 2 * np.pi * time[:, None] * turns)
    wave = waves.sum(axis=1) - waves[0].sum()
    return np.asarray(wave / np.abs(wave).max())


def frozen_noise(
    rng: np.random.Generator | np.random.RandomState,
    cells: int = 100,
    steps: int = 1000,
    probability: float = 0.05,
) -> NDArray[np.uint8]:
    """Spikes (steps, cells), 0 or 1, with a probability in each step, none in the first."""
    spikes = (rng.random((steps, cells)) < probability).astype(np.uint8)
    spikes[0] = 0
    return spikes
