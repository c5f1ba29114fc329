"""Spike trains to be learned: trains to order, and the exclusive or of two bits in spikes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bioplaus.tasks.trains import StepTrains

__all__ = ["poisson_trains", "spaced_spikes", "spike_exclusive_or", "wanted_train"]


def poisson_trains(cells: int, steps: int, chance: float, rng: np.random.Generator) -> StepTrains:
    """One sample: every cell spikes in each step with this probability."""
    step, i = np.nonzero((rng.random((cells, steps)) < chance).T)
    return _one(step, i)


def wanted_train(
    steps: int, time_step: float, rate: float, shortest: float, rng: np.random.Generator
) -> StepTrains:
    """One sample of one cell: Poisson spikes from 20 ms on, at least ``shortest`` [s] apart.

    rate : [Hz]; time_step : [s].
    """
    found: list[int] = []
    t = 0.02
    while True:
        t += shortest + rng.exponential(1 / rate - shortest)
        if t >= (steps - 10) * time_step:
            return _one(np.array(found, np.int64), np.zeros(len(found), np.int64))
        found.append(int(t / time_step))


def spaced_spikes(
    rng: np.random.Generator, steps: int, spikes: int, cells: int
) -> npt.NDArray[np.uint8]:
    """(steps, cells) 0 or 1: a spike of each cell in the middle third of each of as many parts.

    Raises
    ------
    ValueError
        If there are fewer steps than spikes.
    """
    if steps < spikes:
        raise ValueError(f"{spikes} spikes do not fit into {steps} steps")
    train = np.zeros((steps, cells), np.uint8)
    middle = np.arange(spikes)[:, None] + 0.5 + 0.3 * (rng.random((spikes, cells)) - 0.5)
    train[(middle * steps / spikes).astype(np.int64), np.arange(cells)] = 1
    return train


def spike_exclusive_or(
    time_step: float, rng: np.random.Generator, *, cells: int = 25, spikes: int = 2
) -> tuple[StepTrains, StepTrains]:
    """Four patterns of two bits in the spikes of 4 x ``cells`` cells, and the trains wanted of one.

    A group of cells stands for each value of each bit; while its bit has that value, every cell of
    it spikes at fixed times of its own within 5 to 50 ms.  Where the bits differ one spike is
    wanted at 60 ms, elsewhere none.
    """
    possible = np.arange(round(5e-3 / time_step), round(50e-3 / time_step))
    drawn = rng.permuted(np.tile(possible, (4 * cells, 1)), axis=1)[:, :spikes]
    when = drawn.reshape(4, cells, spikes)
    samples, wanted = [], []
    for first, other in ((0, 0), (1, 0), (0, 1), (1, 1)):
        groups = np.array([first, 2 + other])
        i = np.repeat(groups[:, None] * cells + np.arange(cells), spikes, axis=1).ravel()
        step = when[groups].ravel()
        order = np.lexsort((i, step))
        samples.append(_one(step[order], i[order]))
        answer = [round(60e-3 / time_step)] * (first != other)
        wanted.append(_one(np.array(answer, np.int64), np.zeros(len(answer), np.int64)))
    return _joined(samples), _joined(wanted)


def _one(step: npt.NDArray[np.int64], i: npt.NDArray[np.int64]) -> StepTrains:
    return StepTrains(np.array([0, len(step)]), step.astype(np.int16), i.astype(np.int16))


def _joined(samples: list[StepTrains]) -> StepTrains:
    sizes = [len(sample.step) for sample in samples]
    return StepTrains(
        np.concatenate([[0], np.cumsum(sizes)]),
        np.concatenate([sample.step for sample in samples]),
        np.concatenate([sample.i for sample in samples]),
    )
