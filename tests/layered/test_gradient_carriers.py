"""Backpropagation and what differs from it by its feedback alone, in exact cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bioplaus.layered.carriers import Gradient
from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.feedback import Fixed, Mirrored, Redrawn, Signs, Transported
from bioplaus.layered.step import Descent
from bioplaus.models.error_paths.rows import ROWS
from tests.layered.nets import SIZES, angle, batch, errors, largest, net, slope, taught


@pytest.mark.parametrize("output", ["logistic", "softmax", "linear"])
def test_backpropagation_is_the_gradient(output: str) -> None:
    t = taught("backprop", net(output=output))
    x, d = batch()
    found = t.changes(x, d)
    for w, change in zip(t.net.w, found):
        numeric = slope(lambda: t.net.loss(t.answer(x), d).sum(), w)
        assert np.abs(change + numeric).max() < 1e-7


def test_a_step_is_the_mean_gradient_of_weights_and_biases() -> None:
    t, (x, d) = taught("backprop", rate=0.3), batch()
    before = [a.copy() for a in (*t.net.w, *t.net.b)]
    slopes = [slope(lambda: t.net.loss(t.answer(x), d).mean(), a) for a in (*t.net.w, *t.net.b)]
    t.learn(x, d, 0.5)
    for old, new, gradient in zip(before, (*t.net.w, *t.net.b), slopes):
        np.testing.assert_allclose(new - old, -0.15 * gradient, atol=1e-9)


def test_with_one_hidden_layer_direct_is_layerwise() -> None:
    layerwise, direct = (taught(name, net((5, 8, 3))) for name in ("FA", "DFA"))
    x, d = batch((5, 8, 3))
    for _ in range(20):
        layerwise.learn(x, d)
        direct.learn(x, d)
    assert largest(layerwise.net.w, direct.net.w) == 0


@pytest.mark.parametrize("name", ["FA", "ARBP", "Kolen-Pollack", "weight mirror", "PAL", "BFA"])
def test_from_the_transpose_the_first_errors_are_backpropagations(name: str) -> None:
    t, (x, d) = taught(name), batch()
    for b, w in zip(t.way.B, t.net.w[1:]):
        b[...] = w.T
    assert largest(errors(t, x, d), errors(taught("backprop", t.net), x, d)) == 0


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_what_separates_feedback_from_the_transpose_shrinks_by_the_decay(decay: float) -> None:
    """Both change by the same, so W^T - B after n updates is (1 - decay)^n of the first."""
    path = ErrorPath(feedback=Mirrored(decay=decay), step=Descent(decay=decay))
    t, (x, d) = taught(path, rate=0.3), batch()
    before = [w - b.T for w, b in zip(t.net.w[1:], t.way.B)]
    for _ in range(500):
        t.learn(x, d)
    for w, b, gap in zip(t.net.w[1:], t.way.B, before):
        np.testing.assert_allclose(w - b.T, gap * (1 - decay) ** 500, rtol=0, atol=1e-13)
        if decay:
            assert angle(w, b.T) < 1


def test_mirrored_from_the_transpose_stays_the_transpose() -> None:
    t, reference = taught("ARBP"), taught("backprop")
    for b, w in zip(t.way.B, t.net.w[1:]):
        b[...] = w.T
    x, d = batch()
    for _ in range(20):
        t.learn(x, d)
        reference.learn(x, d)
    assert largest(t.net.w, reference.net.w) < 1e-14


def test_a_linear_chain_converges_and_keeps_its_invariant() -> None:
    """y = a_1 a_2 a_3 x under FA: da_2/da_1 = a_1/c_1, so a_2 - a_1^2/(2 c_1) stays (B18)."""
    rng, rate = np.random.default_rng(0), 5e-3
    for _ in range(8):
        t = taught("FA", net((1, 1, 1, 1), units="linear", output="linear"), rate)
        for w in t.net.w:
            w[...] = rng.normal()
        for b in t.way.B:
            b[...] = rng.choice([-1, 1]) * rng.uniform(0.4, 1.5)
        first, one, goal = _conserved(t), np.ones((1, 1)), np.full((1, 1), 1.5)
        for _ in range(4000):
            t.learn(one, goal)
            for b in t.net.b:  # a chain without biases
                b[...] = 0
            if abs(t.answer(one).item() - 1.5) < 1e-6:
                break
        assert t.answer(one).item() == pytest.approx(1.5, abs=1e-5)
        assert _conserved(t) == pytest.approx(first, abs=0.05)  # of first order in the rate


def _conserved(t: Taught) -> float:
    return (t.net.w[1] - t.net.w[0] ** 2 / (2 * t.way.B[0])).item()


def test_a_linear_map_is_learnt_and_only_feedback_alignment_aligns() -> None:
    """30-20-10 from nearly nothing (L16): both lose their error; B turns towards W^T under FA."""
    angles = {}
    for name in ("FA", "backprop"):
        rng = np.random.default_rng(1)
        goal = rng.normal(0, 1 / np.sqrt(30), (30, 10))
        t = taught(name, net((30, 20, 10), units="linear", output="linear"), 0.02)
        for w in t.net.w:
            w[...] = rng.uniform(-0.01, 0.01, w.shape)
        random = rng.uniform(-0.5, 0.5, (10, 20))
        for b in t.way.B:
            b[...] = random
        for _ in range(1000):
            x = rng.normal(size=(10, 30))
            t.learn(x, x @ goal)
        x = rng.normal(size=(200, 30))
        assert t.net.loss(t.answer(x), x @ goal).mean() < 1e-3
        angles[name] = angle(random, t.net.w[1].T)
    assert angles["FA"] < 45
    assert angles["backprop"] > 70


@pytest.mark.parametrize("concordance", [1.0, 0.75, 0.5])
@pytest.mark.parametrize(("magnitude", "cosine"), [("one", np.sqrt(3) / 2), ("fixed", 0.75)])
def test_angle_of_signs(magnitude: str, cosine: float, concordance: float) -> None:
    """Of uniform weights: E|w|/rms, and (E|w|)^2/E w^2; concordance p scales by 2p - 1."""
    t = taught(ErrorPath(feedback=Signs(magnitude, concordance)), net((5, 300, 300, 3)))
    found = np.cos(np.radians(angle(t.way.acting(0), t.net.w[1].T)))
    assert found == pytest.approx((2 * concordance - 1) * cosine, abs=0.02)
    assert np.sqrt(np.mean(t.way.acting(0) ** 2)) == pytest.approx(np.sqrt(2 / 600), rel=0.02)


def test_redrawn_feedback_says_nothing_in_the_mean() -> None:
    t, (x, d) = taught(ErrorPath(feedback=Redrawn())), batch()
    told = []
    for _ in range(4000):
        t.path.feedback.renew(t.way)
        told.append(errors(t, x, d)[1])
    told_mean, deviation = np.mean(told, axis=0), np.std(told, axis=0) / np.sqrt(4000)
    assert (np.abs(told_mean) < 4.5 * deviation).all()
    assert deviation.max() > 0


def test_sparse_feedback_hears_so_many_sources_and_keeps_its_size() -> None:
    t = taught(ErrorPath(feedback=Fixed(fan=8)), net((5, 200, 100, 10)))
    sparse = t.way.B[0]
    assert ((sparse != 0).sum(axis=0) == 8).all()
    assert np.mean(sparse**2) == pytest.approx(2 / 300, rel=0.1)


def test_the_slope_and_the_bits_of_an_error() -> None:
    (x, d), on = batch(), net()
    seen = on.up(x)
    plain, flat = (errors(taught(ErrorPath(Gradient(gated=g)), on), x, d) for g in (True, False))
    np.testing.assert_allclose(plain[1], flat[1] * on.slopes(seen)[1], atol=1e-15)
    sign = errors(taught(ErrorPath(Gradient(bits=1)), on), x, d)
    expected = (np.sign(seen.h[-1] - d) @ taught("FA", on).way.B[1]) * on.slopes(seen)[1]
    np.testing.assert_allclose(sign[1], expected, atol=1e-15)
    assert largest([sign[-1]], [plain[-1]]) == 0  # the output itself knows its error


def test_steps_of_other_kinds() -> None:
    (x, d), plain = batch(), taught("backprop", rate=0.1)
    moved = {}
    kinds = [Descent(), Descent(manhattan=True), Descent(limit=1e-3), Descent(rms=0.9)]
    for kind in kinds:
        t = taught(replace(ROWS["backprop"], step=kind), rate=0.1)
        t.learn(x, d)
        moved[kind] = [a - b for a, b in zip(t.net.w, plain.net.w)]
    step, sign, short, divided = moved.values()
    for k in range(3):
        np.testing.assert_allclose(sign[k], 0.1 * np.sign(step[k]), atol=1e-15)
        np.testing.assert_allclose(np.linalg.norm(short[k]), 1e-4, rtol=1e-9)
        assert angle(short[k], step[k]) < 1e-5
        gradient = step[k] / 0.1  # the first running square is a tenth of the square
        expected = 0.1 * gradient / (np.sqrt(0.1 * gradient**2) + 1e-8)
        np.testing.assert_allclose(divided[k], expected, rtol=1e-9)


def test_transported_feedback_follows_the_weights() -> None:
    t = taught(ErrorPath(feedback=Transported()))
    t.learn(*batch())
    assert np.shares_memory(t.way.acting(0), t.net.w[1])
    assert t.way.acting(0).shape == SIZES[2:0:-1]
