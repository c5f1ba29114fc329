"""Sweeps over a track, counted on paper."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.models import replay


def passes(order: str, places: int, rate: float, seed: int = 0) -> int:
    true = replay.true_values(places, 0.95)
    values, rng, count = np.zeros(places), np.random.default_rng(seed), 0
    while np.any(values < 0.9 * true):
        replay.sweep(values, order, 0.95, rate, rng)
        count += 1
    return count


@pytest.mark.parametrize("places", [2, 10, 40])
def test_whole_steps_need_one_reverse_sweep_and_a_forward_one_for_each_place(places: int) -> None:
    assert passes("reverse", places, 1.0) == 1
    assert passes("forward", places, 1.0) == places
    assert passes("random", places, 1.0) > 1 or places == 2


@pytest.mark.parametrize(("places", "forward", "reverse"), [(10, 140, 131), (20, 256, 237)])
def test_small_steps_gain_little(places: int, forward: int, reverse: int) -> None:
    """Numbers of an independent program; nothing is random."""
    assert passes("forward", places, 0.1) == forward
    assert passes("reverse", places, 0.1) == reverse


def test_values_are_those_of_the_discount() -> None:
    values = np.zeros(5)
    replay.sweep(values, "reverse", 0.5, 1.0, np.random.default_rng(0))
    assert np.array_equal(values, [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])
    assert np.array_equal(values, replay.true_values(5, 0.5))
