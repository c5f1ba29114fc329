"""Triplets of competing cells, by hand."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from brian2 import ms

from bioplaus.plasticity.competitive_stdp import CompetitiveSTDP
from tests.plasticity.spike_pairs import learned, weights

pytestmark = pytest.mark.usefixtures("engine_target")

RULE = CompetitiveSTDP(20 * ms, 20 * ms, 40 * ms, drives="heard")
RATES = {"learning_rate": 1e-2, "depression": 1e-4}


def change(pre, post, **options):
    made = learned(RULE, pre, post, start=0.3, live={**RATES, "arrived": -1e6}, **options)
    return weights(made)


def test_given_spikes_change_weights_as_by_hand() -> None:
    """Times in ms; a first postsynaptic spike, or one after a pause, changes nothing."""
    by_hand = [
        ([10], [20, 30], 0.3 + 1e-2 * exp(-20 / 20) * exp(-10 / 40)),
        ([20], [10], 0.3 - 1e-4 * exp(-10 / 20)),
        ([10], [20], 0.3),
        ([10, 26], [20, 30], 0.3 - 1e-4 * exp(-6 / 20) + 1e-2 * exp(-4 / 20) * exp(-10 / 40)),
        ([10, 15], [15, 15.1], 0.3 - 0 + 1e-2 * exp(-0.1 / 20) * exp(-0.1 / 40)),
        ([30], [10, 30], 0.3 - 1e-4 * exp(-20 / 20) + 1e-2 * 1.0 * exp(-20 / 40)),
        ([], [10, 20], 0.3),
    ]
    pre = [[1e-3 * t for t in case[0]] for case in by_hand]
    post = [[1e-3 * t for t in case[1]] for case in by_hand]
    assert change(pre, post) == pytest.approx([case[2] for case in by_hand], abs=1e-13)
    # as computed elsewhere
    assert by_hand[0][2] == pytest.approx(0.30286504796860186, abs=1e-15)
    assert by_hand[1][2] == pytest.approx(0.29993934693402874, abs=1e-15)


def test_weights_stay_within_bounds_and_rest_where_nothing_is_learned() -> None:
    pre, post = [[0.01], [0.03]], [[0.02, 0.03], [0.02]]
    far = {"learning_rate": 1e3, "depression": 1e3, "arrived": -1e6}
    assert weights(learned(RULE, pre, post, live=far)).tolist() == [1.0, 0.0]
    held = learned(RULE, pre, post, live=far, signals={"plasticity": 0.0})
    assert weights(held).tolist() == [0.5, 0.5]


def test_weights_are_scaled_to_their_sum_in_the_first_step() -> None:
    """Cell k hears cell k alone here, so that each weight becomes the sum."""
    scaled = CompetitiveSTDP(20 * ms, 20 * ms, 40 * ms, total=0.25, drives="heard")
    made = learned(scaled, [[], []], [[], []], seconds=0.01, live=RATES, signals={"fresh": 1.0})
    assert np.abs(weights(made) - 0.25).max() < 1e-15
    made = learned(
        scaled, [[], []], [[], []], seconds=0.01, signals={"fresh": 1.0, "plasticity": 0.0}
    )
    assert weights(made).tolist() == [0.5, 0.5]
