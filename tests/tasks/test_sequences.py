"""Patterns and evidence: tasks that last in time."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.tasks import Cues, evidence_trials, frozen_noise, sine_mixture


def test_a_pattern_begins_at_zero_and_reaches_one() -> None:
    wave = sine_mixture(np.random.default_rng(1))
    assert wave.shape == (1000,)
    assert wave[0] == 0.0
    assert np.abs(wave).max() == 1.0
    assert abs(wave[-1]) < 1e-12  # whole turns of every sine


def test_a_pattern_too_short_for_any_turn_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole turn"):
        sine_mixture(np.random.default_rng(1), 100)


def test_noise_has_its_rate_and_a_silent_first_step() -> None:
    """4 standard errors of 10^5 draws at 0.05: 0.0028."""
    spikes = frozen_noise(np.random.default_rng(1))
    assert not spikes[0].any()
    assert abs(spikes[1:].mean() - 0.05) < 0.0028


def test_evidence_is_balanced_and_its_label_the_majority() -> None:
    """Labels of 400 trials within 3 sigma of half; cues are where the label says."""
    task = Cues(cues=3, gap=5, cue=20, delay=10, recall=10, spike=1.0)
    x, labels = evidence_trials(np.random.default_rng(1), 400, task)
    assert x.shape == (400, task.steps, 40)
    assert task.steps == 95
    assert abs(labels.mean() - 0.5) < 3 * 0.5 / 20
    left, right = x[:, :75, :10].sum(axis=(1, 2)), x[:, :75, 10:20].sum(axis=(1, 2))
    assert np.array_equal(labels == 1, right > left)
    assert (left + right == 3 * 20 * 10).all()
    assert x[:, -10:, 20:30].all()
    assert not x[:, 1:-10, 20:30].any()


@pytest.mark.parametrize(("changes", "message"), [({"cues": 4}, "odd"), ({"inputs": 42}, "four")])
def test_evidence_that_cannot_be_is_refused(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        Cues(**changes)


def test_the_same_seed_gives_the_same_trials() -> None:
    one, other = (evidence_trials(np.random.default_rng(5), 2) for _ in range(2))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
