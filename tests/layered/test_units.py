"""Units of layered networks, and the quantiser."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.layered.network import Layered
from bioplaus.layered.units import UNITS, quantised
from bioplaus.parameters import ParameterError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", ["tanh", "logistic", "linear", "clipped", "rectified"])
def test_slopes_are_derivatives(name: str) -> None:
    unit, a = UNITS[name], np.random.default_rng(1).normal(0, 1, (20, 30))
    numeric = (unit.rate(a + 1e-6, RNG) - unit.rate(a - 1e-6, RNG)) / 2e-6
    np.testing.assert_allclose(unit.slope(a, unit.rate(a, RNG)), numeric, atol=1e-8)


@pytest.mark.parametrize("name", [n for n, unit in UNITS.items() if unit.expression])
def test_texts_say_what_arrays_say(name: str) -> None:
    unit, a = UNITS[name], np.random.default_rng(1).normal(0, 1, (5, 4))
    names = {"tanh": np.tanh, "clip": np.clip, "abs": np.abs, "int": np.asarray, "drive": a - 1}
    rate = eval(unit.text("drive + 1"), names)
    np.testing.assert_allclose(rate, unit.rate(a, RNG), atol=1e-15)
    slope = np.broadcast_to(eval(unit.slope_text("drive + 1"), names | {"rate": rate}), a.shape)
    np.testing.assert_allclose(slope, unit.slope(a, rate), atol=1e-15)


def test_one_of_two_wins_and_the_odd_one_is_silent() -> None:
    a = np.random.default_rng(2).normal(size=(200, 41))
    a[0, :2] = 0.5  # of equals the first
    h = UNITS["winner"].rate(a, RNG)
    won = h != 0
    assert (won[:, :40].reshape(200, 20, 2).sum(axis=2) == 1).all()
    assert not won[:, 40].any()
    assert won[0, 0]
    assert not won[0, 1]
    np.testing.assert_array_equal(h[won], a[won])
    np.testing.assert_array_equal(UNITS["winner"].slope(a, h), won)


def test_bernoulli_units_fire_as_often_as_they_should() -> None:
    draws = UNITS["bernoulli"].rate(np.full((40_000, 1), 0.7), np.random.default_rng(3))
    chance = 1 / (1 + np.exp(-0.7))
    assert draws.mean() == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / 40_000))
    assert set(np.unique(draws)) == {0, 1}


@pytest.mark.parametrize(("bits", "levels"), [(1, [-1, 0, 1]), (2, [-1, -1 / 3, 1 / 3, 1])])
def test_levels_of_an_error(bits: int, levels: list[float]) -> None:
    found = quantised(np.linspace(-1.2, 1.2, 2001), bits)
    np.testing.assert_allclose(np.unique(found), levels, atol=1e-12)


def test_three_bits_are_odd_sevenths_and_never_zero() -> None:
    found = quantised(np.linspace(-1.2, 1.2, 2001), 3)
    np.testing.assert_allclose(np.unique(found) * 7, [-7, -5, -3, -1, 1, 3, 5, 7], atol=1e-12)
    assert (np.abs(quantised(np.linspace(-1, 1, 2001), 3) - np.linspace(-1, 1, 2001)) < 0.15).all()


def test_what_is_no_net_is_refused() -> None:
    with pytest.raises(ParameterError, match="unit 'tan'"):
        Layered((2, 3, 1), RNG, "tan")
    with pytest.raises(ParameterError, match="softmax is a unit of the output"):
        Layered((2, 3, 1), RNG, "softmax")
    with pytest.raises(ParameterError, match="sizes"):
        Layered((2,), RNG)
