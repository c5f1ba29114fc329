"""Functions that draw random numbers, from a generator or as functions of a counter."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "_nb_binomial",
    "_nb_binomial_normal",
    "_nb_count_on",
    "_nb_failures",
    "_nb_invert",
    "_nb_poisson",
    "_nb_rand",
    "_nb_randn",
    "_nb_start_counting",
    "_nb_uniform",
]


def _nb_rand(generator: Any) -> float:
    return generator.random()


def _nb_randn(generator: Any) -> float:
    return generator.standard_normal()


def _nb_poisson(generator: Any, lam: float) -> Any:
    return generator.poisson(lam)


def _nb_failures(generator: Any, hazard: float) -> Any:
    """Failures before the next success of trials with probability ``1 - exp(-hazard)``."""
    failures = generator.standard_exponential() / hazard
    return np.int64(min(failures, 4e18))  # no success at all when the hazard is zero


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _nb_start_counting(generator: Any) -> Any:
    """A start for the counter of `_nb_uniform`, of 63 random bits."""
    high, low = np.int64(generator.random() * 2.0**31), np.int64(generator.random() * 2.0**32)
    return high * 2**32 + low


def _nb_count_on(counter: Any) -> Any:
    return counter + _GOLDEN


def _nb_mixed(counter: Any) -> Any:
    """64 random bits: the output function of SplitMix64."""
    bits = (counter ^ (counter >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _nb_uniform(counter: Any) -> float:
    return np.float64(np.int64(_nb_mixed(counter) >> np.uint64(11))) * 2.0**-53


def _nb_invert(counter: Any, levels: Any, uniforms: Any, counts: Any) -> Any:
    """Count for every neuron the levels that its random number has reached."""
    largest = np.uint64(0)
    for index in range(len(counts)):
        bits = _nb_mixed(counter + np.uint64(index) * _GOLDEN)
        uniforms[np.uintp(index)] = bits
        counts[np.uintp(index)] = np.int64(bits >= levels[0])
        largest = max(largest, bits)
    level = 1
    while level < len(levels) and largest >= levels[level]:
        for index in range(len(counts)):
            counts[np.uintp(index)] += np.int64(uniforms[np.uintp(index)] >= levels[level])
        level += 1
    return counter + np.uint64(len(counts)) * _GOLDEN


def _nb_binomial(generator: Any, n: int, p: float) -> Any:
    return generator.binomial(n, p)


def _nb_binomial_normal(generator: Any, mean: float, deviation: float) -> float:
    return mean + deviation * generator.standard_normal()
