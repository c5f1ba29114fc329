"""The discrete rate model against gradients and eigenvalues worked out on paper (Greedy 2022)."""

from dataclasses import replace

import numpy as np
import pytest

from bioplaus.models.burstccn.batched import BatchedNetwork, burst_change
from bioplaus.models.burstccn.parameters import Discrete, check_discrete
from bioplaus.parameters import ParameterError
from tests.papers.learning import keeps_its_promises

SMALL = Discrete(
    hidden_layers=3, hidden=40, precision="float64", weight_gain=1.0, feedback_size=0.3
)


def example(p: Discrete, inputs: int = 30, outputs: int = 7, batch: int = 12, seed: int = 1):
    rng = np.random.default_rng(seed)
    network = BatchedNetwork(p, inputs, outputs, rng)
    x = rng.random((batch, inputs))
    target = np.eye(outputs)[rng.integers(0, outputs, batch)]
    network.forward(x)
    return network, x, target


def angle(a, b) -> float:
    """Angle in degrees, exact also near zero where the arc cosine loses digits."""
    a, b = a.ravel() / np.linalg.norm(a), b.ravel() / np.linalg.norm(b)
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))


def loss(network: BatchedNetwork, x, target) -> float:
    return float(0.5 * np.sum((network.forward(x) - target) ** 2))


def test_output_change_is_the_exact_gradient():
    """T1: db_L = -p_b dE/dv_L, against central differences of the output bias."""
    p = replace(SMALL, baseline=0.4)
    network, x, target = example(p)
    change = network.output_change(target).sum(axis=0)
    for unit in range(7):
        losses = []
        for shift in (1e-5, -2e-5):
            network.c[-1][unit] += shift
            losses.append(loss(network, x, target))
        network.c[-1][unit] += 1e-5
        slope = (losses[0] - losses[1]) / 2e-5
        assert change[unit] == pytest.approx(-0.4 * slope, rel=1e-6)


def test_hidden_change_expands_in_odd_powers():
    """T2: db = e (x - 4/3 x^3 + 32/15 x^5 ...) for p_b = 1/2, x = u (1 - e)."""
    e, u = np.array([0.3]), np.array([0.02])
    x = u * (1 - e)
    series = e * (x - 4 / 3 * x**3 + 32 / 15 * x**5)
    # The next term, 272/315 * 4 x^7, is below 1e-12 here.
    assert burst_change(u, e, 0.5) == pytest.approx(series, abs=1e-12)


def test_halving_the_error_quarters_the_deviation_from_backpropagation():
    """T2: the first neglected term is cubic, so the relative deviation is quadratic."""
    deviations = []
    for scale in (0.02, 0.01):
        network, _, target = example(replace(SMALL, feedback="tied", error_scale=scale))
        change = network.backward(target)[0]
        linear = 0.5 * scale * network.references(target, network.W[1:])[0]
        deviations.append(np.linalg.norm(change - linear) / np.linalg.norm(linear))
    assert deviations[0] / deviations[1] == pytest.approx(4, rel=1e-3)


@pytest.mark.parametrize("feedback", ["tied", "random"])
def test_small_errors_travel_as_in_backpropagation_or_feedback_alignment(feedback):
    """T3, T4: angle 0 and norm ratio p_b to 1e-6, for errors of one ten-thousandth."""
    scale = 1e-4
    network, _, target = example(replace(SMALL, feedback=feedback, error_scale=scale))
    carriers = network.W[1:] if feedback == "tied" else network.Y
    references = network.references(target, carriers)
    for layer, (change, error) in enumerate(zip(network.backward(target), references)):
        ours, theirs = change.T @ network.e[layer], error.T @ network.e[layer]
        ratio = np.linalg.norm(ours) / np.linalg.norm(theirs) / scale
        assert ratio == pytest.approx(0.5, abs=1e-6)
        assert angle(ours, theirs) < np.degrees(1e-6)
    if feedback == "random":
        backprop = network.references(target, network.W[1:])[0]
        assert angle(network.backward(target)[0], backprop) > 30


