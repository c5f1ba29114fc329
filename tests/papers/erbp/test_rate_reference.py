"""The rate reference against finite differences, and direct feedback against backpropagation."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.models.erbp.rate_reference import RateNetwork


def network(method: str, sizes=(6, 5, 4, 3)) -> RateNetwork:
    net = RateNetwork(sizes, np.random.default_rng(2), method)
    for b in net.net.b:
        b[:] = 0.4  # inside the linear range, so that finite differences exist
    for w in net.net.w:
        w *= 0.3
    return net


def loss(net: RateNetwork, image: np.ndarray, label: int) -> float:
    h = image.astype(float)
    for w, b in zip(net.net.w, net.net.b, strict=True):
        h = np.clip(h @ w.astype(float) + b, 0, 1)
    return 0.5 * float(np.sum((h - np.eye(len(h))[label]) ** 2))


def test_backpropagation_is_the_gradient():
    net = network("bp")
    image = np.random.default_rng(3).uniform(0, 1, 6).astype(np.float32)
    before = [w.copy() for w in net.net.w]
    gradients = []
    for w in net.net.w:
        numeric = np.zeros(w.shape)
        for index in np.ndindex(*w.shape):
            kept = w[index]
            values = []
            for step in (1e-2, -1e-2):
                w[index] = kept + np.float32(step)
                values.append(loss(net, image, 1))
            w[index] = kept
            numeric[index] = (values[0] - values[1]) / 2e-2
        gradients.append(numeric)
    net.train(image[None], [1], [1.0])
    for w, start, gradient in zip(net.net.w, before, gradients, strict=True):
        np.testing.assert_allclose(start - w, gradient, atol=2e-4)


def test_direct_feedback_replaces_only_the_path():
    """The output layer learns alike; the first hidden error is the feedback times the error."""
    image = np.random.default_rng(3).uniform(0, 1, 6).astype(np.float32)
    nets = {method: network(method) for method in ("bp", "dfa")}
    starts = {m: net.net.w[-1].copy() for m, net in nets.items()}
    dfa = nets["dfa"]
    told = dfa.path.carrier.errors(dfa.way, dfa.net.up(image[None]), np.eye(3)[[1]])[0][0]
    h = image
    for w, b in zip(nets["dfa"].net.w, nets["dfa"].net.b, strict=True):
        h = np.clip(h @ w + b, 0, 1)
    np.testing.assert_allclose(told, (h - np.eye(3)[1]) @ nets["dfa"].way.B[0], rtol=1e-5)
    for net in nets.values():
        net.train(image[None], [1], [0.1])
    np.testing.assert_allclose(
        nets["bp"].net.w[-1] - starts["bp"], nets["dfa"].net.w[-1] - starts["dfa"], rtol=1e-6
    )


@pytest.mark.parametrize("method", ["dfa", "bp"])
def test_the_compiled_loop_takes_the_steps_of_the_error_path(method: str):
    """Forty images one by one, some units at a bound; single precision."""
    rng = np.random.default_rng(4)
    images, labels = rng.uniform(0, 1, (40, 6)).astype(np.float32), rng.integers(0, 3, 40)
    images[images < 0.4] = 0
    looped, taught = (RateNetwork((6, 9, 7, 3), np.random.default_rng(2), method) for _ in "12")
    start = looped.weights()
    wrong = looped.train(images, labels, np.full(40, 0.2))
    taught.learning_rate, told = 0.2, 0
    for image, label in zip(images, labels, strict=True):
        told += taught.classify(image[None])[0] != label
        taught.learn(image[None], np.eye(3)[[label]])
    assert wrong == told
    for name, w in looped.weights().items():
        np.testing.assert_allclose(w, taught.weights()[name], atol=2e-6)
        assert np.abs(w - start[name]).max() > 0.05


def test_both_learn_a_separable_task():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 1500)
    images = (np.eye(3)[labels] @ np.kron(np.eye(3), np.ones(2)) * 0.8).astype(np.float32)
    images += rng.uniform(0, 0.2, images.shape).astype(np.float32)
    for method in ("dfa", "bp"):
        net = RateNetwork((6, 20, 20, 3), np.random.default_rng(1), method)
        net.train(images[:1200], labels[:1200], np.full(1200, 0.05))
        assert (net.classify(images[1200:]) != labels[1200:]).mean() < 0.02


def test_impossible_networks_are_refused():
    with pytest.raises(ValueError, match="neither"):
        RateNetwork((4, 3, 2), np.random.default_rng(0), "hebb")
    with pytest.raises(ValueError, match="no hidden layer"):
        RateNetwork((4, 2), np.random.default_rng(0), "bp")
