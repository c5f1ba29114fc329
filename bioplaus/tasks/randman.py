"""Random smooth manifolds as spike times: classes that no unit tells (Zenke and Vogels 2021)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bioplaus.parameters import ParameterError
from bioplaus.tasks.events import Events
from bioplaus.tasks.trains import SpikeTrains

__all__ = ["randman"]

SMALLEST, MOST_WAVES = 1e-3, 1000
"""Amplitudes below the first are left out; at most so many waves are kept."""


def randman(
    rng: np.random.Generator,
    *,
    classes: int = 10,
    samples: int = 1000,
    units: int = 20,
    dimension: int = 1,
    smoothness: float = 2.0,
    duration: float = 0.1,
    added: float = 1.0,
) -> Events:
    """Every unit spikes once, at its value on the manifold of the class, within ``duration`` [s].

    A point x, uniform in the unit cube of ``dimension``, has for unit n the value
    prod_q sum_k a_k s_k sin(2 pi (k x_q b_k + c_k)) with a_0 = 0 and a, b, c uniform; s_k =
    1/((k + 1)^smoothness + added), ``added`` being 1 in two of the authors' programs and 0 in one.
    Over the samples of a class every unit uses the whole duration.  Examples are shuffled.

    Raises
    ------
    ParameterError
        If there are fewer than two samples of a class, or the smoothness is not positive.
    """
    if samples < 2:
        raise ParameterError(f"samples = {samples}; times are scaled over at least two of a class")
    if not smoothness > 0:
        raise ParameterError(f"smoothness = {smoothness}; it has to be positive")
    values = np.concatenate(
        [
            _scaled(_manifold(rng, samples, units, dimension, smoothness, added))
            for _ in range(classes)
        ]
    )
    labels = np.repeat(np.arange(classes), samples)
    shuffled = rng.permutation(len(labels))
    times = np.nextafter(values[shuffled] * duration, 0.0)  # the last is within the example
    order = np.argsort(times, axis=1, kind="stable")
    start = np.arange(len(labels) + 1) * units
    spikes = SpikeTrains(start, np.take_along_axis(times, order, 1).ravel(), order.ravel())
    return Events(spikes, labels[shuffled], units, duration)


def _manifold(
    rng: np.random.Generator,
    samples: int,
    units: int,
    dimension: int,
    smoothness: float,
    added: float,
) -> npt.NDArray[np.float64]:
    """Values (samples, units) of one class."""
    waves = min(int(np.ceil(SMALLEST ** (-1 / smoothness))), MOST_WAVES)
    k = np.arange(waves)
    amplitude, frequency, phase = rng.random((3, units, dimension, waves))
    amplitude[..., 0] = 0.0
    amplitude *= 1.0 / ((k + 1.0) ** smoothness + added)
    x = rng.random((samples, dimension))
    found = np.ones((samples, units))
    for q in range(dimension):
        turns = x[:, q, None, None] * (k * frequency[:, q]) + phase[:, q]
        found *= (amplitude[:, q] * np.sin(2 * np.pi * turns)).sum(axis=-1)
    return found


def _scaled(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    low = values.min(axis=0)
    return np.asarray((values - low) / (values.max(axis=0) - low))