def test_reference_error_is_the_gradient_of_the_first_layer():
    """The backpropagation reference itself, against central differences of a hidden bias."""
    network, x, target = example(SMALL)
    errors = network.references(target, network.W[1:])[0].sum(axis=0)
    losses = []
    for shift in (1e-5, -2e-5):
        network.c[0][3] += shift
        losses.append(loss(network, x, target))
    assert errors[3] == pytest.approx(-(losses[0] - losses[1]) / 2e-5, rel=1e-6)


def test_nothing_moves_without_a_teacher_when_q_cancels():
    """T5: exactly zero, and not when Q is off by one per cent."""
    network, _, _ = example(SMALL)
    assert all(np.all(change == 0) for change in network.backward(None))
    network.set_feedback(network.Y, [0.505 * y for y in network.Y])
    assert np.abs(network.backward(None)[0]).max() > 1e-6


def test_both_routes_in_one_product_equal_the_two_products():
    network, _, target = example(SMALL)
    one = network.backward(target)
    network.set_feedback(network.Y, [0.5 * y for y in network.Y])
    for a, b in zip(one, network.backward(target)):
        assert a == pytest.approx(b, abs=1e-14)


def test_homeostatic_q_decays_along_the_eigenvectors_of_the_rates():
    """T6: the error of Q shrinks by 1 - eta lambda along each eigenvector of mean e' e."""
    p = replace(SMALL, hidden_layers=1, feedback_rule="homeostatic q", feedback_rate=0.05)
    network, _, _ = example(p)
    above = network.e[2]
    eigenvalues, vectors = np.linalg.eigh(above.T @ above / len(above))
    assert eigenvalues[-1] * p.feedback_rate < 2
    network.set_feedback(network.Y, [np.zeros_like(network.Y[0])])
    start = vectors.T @ (network.Q[0] - 0.5 * network.Y[0])
    norms = []
    for _ in range(20):
        network.backward(None)
        norms.append(np.linalg.norm(network.Q[0] - 0.5 * network.Y[0]))
    assert np.all(np.diff(norms) < 0)
    left = vectors.T @ (network.Q[0] - 0.5 * network.Y[0])
    expected = start * (1 - p.feedback_rate * eigenvalues[:, None]) ** 20
    assert left == pytest.approx(expected, abs=1e-12)


def test_homeostatic_y_reduces_every_apical_potential():
    """Y moves against the mean of b' u, so a repeated batch drives the potentials to zero."""
    p = replace(
        SMALL, feedback_rule="homeostatic y", feedback_rate=0.2, branches=7, q_start="random"
    )
    network, _, _ = example(p)
    sizes = []
    for _ in range(200):
        network.backward(None)
        sizes.append(float(np.square(network.apical(2, np.zeros_like(network.e[-1]))).mean()))
    # seven branches, one for each unit above: each is silent on its own
    assert sizes[-1] < 0.02 * sizes[0]


def test_noise_is_added_to_the_rates_that_a_layer_receives():
    """Its drive, and the weights' presynaptic factor, are of the noisy rates; Y and Q's are not.

    The sd of the noise is known to 1/sqrt(2 n) of itself; four of that are allowed.
    """
    p = replace(SMALL, input_noise=0.3)
    network, x, target = example(p)
    network.forward(x, noisy=True)
    for below, received, above, w, c in zip(
        network.e, network.received, network.e[1:], network.W, network.c
    ):
        noise = received - below
        assert np.std(noise) == pytest.approx(0.3, rel=4 / np.sqrt(2 * noise.size))
        assert above == pytest.approx(1 / (1 + np.exp(-(received @ w.T + c))), abs=1e-12)
    start, changes = network.W[1].copy(), network.backward(target)
    network.update(changes, 0.1)
    step = 0.1 * changes[1].T @ network.received[1] / len(x)
    assert network.W[1] - start == pytest.approx(step, abs=1e-13)
    network.forward(x)
    assert all(np.array_equal(a, b) for a, b in zip(network.received, network.e))


