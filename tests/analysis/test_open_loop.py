"""Open-loop measures on signals whose values are known on paper."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.analysis import open_loop

T = 1e-3 * np.arange(10_000)
CIRCLE = np.stack([np.cos(2 * np.pi * T), np.sin(2 * np.pi * T)], axis=1)


def test_error_of_a_mean_is_one():
    """Saying the mean of the target leaves its whole variance."""
    assert open_loop.normalised_error(np.zeros_like(CIRCLE), CIRCLE) == pytest.approx(1.0)
    assert open_loop.normalised_error(CIRCLE, CIRCLE) == 0.0


def test_orbit_forgets_phase_but_not_size():
    late = np.roll(CIRCLE, 250, axis=0)
    assert open_loop.normalised_error(late, CIRCLE) == pytest.approx(2.0)
    assert open_loop.orbit_distance(late, CIRCLE) < 1e-12
    assert open_loop.orbit_distance(1.1 * CIRCLE, CIRCLE) == pytest.approx(0.1)


def test_identity_fit():
    """y = 2 x is a perfect line, but not the line y = x: 1 - sum x^2/sum (x - mean)^2 = 0."""
    x = np.array([-1.0, 0.0, 1.0])
    assert open_loop.identity_r_squared(x, x) == 1.0
    assert open_loop.identity_r_squared(2 * x, x) == pytest.approx(0.0)


def test_period():
    assert open_loop.period_of(np.sin(2 * np.pi * T / 0.8 - 0.1)) == pytest.approx(0.8, rel=1e-3)
    assert np.isnan(open_loop.period_of(np.ones(100)))


def test_maxima_and_their_map():
    """Peaks of a tent map z -> 1.9 min(z, 1 - z) lie on it; peaks of half the slope do not."""
    peaks = [0.3]
    for _ in range(400):
        peaks.append(1.9 * min(peaks[-1], 1 - peaks[-1]))
    reference = np.array(peaks)
    assert open_loop.return_map_error(reference[:50], reference) < 1e-12
    flat = np.array([0.2, 0.19, 0.1805, 0.171475])
    assert open_loop.return_map_error(flat, reference) > 0.1
    signal = np.sin(2 * np.pi * T) * np.where(T < 5, 1.0, 2.0)
    found = open_loop.maxima(signal)
    assert len(found) == 10
    assert found[7] / found[2] == pytest.approx(2.0)


def test_wing_switches_need_a_full_crossing():
    assert open_loop.wing_switches(np.array([5.0, 1.0, 5.0, -5.0, 0.0, -3.0, 3.0])) == 2
