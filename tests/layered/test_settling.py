"""Two-phase contrasts of networks that settle, against gradients and against one another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bioplaus.analysis import timing_window
from bioplaus.layered.settling import Settled, Settling
from bioplaus.parameters import ParameterError
from tests.layered.nets import angle, batch, largest, net, slope, taught

SIZES = (4, 6, 5, 3)
LONG = {"free": 200, "second": 200, "epsilon": 0.5}


def settled(row: Settling, units: str = "logistic", output: str = "logistic") -> Settled:
    return Settled(net(SIZES, 20, units, output), row, np.random.default_rng(3))


def test_contrastive_hebbian_learning_descends_the_difference_of_energies() -> None:
    """Tied, gain 1: J = E(held) - E(free), Hopfield's energy of logistic units."""
    s, (x, d) = settled(Settling(gain=1.0, **LONG)), batch(SIZES, 2)
    d = 0.1 + 0.8 * d

    def energy(r: list[np.ndarray]) -> float:
        inside = sum((q * np.log(q) + (1 - q) * np.log(1 - q)).sum() for q in r)
        pairs = zip([x, *r], s.net.w, s.net.b, r)
        return inside - sum(((a @ w + b) * q).sum() for a, w, b, q in pairs)

    def difference() -> float:
        free, drive = s.settle(x)
        held = s.relax(free, drive, 200, held=d)
        return energy(s.rates(held, d)) - energy(s.rates(free))

    found = s.contrasts(x, d)[0]
    for w, step in list(zip(s.net.w, found))[1:]:
        assert np.abs(step[:2] + slope(difference, w[:2], 1e-5)).max() < 1e-7


def test_with_weak_feedback_it_is_backpropagation() -> None:
    """Angles proportional to the gain, twice as large one layer further down."""
    (x, d), angles = batch(SIZES), []
    for gain in (0.1, 0.03, 0.01):
        s = settled(Settling(gain=gain, **LONG))
        exact = taught("backprop", s.net).changes(x, d)
        angles.append([angle(a, b) for a, b in zip(s.contrasts(x, d)[0], exact)])
    for gain, found in zip((0.1, 0.03, 0.01), angles):
        assert found[0] / gain == pytest.approx(angles[2][0] / 0.01, rel=0.15)
        assert found[1] / gain == pytest.approx(angles[2][1] / 0.01, rel=0.15)
    assert angles[2][0] < 1


def test_generec_by_midpoint_and_symmetrised_is_contrastive_hebbian_learning() -> None:
    s, (x, d) = settled(Settling(gain=1.0, **LONG)), batch(SIZES)
    free, drive = s.settle(x)
    plus = [x, *s.rates(s.relax(free, drive, 200, held=d), d)]
    minus = [x, *s.rates(free)]
    for k, step in enumerate(s.contrasts(x, d)[0]):
        by_post = (minus[k] + plus[k]).T @ (plus[k + 1] - minus[k + 1]) / 2
        by_pre = (plus[k] - minus[k]).T @ (minus[k + 1] + plus[k + 1]) / 2
        np.testing.assert_allclose(by_post + by_pre, step, atol=1e-13)


@pytest.mark.parametrize("gain", [1.0, 0.3])
def test_weakly_pulled_generec_is_the_gradient_of_the_fixed_point(gain: float) -> None:
    """Of half the squared error, with feedback that is the transpose and stays where it is."""
    pulled = {"held": False, "influence": 1e-4, "gain": gain, "feedback": "random"}
    row = Settling("presynaptic", **pulled, **LONG)
    s, (x, d) = settled(row), batch(SIZES, 3)
    s.B = [w.T.copy() for w in s.net.w[1:]]

    def cost() -> float:
        return 0.5 * ((s.answer(x) - d) ** 2).sum()

    def along(found: list[np.ndarray]) -> list[float]:
        weights = zip(s.net.w, found)
        return [angle(step[:2], -slope(cost, w[:2], 1e-5)) for w, step in weights]

    assert max(along(s.contrasts(x, d)[0])) < 0.05
    s.row = replace(row, held=True)
    assert 0.05 < max(along(s.contrasts(x, d)[0])) < 5


def test_the_change_over_the_second_phase_tends_to_the_contrast() -> None:
    (x, d), gaps = batch(SIZES), []
    for influence in (0.1, 0.01, 0.001):
        row = Settling("change", held=False, influence=influence, gain=0.5, **LONG)
        change = settled(row, "tanh", "linear")
        ends = settled(replace(row, contrast="presynaptic"), "tanh", "linear")
        gaps.append(largest(change.contrasts(x, d)[0], ends.contrasts(x, d)[0]))
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.4)
    assert gaps[1] / gaps[2] == pytest.approx(10, rel=0.1)


