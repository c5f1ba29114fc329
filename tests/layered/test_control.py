"""Feedback control and predictive coding: limits, closed forms, energies."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.layered.control import Controlled, Predictive
from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.feedback import Fixed, Transported
from bioplaus.layered.network import Layered
from tests.layered.nets import angle, batch, errors, largest, net, slope, taught


def _coding(on: Layered, precision: float = 1.0, steps: int = 2000, size: float = 0.2) -> Taught:
    return taught(ErrorPath(Predictive(steps, size, precision), Transported()), on)


def _control(on: Layered, leak: float, step: float = 0.1) -> Taught:
    return taught(ErrorPath(Controlled(leak, step), Fixed(), "direct"), on)


def _with_jacobian(t: Taught) -> Taught:
    w = t.net.w
    t.way.B[0][...], t.way.B[1][...] = w[2].T @ w[1].T, w[2].T
    return t


def test_control_reaches_the_target_by_the_least_pushes() -> None:
    """Linear, B = J^T, no leak: pushes are the pseudoinverse of [J_1 J_2 I] of the step."""
    on, (x, d) = net(units="linear", output="linear"), batch()
    t = _with_jacobian(_control(on, 1e-9))
    pushes, step = -0.1 * np.concatenate(errors(t, x, d), axis=1), -0.1 * (on.up(x).h[-1] - d)
    everything = np.concatenate([*t.way.B, np.eye(3)], axis=1)
    np.testing.assert_allclose(pushes @ everything.T, step, atol=1e-8)
    np.testing.assert_allclose(pushes, step @ np.linalg.pinv(everything).T, atol=1e-8)


def test_control_with_much_leak_is_direct_feedback() -> None:
    on, (x, d) = net(seed=22), batch()
    worst = []
    for leak in (1.0, 100.0, 1e4):
        t = _control(on, leak, 1e-5 * leak)
        direct = taught("DFA", on)
        direct.way.B[:] = t.way.B
        pairs = zip(errors(t, x, d), errors(direct, x, d))
        worst.append(max(angle(a, b) for a, b in pairs))
    assert worst[0] > 5
    assert worst[1] / worst[2] == pytest.approx(100, rel=0.1)


@pytest.mark.parametrize("precision", [1.0, 0.25])
def test_linear_predictive_coding_is_control_with_the_jacobian(precision: float) -> None:
    """Settled errors of precision p are those of a controller of leak 1/p - 1, times 1/p."""
    on, (x, d) = net(seed=22, units="linear", output="linear"), batch()
    controlled = errors(_with_jacobian(_control(on, 1 / precision - 1)), x, d)
    coded = errors(_coding(on, precision), x, d)
    assert largest([precision * e for e in coded], controlled) < 1e-12


def test_predictive_coding_of_a_chain() -> None:
    """1-1-1 linear: e_2 = (w2 w1 x - d)/(1 + w2^2), e_1 = w2 e_2."""
    on = net((1, 1, 1), units="linear", output="linear")
    on.w[0][...], on.w[1][...] = 1.5, 0.8
    first, second = errors(_coding(on), np.array([[0.6]]), np.array([[1.0]]))
    assert second.item() == pytest.approx((0.8 * 1.5 * 0.6 - 1) / 1.64, abs=1e-12)
    assert first.item() == pytest.approx(0.8 * second.item(), abs=1e-12)


def test_predictive_coding_descends_its_settled_energy() -> None:
    on, (x, d) = net((4, 6, 5, 3), 23), batch((4, 6, 5, 3), 3)
    t = _coding(on, steps=400)

    def energy() -> float:
        seen, e = t.path.carrier.teach(t.way, on.up(x), d)
        answer = on.rate(2, seen.h[2] @ on.w[2] + on.b[2])
        return 0.5 * sum((each**2).sum() for each in e[:-1]) + on.loss(answer, d).sum()

    for w, change in list(zip(on.w, t.changes(x, d)))[1:]:
        assert np.abs(change[:2] + slope(energy, w[:2], 1e-5)).max() < 1e-7


def test_predictive_coding_is_backpropagation_at_low_precision() -> None:
    """The angle is proportional to the precision; a small error at precision 1 is not enough."""
    sizes = (4, 6, 5, 3)
    on, (x, d) = net(sizes, 20, output="linear"), batch((4, 6, 5, 3))
    exact = taught("backprop", on).changes(x, d)[0]
    angles = [angle(_coding(on, p).changes(x, d)[0], exact) for p in (0.1, 0.01, 0.001)]
    assert angles[0] > 5 * angles[1]
    assert angles[1] / angles[2] == pytest.approx(10, rel=0.05)
    nearly = on.up(x).h[-1] + 1e-3 * (d - on.up(x).h[-1])
    assert (
        angle(_coding(on).changes(x, nearly)[0], taught("backprop", on).changes(x, nearly)[0]) > 5
    )
