"""The network's learning against products of settled potentials, and the tasks it is shown."""

from __future__ import annotations

import brian2
import numpy as np
import pytest

from bioplaus import tasks
from bioplaus.models import sacramento
from bioplaus.models.sacramento.steady_state import weight_changes
from bioplaus.parameters import replace

PATHWAYS = ("forward", "interneuron", "lateral", "top_down")


@pytest.fixture(autouse=True)
def numpy_target():
    before = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy"
    yield
    brian2.prefs.codegen.target = before


def learning_circuit(**changes):
    """A random circuit that is not self-predicting; all pathways learn, very slowly, unfiltered."""
    p = replace(
        sacramento.Dynamics(),
        {
            "areas": "6-5-4-3",
            "self_predicting": False,
            "forward_rates": "1e-7",
            "interneuron_rates": "2e-7",
            "lateral_rate": "3e-7/ms",
            "top_down_rate": "4e-7/ms",
            "tau_w": "0 ms",
            "tau_input": "0 ms",
            "bias_rate": 0.5,
            **changes,
        },
    )
    return p, sacramento.build(p, seed=6)


def test_every_pathway_moves_by_its_rule_at_the_settled_potentials():
    # After 40 ms (76 time constants) the network is settled; in 10 ms more each weight moves by
    # rate * 10 ms * product.  Moves of 1e-7 leave the potentials where they are.
    p, model = learning_circuit()
    rng = np.random.default_rng(1)
    rates, targets = rng.uniform(0, 1, (1, 6)), rng.uniform(-1, 1, (1, 3))
    shown = 100 * brian2.ms
    quiet = sacramento.schedule(rates, targets, shown, plastic=False)
    model.network.run(40 * brian2.ms, namespace=quiet)
    before = model.weights()
    model.network.run(10 * brian2.ms, namespace={**quiet, "plastic": 1.0})
    after = model.weights()
    settled = sacramento.relax(p, before, rates, targets)
    for area, u in zip(model.areas[1:], settled.u):
        np.testing.assert_allclose(area.u[:], u[0], atol=1e-5)
    expected = weight_changes(p, settled)
    for name, eta in zip(PATHWAYS, (1e-7, 2e-7, 3e-7, 4e-7)):
        for old, new, product in zip(*(getattr(w, name) for w in (before, after, expected))):
            np.testing.assert_allclose((new - old) / (eta * 10), product, rtol=1e-3, atol=1e-6)
    for old, new, product in zip(before.forward_bias, after.forward_bias, expected.forward_bias):
        np.testing.assert_allclose((new - old) / (1e-7 * 10), product, rtol=1e-3, atol=1e-6)


def test_lag_pauses_learning_after_each_onset():
    # 10 ms a pattern with a lag of 7.5 ms: a quarter of the time is left for learning.
    moved = []
    for lag in ("0 ms", "7.5 ms"):
        _, model = learning_circuit(learning_lag=lag, areas="3-2-2")
        names = sacramento.schedule([[0.5] * 3], [[0.5] * 2], 10 * brian2.ms, order=[0] * 4)
        model.network.run(15 * brian2.ms, namespace={**names, "plastic": 0.0})
        before = model.weights().forward[0]
        model.network.run(20 * brian2.ms, namespace={**names, "onset": 15 * brian2.ms})
        moved.append(model.weights().forward[0] - before)
    np.testing.assert_allclose(moved[1], 0.25 * moved[0], rtol=2e-3)


def test_rates_can_be_scaled_while_a_network_runs():
    _, model = learning_circuit()
    model.scale_rates(0.5)
    assert float(model.forward[0].eta / brian2.hertz) == pytest.approx(0.5e-4)
    assert float(model.areas[1].eta_bias / brian2.hertz) == pytest.approx(0.5e-4)
    assert float(model.lateral[0].eta / brian2.hertz) == pytest.approx(3e-4)


def test_yin_yang_classes_by_hand():
    # centre of each dot; a point in each bulge; the far ends of the upper and the lower half
    x = [0.25, 0.75, 0.25, 0.75, 0.5, 0.5]
    y = [0.5, 0.5, 0.35, 0.65, 0.95, 0.05]
    assert tasks.yin_yang_class(x, y).tolist() == [2, 2, 0, 1, 0, 1]


def test_yin_yang_is_balanced_and_symmetric():
    points, labels = tasks.yin_yang_points(600, np.random.default_rng(0))
    assert np.bincount(labels).tolist() == [200, 200, 200]
    np.testing.assert_array_equal(points[:, 2:], 1 - points[:, :2])
    assert (np.hypot(points[:, 0] - 0.5, points[:, 1] - 0.5) <= 0.5).all()
    # half a turn exchanges yin and yang and keeps the dots
    turned = tasks.yin_yang_class(1 - points[:, 0], 1 - points[:, 1])
    assert np.mean(turned == np.array([1, 0, 2])[labels]) == 1


def test_bars_cover_the_image():
    images, labels = tasks.bar_images()
    assert images.sum(axis=1).tolist() == [3] * 8
    assert np.bincount(labels).tolist() == [3, 3, 2]
    assert images[labels == 0].sum(axis=0).tolist() == [1] * 9
    assert len(np.unique(images, axis=0)) == 8


def test_teacher_is_the_printed_function():
    teacher = tasks.RandomTeacher.draw((30, 20, 10), (2, 10), np.tanh, np.random.default_rng(0))
    first, last = teacher.weights
    rates = np.linspace(-1, 1, 30)
    assert (first.shape, last.shape) == ((20, 30), (10, 20))
    expected = 10 * last @ np.tanh(2 * first @ rates)
    np.testing.assert_allclose(teacher(rates[None])[0], expected)
