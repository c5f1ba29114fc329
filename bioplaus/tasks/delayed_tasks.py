"""Tasks that ask for what was shown before: delayed match to sample, store and recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bioplaus.tasks.events import NO_CLASS, Events
from bioplaus.tasks.trains import SpikeTrains

__all__ = ["StoreRecall", "delayed_match", "store_recall"]

CELLS = 10
"""Of a group, which stands for one thing that is said."""


def delayed_match(
    rng: np.random.Generator,
    trials: int,
    *,
    cue: float = 0.1,
    delay: float = 0.5,
    rate: float = 60.0,
) -> Events:
    """Two cues with a pause between them; label 1 where they are of the same kind, in half of them.

    Groups of ten Poisson cells at ``rate`` [Hz]: first kind, second kind, and the one that asks,
    for as long as a ``cue`` [s], after the second cue.  ``delay`` [s] between the cues.
    """
    labels = rng.permutation(np.arange(trials) % 2)
    first = rng.integers(0, 2, trials)
    second = np.where(labels == 1, first, 1 - first)
    periods = [
        (first, np.zeros(trials)),
        (second, np.full(trials, cue + delay)),
        (np.full(trials, 2), np.full(trials, 2 * cue + delay)),
    ]
    spikes = _poisson_groups(rng, periods, cue, rate)
    return Events(spikes, labels, 3 * CELLS, 3 * cue + delay)


@dataclass(frozen=True, eq=False)
class StoreRecall:
    """Trials of slots in which a bit is shown, to be kept where this is said, and asked for later.

    events : four groups of ten cells, bit 0, bit 1, store, recall; bits, asked : (trials, slots)
    what is to be answered, and whether it is.
    """

    events: Events
    bits: npt.NDArray[np.int64]
    asked: npt.NDArray[np.bool_]


def store_recall(
    rng: np.random.Generator,
    trials: int,
    *,
    slots: int = 12,
    slot: float = 0.2,
    rate: float = 50.0,
    chance: float = 1 / 6,
) -> StoreRecall:
    """A random bit in each slot of ``slot`` [s]; with a ``chance`` it is to be stored or recalled.

    Stored where nothing is, recalled where something is, and forgotten then; no bit is shown in a
    slot that recalls.  Cells of the groups that speak are Poisson at ``rate`` [Hz] (Bellec and
    others 2020).
    """
    shown = rng.integers(0, 2, (trials, slots))
    spoken = rng.random((trials, slots)) < chance
    asked = spoken & (np.cumsum(spoken, axis=1) % 2 == 0)
    stored = spoken & ~asked
    last = np.maximum.accumulate(np.where(stored, np.arange(slots), 0), axis=1)
    bits = np.where(asked, np.take_along_axis(shown, last, axis=1), 0)
    periods = []
    for n in range(slots):
        onset = np.full(trials, n * slot)
        periods.append((np.where(asked[:, n], -1, shown[:, n]), onset))
        order = np.where(stored[:, n], 2, np.where(asked[:, n], 3, -1))
        periods.append((order, onset))
    spikes = _poisson_groups(rng, periods, slot, rate)
    events = Events(spikes, np.full(trials, NO_CLASS), 4 * CELLS, slots * slot)
    return StoreRecall(events, bits, asked)


def _poisson_groups(
    rng: np.random.Generator,
    periods: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]],
    length: float,
    rate: float,
) -> SpikeTrains:
    """In each period one group of every trial speaks, from an onset on; -1 : none."""
    trials = len(periods[0][0])
    found = []
    for group, onset in periods:
        counts = rng.poisson(rate * length, (trials, CELLS)) * (group[:, None] >= 0)
        trial, cell = (np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape))
        t = onset[trial] + rng.uniform(0, length, len(trial))
        found.append((trial, t, group[trial] * CELLS + cell))
    trial, t, i = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((i, t, trial))
    start = np.searchsorted(trial[order], np.arange(trials + 1))
    return SpikeTrains(start, t[order], i[order])
