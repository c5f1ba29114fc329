"""Local targets, candidates and guesses against gradients that are known."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.layered.carriers import Aligned, Penalty
from bioplaus.layered.error_path import ErrorPath
from bioplaus.layered.feedback import Fixed, Mirrored, NoFeedback, Transported
from bioplaus.layered.learnt_feedback import Inverse
from bioplaus.layered.targets import Predicted, Sampled, Targets
from tests.layered.nets import angle, batch, errors, largest, net, taught


@pytest.mark.parametrize(
    ("carrier", "feedback", "power"),
    [
        (Aligned, Fixed(), 1),
        (lambda step: Penalty(step, short=0), Fixed(), 2),
        (lambda step: Penalty(step, short=0, gated=True), Transported(), 3),
    ],
    ids=["LRA-E", "LRA-fdbk", "LRA-diff"],
)
def test_small_pushes_give_the_message_times_powers_of_the_slope(carrier, feedback, power) -> None:
    """One hidden layer, to first order in the push."""
    on, (x, d) = net((5, 8, 3), 11), batch((5, 8, 3))
    for w in on.w:
        w *= 2
    seen = on.up(x)
    gaps = []
    for step in (0.1, 0.01, 0.001):
        t = taught(ErrorPath(carrier(step), feedback), on)
        wanted = ((seen.h[-1] - d) @ t.way.acting(0)) * on.slopes(seen)[0] ** power
        gaps.append(largest(errors(t, x, d)[:1], [wanted]))
    assert gaps[1] < gaps[0] / 3
    assert gaps[2] < gaps[1] / 5


def test_lra_e_is_adaptive_feedback_in_the_limit() -> None:
    (x, d), gaps = batch(), []
    reference = taught("ARBP", rate=0.2)
    paths = [taught(ErrorPath(Aligned(step), Mirrored()), rate=0.2) for step in (1e-1, 1e-2, 1e-3)]
    for t in (reference, *paths):
        for _ in range(100):
            t.learn(x, d)
    gaps = [largest(t.net.w, reference.net.w) for t in paths]
    assert gaps[0] / gaps[1] == pytest.approx(10, abs=1.5)
    assert gaps[1] / gaps[2] == pytest.approx(10, abs=1)


def test_long_pushes_are_cut() -> None:
    on, (x, d) = net((5, 8, 3)), batch((5, 8, 3))
    t = taught(ErrorPath(Penalty(0.1, short=1e-3), Fixed()), on)
    seen, told = on.up(x), (on.up(x).h[-1] - d) @ t.way.B[0]
    pushed = 1e-4 * told / np.linalg.norm(told, axis=1, keepdims=True)
    moved = seen.h[1] - np.tanh(seen.a[0] - pushed)
    wanted = 2 * moved / (1 + moved**2) * on.slopes(seen)[0] / 0.2
    np.testing.assert_allclose(errors(t, x, d)[0], wanted, atol=1e-12)


def test_a_second_question_hears_the_moved_layer() -> None:
    """Linear output: asked from h_1, the layer above answers h_1 W + b - d."""
    on, (x, d) = net((5, 8, 3), output="linear"), batch((5, 8, 3))
    t = taught(ErrorPath(Penalty(0.1, repeats=2, short=0), Fixed()), on)
    seen, b = on.up(x), t.way.B[0]
    once = seen.a[0] - 0.1 * (seen.h[-1] - d) @ b
    twice = once - 0.1 * (np.tanh(once) @ on.w[1] + on.b[1] - d) @ b
    moved = seen.h[1] - np.tanh(twice)
    wanted = 2 * moved / (1 + moved**2) * on.slopes(seen)[0] / 0.2
    np.testing.assert_allclose(errors(t, x, d)[0], wanted, atol=1e-12)


def test_a_stranger_answers_repeated_questions_only() -> None:
    on, (x, d) = net(), batch()
    own, stranger = (
        taught(ErrorPath(Penalty(repeats=2, stranger=which), Fixed()), on)
        for which in (False, True)
    )
    alike = errors(own, x, d), errors(stranger, x, d)
    assert largest(*([e[1]] for e in alike)) > 1e-6
    for k in on.hidden:
        stranger.way.own[f"stranger_{k + 1}"][...] = on.w[k + 1]
    assert largest(errors(own, x, d), errors(stranger, x, d)) < 1e-14
    once = taught(ErrorPath(Penalty(stranger=True), Fixed()), on)
    assert largest(errors(once, x, d), errors(taught("LRA-fdbk", on), x, d)) == 0


@pytest.mark.parametrize("difference", [True, False])
@pytest.mark.parametrize("orthogonal", [True, False])
def test_exact_inverses_give_gauss_newton_targets(difference: bool, orthogonal: bool) -> None:
    """Square linear layers: e_k = E J_k^-1, which backpropagation's E J_k^T is if orthogonal."""
    sizes, rng = (6, 6, 6, 6), np.random.default_rng(0)
    on, (x, d) = net(sizes, units="linear", output="linear"), batch(sizes)
    for w in on.w:
        w[...] = rng.normal(size=(6, 6))
        if orthogonal:
            w[...] = np.linalg.qr(w)[0]
    t = taught(ErrorPath(Targets(difference=difference), Inverse()), on)
    for b, w in zip(t.way.B, on.w[1:]):
        b[...] = np.linalg.inv(w)
    found, error = errors(t, x, d), on.up(x).h[-1] - d
    jacobians = [on.w[1] @ on.w[2], on.w[2]]
    wanted = [error @ np.linalg.inv(j) for j in jacobians]
    assert largest(found[:2], wanted) < 1e-10
    by_gradient = errors(taught("backprop", on), x, d)[0]
    assert (angle(found[0], by_gradient) < 1e-6) == orthogonal


