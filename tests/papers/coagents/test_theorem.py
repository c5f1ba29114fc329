"""The policy-gradient theorem by enumeration, and bandits that are solved on paper."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.experiments.coagents.bandit import LIKELY, REWARDS, STATES
from bioplaus.experiments.coagents.theorem import central_differences
from bioplaus.models.coagents import Coagents, exact_update, expected_reward, variance

WORLD = STATES, LIKELY, REWARDS


def drawn(hidden: int, seed: int = 0, **how: float) -> Coagents:
    rng = np.random.default_rng(seed)
    return Coagents(rng.standard_normal((3, hidden)), rng.standard_normal((hidden + 1, 1)), **how)


@pytest.mark.parametrize("hidden", [1, 2, 3])
def test_local_updates_are_the_gradient(hidden: int) -> None:
    coagents = drawn(hidden)
    slopes = central_differences(coagents)
    assert np.linalg.norm(exact_update(coagents, *WORLD) - slopes) < 1e-8 * np.linalg.norm(slopes)


def test_also_where_units_run_when_they_like() -> None:
    coagents = drawn(2, steps=2, running=0.7)
    slopes = central_differences(coagents)
    assert np.linalg.norm(exact_update(coagents, *WORLD) - slopes) < 1e-7 * np.linalg.norm(slopes)


@pytest.mark.parametrize("how", [{}, {"steps": 2, "running": 0.7}])
def test_probabilities_of_all_outcomes_are_one(how: dict[str, float]) -> None:
    for x in STATES:
        assert sum(p for p, _ in drawn(2, **how).outcomes(x)) == pytest.approx(1, rel=1e-13)


def test_a_baseline_leaves_the_mean_and_lessens_the_variance() -> None:
    coagents = drawn(3)
    plain = exact_update(coagents, *WORLD)
    mean = expected_reward(coagents, *WORLD)
    assert np.abs(exact_update(coagents, *WORLD, baseline=mean) - plain).max() < 1e-15
    assert variance(coagents, *WORLD, baseline=mean) < variance(coagents, *WORLD)


def test_weights_of_zero_choose_by_a_coin() -> None:
    """Every unit fires with 1/2: reward 0.4 x 1/2 + 0.6 x 1.1/2; a hidden unit whose output reaches
    nothing has no gradient, and the acting bias has (r1 - r0)/4 in each state."""
    coagents = Coagents(np.zeros((3, 2)), np.zeros((3, 1)))
    assert expected_reward(coagents, *WORLD) == pytest.approx(0.4 * 0.5 + 0.6 * 0.55)
    update = exact_update(coagents, *WORLD)
    assert np.abs(update[:6]).max() < 1e-16
    slope = 0.4 * (0 - 1) / 4 + 0.6 * (0.9 - 0.2) / 4
    assert update[6:] == pytest.approx([slope / 2, slope / 2, slope])


def test_episodes_are_drawn_as_enumerated() -> None:
    """40,000 episodes, seed 1; 4.5 standard errors of a share."""
    coagents, rng = drawn(2, steps=2, running=0.7), np.random.default_rng(1)
    likely = sum(p for p, outcome in coagents.outcomes(STATES[0]) if outcome.action)
    acted = np.mean([coagents.episode(STATES[0], rng).action for _ in range(40_000)])
    assert abs(acted - likely) < 4.5 * np.sqrt(likely * (1 - likely) / 40_000)


def test_a_unit_that_did_not_run_learns_nothing() -> None:
    coagents = drawn(2, steps=1, running=0.01)
    outcomes = [outcome for _, outcome in coagents.outcomes(STATES[1])]
    assert any(not outcome.hidden.any() for outcome in outcomes)
    before = coagents.hidden.copy()
    coagents.learn(next(o for o in outcomes if not o.hidden.any()), 1.0)
    assert np.array_equal(before, coagents.hidden)


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="2 hidden units and a bias"):
        Coagents(np.zeros((3, 2)), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="at least one step"):
        Coagents(np.zeros((3, 2)), np.zeros((3, 1)), steps=0)
    with pytest.raises(ValueError, match="above 0"):
        Coagents(np.zeros((3, 2)), np.zeros((3, 1)), running=0.0)