@pytest.mark.slow
def test_it_rests_where_the_vector_field_network_rests() -> None:
    """Clipped units inside their range: one update of the project's batched form, in half cost."""
    from bioplaus.models.vector_field_ep.batched import build_batched
    from bioplaus.models.vector_field_ep.parameters import VectorField
    from bioplaus.parameters import replace as changed

    p = changed(
        VectorField(),
        {
            "layers": "4-6-3", "learning_rates": "0.5, 0.5", "batch": 2, "persistent": False,
            "nudging": "positive", "influence": 0.05, "free_steps": 200, "nudged_steps": 200,
        },
    )  # fmt: skip
    reference = build_batched(p, np.random.default_rng(2), 2, np.float64)
    projections = reference.projections
    row = Settling("presynaptic", held=False, influence=0.05, gain=1.0, feedback="random", **LONG)
    on = net((4, 6, 3), 2, "clipped", "clipped")
    s = Settled(on, row, np.random.default_rng(3), 0.5)
    rng = np.random.default_rng(5)
    for ours, theirs in (
        *zip(on.w, projections.forward),
        (s.B[0], projections.feedback[0]),
    ):
        ours[...] = rng.uniform(-0.1, 0.1, ours.shape)
        theirs[...] = ours
    for ours, theirs in zip(on.b, projections.bias):
        ours[...] = theirs[...] = 0.5
    x, labels = rng.uniform(0, 0.4, (2, 4)), np.array([0, 2])
    assert all(np.all((r > 0) & (r < 1)) for r in s.rates(s.settle(x)[0]))
    s.learn(x, np.eye(3)[labels])
    reference.train(x, labels, np.arange(2))
    assert largest(on.w + on.b, [*projections.forward, *projections.bias]) < 1e-9


ROWS: dict[str, Settling] = {
    "CHL": Settling(),
    "CHL, own feedback": Settling(feedback="own"),
    "GeneRec, random feedback": Settling("presynaptic", feedback="random"),
    "rate of change": Settling("change", held=False, free=15, second=15),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_learn_and_are_taken_up(name: str) -> None:
    def made() -> Settled:
        return Settled(net((5, 20, 2)), ROWS[name], np.random.default_rng(1), 0.5)

    rng, s, again = np.random.default_rng(8), made(), made()
    for _ in range(200):
        x = rng.normal(size=(10, 5))
        s.learn(x, np.eye(2)[(x[:, 0] > 0).astype(int)])
    assert (s.answer(x).argmax(axis=1) != (x[:, 0] > 0)).mean() < 0.25
    again.restore(s.state())
    for each in (s, again):
        each.learn(x, np.eye(2)[(x[:, 0] > 0).astype(int)])
    assert largest(s.arrays().values(), again.arrays().values()) == 0
    assert ("output_to_hidden" in s.weights()) == (ROWS[name].feedback == "own")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"contrast": "presynaptic", "feedback": "own"}, "tied or random"),
        ({"contrast": "change"}, "held=False"),
        ({"contrast": "sum"}, "'sum'"),
        ({"feedback": "none"}, "'none'"),
        ({"influence": 0}, "tells the network nothing"),
        ({"gain": 0}, "gain 0"),
        ({"free": 0}, "free 0"),
    ],
)
def test_what_has_no_meaning_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Settling(**values)


def test_the_window_of_timing_is_minus_the_slope_of_the_autocovariance() -> None:
    """V twice filtered noise (20, 10 ms), the cell fires at rate r0 (1 + V).

    Then the mean of dV/dt a lag before its spikes is -C'(lag), C'(u) of the covariance
    s^2 (t1 e^(-u/t1) - t2 e^(-u/t2))/(t1 - t2): positive for pre before post.
    """
    from scipy.signal import lfilter

    rng, dt, steps, t1, t2, s = np.random.default_rng(0), 0.5, 2_000_000, 20.0, 10.0, 0.3
    noise = lfilter([1], [1, -(1 - dt / t1)], rng.normal(size=steps))
    v = lfilter([dt / t2], [1, -(1 - dt / t2)], noise)
    v *= s / v.std()
    spikes = np.flatnonzero(rng.random(steps) < np.clip(0.05 * (1 + v), 0, None) * dt)
    lags = np.arange(-60, 61, 10)
    decays = np.exp(-np.abs(lags) / t1) - np.exp(-np.abs(lags) / t2)
    expected = s**2 * np.sign(lags) * decays / (t1 - t2)
    found = timing_window(v, spikes, lags, dt)
    assert np.corrcoef(found, expected)[0, 1] > 0.99
    assert np.polyfit(expected, found, 1)[0] == pytest.approx(1, abs=0.1)
    assert (found[lags > 0] > 0).all()
    assert (found[lags < 0] < 0).all()
