"""What feedback weights find by noise, by drawing the input, and as inverses."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.layered.error_path import ErrorPath
from bioplaus.layered.learnt_feedback import Decoder, Inverse, Noise
from bioplaus.layered.units import UNITS
from bioplaus.models.error_paths.rows import ROWS
from tests.layered.nets import angle, batch, net, slope, taught


def _adapted(t, seen, d, times: int = 1, rate: float = 1.0) -> None:
    for _ in range(times):
        t.path.feedback.adapt(t.way, seen, [], d, rate)


@pytest.mark.parametrize(("patterns", "rate"), [(10, 0.05), (100, 0.05)])
def test_a_weight_mirror_settles_at_its_noise_floor(patterns: int, rate: float) -> None:
    """Angle atan sqrt(r/(2 - r) (n + 1)/m) for m patterns an update and n noisy units."""
    t = taught(ErrorPath(feedback=Noise(rate)), net((5, 100, 50, 10), units="linear"))
    seen = t.net.up(np.zeros((patterns, 5)))
    _adapted(t, seen, None, int(6 / rate))
    found = []
    for _ in range(12):
        _adapted(t, seen, None, int(1 / rate))
        found.append(angle(t.way.B[0], t.net.w[1].T))
    expected = np.degrees(np.arctan(np.sqrt(rate / (2 - rate) * 101 / patterns)))
    assert np.mean(found) == pytest.approx(expected, rel=0.03)


def test_noise_on_activity_finds_the_transpose_or_slopes_of_it() -> None:
    on = net((5, 30, 20, 10), 8)
    for w in on.w:
        w *= 2
    x, d = batch((5, 30, 20, 10), 50)
    seen = on.up(x)
    mean_slope = on.slope(1, seen.a[1], seen.h[2]).mean(axis=0)
    by_reply = {}
    for reply in ("rate", "drive"):
        t = taught(ErrorPath(feedback=Noise(0.003, 0.02, superposed=True, reply=reply)), on)
        _adapted(t, seen, d, 2500)
        by_reply[reply] = t.way.B[0]
    assert angle(by_reply["rate"], mean_slope[:, None] * on.w[1].T) < 3.5
    assert angle(by_reply["rate"], on.w[1].T) > 8
    assert angle(by_reply["drive"], on.w[1].T) < 3.5


def test_a_reply_by_logistic_rates_is_divided_by_their_steepest_slope() -> None:
    """At rest all slopes are 1/4: the mirror must still be of the size of the weights."""
    t = taught(ErrorPath(feedback=Noise(0.01, 0.02, reply="rate")), net((5, 20, 10)))
    _adapted(t, t.net.up(np.zeros((50, 5))), None, 800)
    assert np.vdot(t.way.B[0], t.net.w[1].T) == pytest.approx(np.vdot(*[t.net.w[1]] * 2), rel=0.03)


def test_a_mirror_of_drives_is_the_weight_mirror_whatever_the_activity() -> None:
    x, d = batch()
    alone, on_top = taught("weight mirror"), taught("PAL, drives")
    for _ in range(100):
        alone.learn(x, d)
        on_top.learn(x, d)
    assert np.abs(alone.net.w[0] - on_top.net.w[0]).max() < 1e-11


def test_a_direct_mirror_finds_the_jacobian() -> None:
    on = net((5, 30, 20, 10), 8, output="linear")
    x, d = batch((5, 30, 20, 10), 1)
    seen = on.up(np.repeat(x, 50, axis=0))
    t = taught(ErrorPath(feedback=Noise(0.003, 0.02, superposed=True), route="direct"), on)
    _adapted(t, seen, d, 2500)
    jacobian = (on.w[1] * on.slope(1, seen.a[1], seen.h[2])[0]) @ on.w[2]
    assert angle(t.way.B[0], jacobian.T) < 3.5


def test_bdfa_climbs_the_likelihood_of_its_predictions() -> None:
    t, (x, d) = taught(ErrorPath(feedback=Decoder(1.0), route="direct")), batch()
    seen, b = t.net.up(x), t.way.B[0]
    sigma = UNITS["logistic"].rate

    def likelihood() -> float:
        return np.log(sigma((d @ b) * seen.h[1], t.way.noise)).sum(axis=1).mean()

    gradient, before = slope(likelihood, b), b.copy()
    _adapted(t, seen, d, rate=0.5)
    np.testing.assert_allclose(b - before, 0.5 * gradient, atol=1e-9)


def test_bdfa_as_printed_lowers_predictions_without_end() -> None:
    printed, (x, d) = taught("BDFA, as printed"), batch()
    seen = printed.net.up(x)
    _adapted(printed, seen, d, 400)
    shown = d.any(axis=0)
    assert (printed.way.B[0][shown] < -3).mean() > 0.9


def test_bfa_descends_its_picture_error_where_weights_are_transposed() -> None:
    """With U = W^T the way up is the transposed way down: the cross-entropy of the picture."""
    t, (x, d) = taught(ErrorPath(feedback=Decoder(1.0))), batch()
    x = (x + 1) / 2
    seen, picture = t.net.up(x), t.way.own["to_input"]
    picture[...] = t.net.w[0].T
    t.way.B[0][...], t.way.B[1][...] = t.net.w[1].T, np.random.default_rng(3).normal(size=(3, 6))

    def cost() -> float:
        drawn = np.tanh(np.tanh(d @ t.way.B[1]) @ t.way.B[0])
        p = UNITS["logistic"].rate(drawn @ picture, t.way.noise)
        return -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1).mean()

    learnt = [*t.way.B, picture]
    gradients, before = [slope(cost, b) for b in learnt], [b.copy() for b in learnt]
    _adapted(t, seen, d, rate=0.1)
    for b, old, gradient in zip(learnt, before, gradients):
        np.testing.assert_allclose(b - old, -0.1 * gradient, atol=1e-9)


def test_inverses_are_learnt() -> None:
    """A square tanh layer: the error of reconstruction falls below a hundredth of the variance."""
    t, rng = taught("difference target propagation", net((5, 20, 20, 20))), np.random.default_rng(0)
    kind = t.path.feedback
    assert isinstance(kind, Inverse)
    errors = []
    for n in range(1501):
        seen = t.net.up(rng.uniform(-1, 1, (20, 5)))
        if n % 1500 == 0:
            back = kind.inverted(t.way, 0, seen.h[2])
            errors.append(np.mean((back - seen.h[1]) ** 2) / seen.h[1].var())
        _adapted(t, seen, None, rate=0.2)
    assert errors[0] > 1
    assert errors[1] < 0.01


@pytest.mark.parametrize("name", [n for n, r in ROWS.items() if r.feedback.learns])
def test_feedback_that_learns_moves(name: str) -> None:
    t, (x, d) = taught(name, net((5, 8, 3)), 0.5), batch((5, 8, 3))
    before = [b.copy() for b in t.way.B]
    t.learn(x, d)
    assert np.abs(t.way.B[0] - before[0]).max() > 0
