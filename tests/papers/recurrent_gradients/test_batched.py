"""The batched form beside the rules one by one."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.models.recurrent_gradients import (
    Judge,
    Learner,
    RateNetwork,
    local_online,
    through_time,
)
from bioplaus.neurons.cell import ShapeError
from tests.papers.learning import keeps_its_promises

STEPS, BATCH = 30, 4


def learner(rule: str, *, classes: bool = False, window: int = STEPS, seed: int = 0) -> Learner:
    rng = np.random.default_rng(seed)
    network = RateNetwork.drawn(6, 3, 2, leak=0.3, gain=1.2, rng=rng)
    return Learner(network, rule, Judge(window, classes), rng, window=7)


def sequences(classes: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((BATCH, STEPS, 3))
    if classes:
        return x, np.repeat(np.eye(2)[rng.integers(0, 2, BATCH)][:, None], STEPS, axis=1)
    return x, rng.standard_normal((BATCH, STEPS, 2))


def test_each_rule_is_the_mean_over_sequences_of_what_it_is_for_one() -> None:
    x, target = sequences()
    for rule in ("through time", "truncated", "local", "random local"):
        one = learner(rule)
        _, found = one.gradients(x, target)
        net, back = one.network, one.arrays().get("feedback")
        window = 7 if rule == "truncated" else None
        if "local" in rule:
            alone = [local_online(net, each, y, back) for each, y in zip(x, target)]
        else:
            alone = [through_time(net, each, y, window) for each, y in zip(x, target)]
        expected = np.mean(alone, axis=0)
        assert np.allclose(found["weights"], expected, rtol=1e-11, atol=1e-13)


def test_classes_are_told_apart_by_the_slope_of_the_cross_entropy() -> None:
    """Central differences of a few weights; the window is the last ten steps."""
    x, target = sequences(classes=True)
    one = learner("through time", classes=True, window=10)
    _, found = one.gradients(x, target)
    for name, place in (("weights", (2, 3)), ("weights", (7, 0)), ("readout", (4, 1))):
        losses = []
        for step in (1e-5, -1e-5):
            other = learner("through time", classes=True, window=10)
            moved = one.weights()
            moved[name][place] += step
            other.set_weights(moved)
            losses.append(other.gradients(x, target)[0].loss)
        assert found[name][place] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-6)


def test_the_unbiased_rule_has_the_gradient_as_its_mean() -> None:
    """4,000 draws of each sequence: in blocks; the root mean square of z is 1."""
    x, target = (np.repeat(each[:1], 200, axis=0) for each in sequences())
    exact = learner("through time").gradients(x[:1], target[:1])[1]["weights"]
    one = learner("unbiased")
    blocks = [one.gradients(x, target)[1]["weights"] for _ in range(20)]
    mean, error = np.mean(blocks, axis=0), np.std(blocks, axis=0, ddof=1) / np.sqrt(20)
    assert 0.7 < np.sqrt(np.mean(((mean - exact) / error) ** 2)) < 1.4


def test_without_recurrence_the_local_rule_is_the_gradient() -> None:
    x, target = sequences()
    found = []
    for rule in ("local", "through time"):
        one = learner(rule)
        weights = one.weights()
        weights["weights"][:6] = 0
        one.set_weights(weights)
        found.append(one.gradients(x, target)[1]["weights"])
    assert np.allclose(*found, rtol=1e-12, atol=1e-15)


def test_the_control_moves_the_readout_alone_and_a_state_is_all_there_is() -> None:
    x, target = sequences()
    control = learner("none")
    before = control.weights()
    control.learn(x, target)
    assert np.array_equal(control.weights()["weights"], before["weights"])
    assert not np.array_equal(control.weights()["readout"], before["readout"])
    one, other = (learner("unbiased", seed=seed) for seed in (1, 2))
    one.learn(x, target)
    other.restore(one.state())
    for each in (one, other):
        each.learn(x, target)
    assert all(np.array_equal(w, other.weights()[name]) for name, w in one.weights().items())


@pytest.mark.parametrize("rule", ["truncated", "unbiased"])
def test_a_learner_as_all_are(rule: str) -> None:
    keeps_its_promises(learner(rule), *sequences())


def test_misfits_are_told() -> None:
    x, target = sequences()
    with pytest.raises(ShapeError, match="3 inputs and judges 30 steps"):
        learner("local").learn(x[:, :20], target[:, :20])
    with pytest.raises(ValueError, match="no rule 'rtrl'; there are through time"):
        learner("rtrl")
