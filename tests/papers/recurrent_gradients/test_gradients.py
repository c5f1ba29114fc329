"""Recurrent gradients against each other, central differences, and identities on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bioplaus.models.recurrent_gradients import (
    RateNetwork,
    in_real_time,
    local_online,
    replayed,
    through_time,
    unbiased_online,
)

STEPS = 60


@pytest.fixture(scope="module")
def case() -> tuple[RateNetwork, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    network = RateNetwork.drawn(8, 2, 2, leak=0.3, gain=1.2, rng=rng)
    return network, rng.standard_normal((STEPS, 2)), rng.standard_normal((STEPS, 2))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b))


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max() / np.abs(b).max())


def test_the_state_obeys_the_equation(case) -> None:
    """A single unit without recurrence and input, bias b: a_t = (1 - (1-l)^t) tanh b."""
    bias, leak = 0.4, 0.25
    network = RateNetwork(np.array([[0.0], [0.0], [bias]]), np.ones((1, 1)), leak)
    seen = network.trajectory(np.zeros((9, 1)), np.zeros((9, 1)))
    expected = (1 - (1 - leak) ** np.arange(1, 10)) * np.tanh(bias)
    assert np.allclose(seen.a[:, 0], expected, rtol=1e-13)
    assert np.isclose(seen.loss, 0.5 * np.sum(expected**2))


def test_through_time_is_the_slope_of_the_loss(case) -> None:
    """Central differences of every weight; their own error at a step of 1e-5 is about 1e-9."""
    network, x, target = case
    gradient = through_time(network, x, target)
    measured = np.zeros_like(gradient)
    for place in np.ndindex(gradient.shape):
        losses = []
        for step in (1e-5, -1e-5):
            weights = network.weights.copy()
            weights[place] += step
            losses.append(replace(network, weights=weights).trajectory(x, target).loss)
        measured[place] = (losses[0] - losses[1]) / 2e-5
    assert largest_difference(measured, gradient) < 1e-7


def test_real_time_is_through_time(case) -> None:
    assert largest_difference(in_real_time(*case), through_time(*case)) < 1e-10


def test_a_window_of_the_whole_changes_nothing_and_one_step_is_another_gradient(case) -> None:
    whole = through_time(*case)
    assert np.array_equal(through_time(*case, window=STEPS), whole)
    nearness = [cosine(through_time(*case, window=window), whole) for window in (1, 5, 30)]
    assert 0.5 < nearness[0] < nearness[1] < nearness[2] < 1


def test_blocks_that_are_cut_are_blocks_of_their_own(case) -> None:
    """With leak 1 and no recurrent weights nothing is carried over, so that cutting is exact."""
    network, x, target = case
    weights = network.weights.copy()
    weights[: network.units] = 0
    still = replace(network, weights=weights, leak=1.0)
    assert np.allclose(
        through_time(still, x, target, window=1), through_time(still, x, target), rtol=1e-12
    )


def test_the_local_form_is_exact_without_recurrent_weights(case) -> None:
    network, x, target = case
    weights = network.weights.copy()
    weights[: network.units] = 0
    alone = replace(network, weights=weights)
    assert (
        largest_difference(local_online(alone, x, target), through_time(alone, x, target)) < 1e-12
    )
    assert 0.8 < cosine(local_online(network, x, target), through_time(network, x, target)) < 1


def test_feedback_without_weights_teaches_nothing(case) -> None:
    network, x, target = case
    assert not local_online(network, x, target, np.zeros_like(network.readout)).any()
    other = local_online(network, x, target, network.readout)
    assert np.array_equal(other, local_online(network, x, target))


def test_replay_in_reverse_is_through_time_with_the_weights_themselves(case) -> None:
    """And without any feedback it is the sum of what a unit keeps of itself: the local form."""
    network, x, target = case
    back = replayed(network, network.recurrent, x, target)
    assert np.array_equal(back, through_time(network, x, target))
    kept = replayed(network, np.zeros_like(network.recurrent), x, target)
    assert largest_difference(kept, local_online(network, x, target)) < 1e-12


@pytest.mark.parametrize("scaled", [True, False])
def test_the_mean_over_signs_is_the_gradient(scaled: bool) -> None:
    """4 units, 28 parameters, 20 steps, 20,000 draws, seed 2.

    z of each parameter is standard normal but for correlations; its root mean square over 28 has a
    standard error of at most 1/sqrt(2 x 2), were only two of them independent; 0.8 to 1.2 is the
    band of an independent program, which found 0.94 to 1.09.
    """
    network = RateNetwork.drawn(4, 2, 2, leak=0.3, gain=1.2, rng=np.random.default_rng(1))
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((20, 2)), rng.standard_normal((20, 2))
    exact = through_time(network, x, target)
    drawn = unbiased_online(network, x, target, np.random.default_rng(2), 20_000, scaled)
    mean, error = drawn.mean(0), drawn.std(0) / np.sqrt(len(drawn))
    z = (mean - exact) / error
    assert 0.8 < np.sqrt(np.mean(z**2)) < 1.2
    assert cosine(mean, exact) > 0.99


def test_scaling_makes_less_noise() -> None:
    network = RateNetwork.drawn(8, 2, 2, leak=0.3, gain=1.2, rng=np.random.default_rng(1))
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((20, 2)), rng.standard_normal((20, 2))
    spread = [
        unbiased_online(network, x, target, np.random.default_rng(3), 2000, scaled).var(0).sum()
        for scaled in (True, False)
    ]
    assert spread[0] < spread[1]


@pytest.mark.parametrize("leak", [0.0, 1.5, -0.1])
def test_a_leak_outside_its_range_is_refused(leak: float) -> None:
    with pytest.raises(ValueError, match="leak"):
        RateNetwork(np.ones((3, 1)), np.ones((1, 1)), leak)


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        RateNetwork(np.ones((3, 2)), np.ones((1, 1)), 0.5)
    network = RateNetwork(np.ones((3, 1)), np.ones((1, 1)), 0.5)
    with pytest.raises(ValueError, match="window of 0"):
        through_time(network, np.ones((4, 1)), np.ones((4, 1)), window=0)