@pytest.mark.parametrize("baseline", [0.05, 0.2, 0.401, 0.5])
def test_slope_and_range_for_every_baseline(baseline):
    """T7, T8: slope e (1 - e) at rest; |p - p_b| < p_b; tanh(x)/x half way at 1.9150."""
    e = np.array([0.4])
    step = 1e-6
    slope = (burst_change(np.array([step]), e, baseline) / step)[0]
    assert slope == pytest.approx(0.4 * 0.6, rel=1e-9)
    far = burst_change(np.array([-1e3, 1e3]), np.array([0.4, 0.4]), baseline)
    assert far / 0.4 == pytest.approx([-baseline, baseline])
    half = np.array([1.9150 * baseline / 0.6])
    assert burst_change(half, e, baseline)[0] == pytest.approx(0.5 * half[0] * 0.24, rel=1e-4)


def test_kolen_pollack_closes_on_the_weights():
    """W - Y decays by 1 - lambda at each update when both get the same change and decay."""
    p = replace(SMALL, feedback_rule="kolen-pollack", decay=0.01, learning_rate=0.5)
    network, x, target = example(p)
    before = [w - y for w, y in zip(network.W[1:], network.Y)]
    for _ in range(50):
        network.learn(x, target)
    for w, y, start in zip(network.W[1:], network.Y, before):
        assert w - y == pytest.approx(start * 0.99**50, abs=1e-12)


def test_momentum_sums_the_changes():
    """Two equal changes: velocity g then (1 + m) g, so W moves by eta (2 + m) g."""
    p = replace(SMALL, momentum=0.9)
    network, _, target = example(p)
    change = network.backward(target)
    mean = change[0].T @ network.e[0] / len(network.e[0])
    start = network.W[0].copy()
    network.update(change, 0.1)
    network.update(change, 0.1)
    assert network.W[0] - start == pytest.approx(0.1 * 2.9 * mean, abs=1e-13)


@pytest.mark.parametrize("baseline", [0.0, -0.1, 0.6])
def test_impossible_baseline_is_refused(baseline):
    with pytest.raises(ParameterError, match=r"baseline = .* (at most 0\.5|out of range)"):
        check_discrete(replace(SMALL, baseline=baseline))


def test_empty_batch_and_wrong_q_are_refused():
    network, x, _ = example(SMALL)
    with pytest.raises(ValueError, match="size zero"):
        network.forward(x[:0])
    with pytest.raises(ValueError, match=r"Q of hidden layer 1 has shape .*\(40, 40\)"):
        network.set_feedback(network.Y, [q.T[:3] for q in network.Y])


def test_state_continues_to_the_bit():
    p = replace(SMALL, feedback_rule="homeostatic q", momentum=0.5)
    network, x, target = example(p)
    other, _, _ = example(p, seed=2)
    network.learn(x, target)
    other.restore(network.state())
    for each in (network, other):
        each.learn(x, target)
    assert all(np.array_equal(a, b) for a, b in zip(network.W, other.W))
    assert all(np.array_equal(a, b) for a, b in zip(network.Q, other.Q))


@pytest.mark.parametrize("changes", [
    {"feedback_rule": "homeostatic q"}, {"feedback_rule": "kolen-pollack", "momentum": 0.5},
    {"feedback": "tied", "input_noise": 0.0},
])  # fmt: skip
def test_it_keeps_what_learners_promise(changes):
    network, x, target = example(replace(SMALL, feedback_rate=0.0, **changes))
    keeps_its_promises(network, x, target)
    assert network.weights()["input_to_hidden_1"].shape == (30, 40)
    assert network.weights()["output_bias"].shape == (1, 7)
