"""Contrastive divergence and recirculation, against exact gradients."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bioplaus.layered.boltzmann import Boltzmann
from bioplaus.layered.recirculation import recirculate
from bioplaus.layered.units import UNITS
from tests.layered.nets import angle, largest


def _sigma(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def machine(**more) -> Boltzmann:
    rng = np.random.default_rng(0)
    b = Boltzmann(3, 1, 3, rng, dtype=np.float64, **more)
    b.w[...], b.visible_bias[...] = rng.normal(0, 0.7, (4, 3)), rng.normal(0, 0.3, 4)
    b.hidden_bias[...] = rng.normal(0, 0.3, 3)
    return b


STATES = np.array(list(itertools.product((0, 1), repeat=4)), float)
DATA = STATES[[3, 3, 5, 12, 9, 9, 9, 0]]


def exact(b: Boltzmann) -> np.ndarray:
    """Gradient of the mean log likelihood, all states written out."""
    log = STATES @ b.visible_bias + np.logaddexp(0, STATES @ b.w + b.hidden_bias).sum(axis=1)
    p = np.exp(log - log.max())
    p /= p.sum()
    hidden = [_sigma(v @ b.w + b.hidden_bias) for v in (DATA, STATES)]
    return DATA.T @ hidden[0] / len(DATA) - (STATES * p[:, None]).T @ hidden[1]


@pytest.mark.parametrize(("rounds", "most"), [(1, 5.0), (5, 1.0)])
def test_sampled_contrasts_approach_the_gradient(rounds: int, most: float) -> None:
    """80,000 chains; half a degree is noise."""
    b = machine(rounds=rounds)
    assert angle(b.contrast(np.repeat(DATA, 10_000, axis=0))[0], exact(b)) < most


def test_means_stay_biased() -> None:
    b = machine(rounds=10, means=True)
    assert angle(b.contrast(np.repeat(DATA, 5_000, axis=0))[0], exact(b)) > 10


def test_the_answer_is_the_label_of_least_free_energy() -> None:
    """Against a sum over all hidden states."""
    rng = np.random.default_rng(1)
    b = Boltzmann(3, 2, 4, rng, dtype=np.float64)
    for a in b.arrays().values():
        a[...] = rng.normal(size=a.shape)
    x, hidden = rng.random((5, 3)), np.array(list(itertools.product((0, 1), repeat=4)), float)
    free = []
    for label in np.eye(2):
        v = np.concatenate([x, np.tile(label, (5, 1))], axis=1)
        weights = np.exp((v @ b.w + b.hidden_bias) @ hidden.T).sum(axis=1)
        free.append(np.log(weights) + v @ b.visible_bias)
    difference = b.answer(x)[:, 1] - b.answer(x)[:, 0]
    np.testing.assert_allclose(difference, free[1] - free[0], atol=1e-12)


def test_it_learns_and_is_taken_up() -> None:
    def made() -> Boltzmann:
        return Boltzmann(5, 2, 20, np.random.default_rng(1), 0.2)

    rng, b, again = np.random.default_rng(8), made(), made()
    for _ in range(400):
        x = (rng.random((10, 5)) < 0.5).astype(float)
        b.learn(x, np.eye(2)[x[:, 0].astype(int)])
    x = (rng.random((200, 5)) < 0.5).astype(float)
    assert (b.answer(x).argmax(axis=1) != x[:, 0]).mean() < 0.1
    again.restore(b.state())
    for each in (b, again):
        each.learn(x, np.eye(2)[x[:, 0].astype(int)])
    assert largest(b.arrays().values(), again.arrays().values()) == 0


def test_linear_recirculation_turns_to_the_gradient_of_reconstruction() -> None:
    """V = W^T: V's step is the gradient's direction, W's the closer the more is kept."""
    rng = np.random.default_rng(3)
    x, first = rng.normal(size=(50, 8)), rng.normal(0, 0.4, (8, 5))
    miss, hidden, angles = x - x @ first @ first.T, x @ first, []
    for keep in (0.5, 0.95, 0.999):
        w, v = first.copy(), first.T.copy()
        error = recirculate(w, v, x, 1.0, UNITS["linear"], keep)
        assert angle(v - first.T, hidden.T @ miss) < 1e-5
        angles.append(angle(w - first, x.T @ (miss @ first)))
        assert error == pytest.approx((miss**2).sum(axis=1).mean())
    assert angles[0] > angles[1] > angles[2]
    assert angles[2] < 0.1


def test_recirculation_learns_a_code() -> None:
    """One-hot 10-4-10."""
    rng, x = np.random.default_rng(1), np.eye(10)
    w, v = rng.uniform(-0.5, 0.5, (10, 4)), rng.uniform(-0.5, 0.5, (4, 10))
    errors = [recirculate(w, v, x, 2.0, UNITS["logistic"]) for _ in range(8000)]
    assert errors[0] > 2
    assert np.mean(errors[-100:]) < 1