def test_only_the_difference_rests_where_nothing_is_wrong() -> None:
    t, (x, _) = taught("difference target propagation"), batch()
    answer = t.answer(x)
    assert largest(errors(t, x, answer), [np.zeros(1)] * 3) < 1e-13
    plain = taught(ErrorPath(Targets(difference=False), Inverse()), t.net)
    assert largest(errors(plain, x, answer), [np.zeros(1)] * 3) > 1


def test_with_the_gradient_at_the_top_one_hidden_layer_is_backpropagation() -> None:
    on, (x, d) = net((5, 8, 3)), batch((5, 8, 3))
    found = errors(taught("DTP, gradient at the top", on), x, d)
    assert largest(found, errors(taught("backprop", on), x, d)) < 1e-13


def test_the_mean_of_the_best_candidates_follows_the_gradient() -> None:
    on, (x, d) = net((5, 8, 3)), batch((5, 8, 3), 1)
    by_gradient = errors(taught("backprop", on), x, d)[0][0]
    many = np.repeat(x, 4000, axis=0), np.repeat(d, 4000, axis=0)
    angles = []
    for tried in (1, 10):
        t = taught(ErrorPath(Sampled(0.02, tried), NoFeedback()), on)
        angles.append(angle(errors(t, *many)[0].mean(axis=0), by_gradient))
    assert angles[1] < angles[0]
    assert angles[1] < 3


def test_candidates_of_sign_units_are_flips() -> None:
    on, (x, _) = net((5, 8, 3), units="sign"), batch((5, 8, 3))
    t = taught(ErrorPath(Sampled(0.3), NoFeedback()), on)
    h = on.up(x).h[1]
    near = t.path.carrier._near(t.way, 0, np.repeat(h, 500, axis=0))
    flipped = near != np.repeat(h, 500, axis=0)
    assert set(np.unique(near)) == {-1, 1}
    assert flipped.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / flipped.size))


def test_a_linear_guess_finds_its_fixed_point() -> None:
    """What comes is (h W + b - y) W^T, so M tends to [W W^T; -W^T; b W^T]."""
    on, rng = net((5, 6, 3), units="linear", output="linear"), np.random.default_rng(0)
    on.b[1][...] = 0.3, -0.2, 0.1
    t = taught(ErrorPath(Predicted(), Transported()), on)
    for _ in range(6000):
        x, d = rng.normal(size=(10, 5)), rng.normal(size=(10, 3))
        seen = on.up(x)
        t.path.carrier.adapt(t.way, seen, errors(t, x, d), d)
    w = on.w[1]
    wanted = np.concatenate([w @ w.T, -w.T, (on.b[1] @ w.T)[None]])
    z = np.concatenate([on.up(x).h[1], d, np.ones((10, 1))], axis=1)
    assert largest([z @ t.way.own["M_0"]], [z @ wanted]) < 1e-6
