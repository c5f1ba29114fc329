"""Spike patterns that come again with jitter (Maass, Natschlaeger and Markram 2002)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bioplaus.tasks.trains import SpikeTrains

__all__ = ["jittered", "poisson_templates"]

Train = tuple[NDArray[np.float64], NDArray[np.int64]]


def poisson_templates(
    rng: np.random.Generator, count: int, channels: int, rate: float, duration: float
) -> list[Train]:
    """``count`` patterns: times [s] and channels, Poisson at ``rate`` [Hz] for ``duration`` [s]."""
    templates = []
    for _ in range(count):
        numbers = rng.poisson(rate * duration, channels)
        i = np.repeat(np.arange(channels), numbers)
        templates.append((rng.uniform(0, duration, len(i)), i))
    return templates


def jittered(
    templates: Sequence[Train],
    labels: NDArray[np.int64],
    jitter: float,
    step: float,
    steps: int,
    rng: np.random.Generator,
) -> SpikeTrains:
    """One pattern for each label, its spikes moved by normal noise of ``jitter`` [s].

    A presentation has ``steps`` steps of ``step`` [s], on which spikes lie.  Those moved out of it
    are put to its ends; of two spikes of a channel in one step one is left.
    """
    starts, times, cells = [0], [], []
    for label in labels:
        t, i = templates[label]
        at = np.rint((t + rng.normal(0, jitter, len(t))) / step).astype(np.int64)
        spikes = np.unique(np.column_stack([np.clip(at, 0, steps - 1), i]), axis=0)
        times.append(spikes[:, 0] * step)
        cells.append(spikes[:, 1])
        starts.append(starts[-1] + len(spikes))
    none = np.zeros(0)
    return SpikeTrains(
        np.array(starts),
        np.concatenate([none, *times]),
        np.concatenate([none.astype(np.int64), *cells]),
    )
