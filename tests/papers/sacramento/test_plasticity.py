"""The network's learning against products of settled potentials, and the tasks it is shown."""

from __future__ import annotations

import brian2
import numpy as np
import pytest

from bioplaus import tasks
from bioplaus.models import sacramento
from bioplaus.models.sacramento.steady_state import weight_changes
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import ParameterError, replace
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.presenting import namespace
from bioplaus.tasks import presentations

PATHWAYS = ("forward", "interneuron", "lateral", "top_down")
FRAME = 1e-2


pytestmark = pytest.mark.usefixtures("engine_target")


def build(p, seed=0):
    clocks = Clocks.of(to_quantity(p.dt), FRAME)
    rng = np.random.Generator(np.random.PCG64(seed))
    return sacramento.build(p, rng, {"input": sacramento.rates(p, clocks)}, clocks)


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
    return p, build(p, seed=6)


def test_every_pathway_moves_by_its_rule_at_the_settled_potentials():
    # After 40 ms (76 time constants) the network is settled; in 10 ms more each weight moves by
    # rate * 10 ms * product.  Moves of 1e-7 leave the potentials where they are.
    p, model = learning_circuit()
    rng = np.random.default_rng(1)
    rates, targets = rng.uniform(0, 1, (1, 6)), rng.uniform(-1, 1, (1, 3))
    tables = {"images": rates, "targets": targets}
    quiet = namespace(presentations([0], tables, presentation=0.1, frame=FRAME, teaching=1.0))
    model.network.run(40 * brian2.ms, namespace=quiet)
    before = sacramento.circuit_weights(model)
    learned = presentations([0], tables, presentation=0.1, frame=FRAME, teaching=1.0, strength=1.0)
    model.network.run(10 * brian2.ms, namespace=namespace(learned))
    after = sacramento.circuit_weights(model)
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
    for lag in (0.0, 7.5e-3):
        _, model = learning_circuit(areas="3-2-2")
        tables = {"images": np.full((1, 3), 0.5), "targets": np.full((1, 2), 0.5)}
        shown = {"presentation": FRAME, "frame": FRAME, "teaching": 1.0, "settling": lag}
        model.network.run(
            15 * brian2.ms, namespace=namespace(presentations([0] * 4, tables, **shown))
        )
        before = model.weights()["input_to_hidden_1"]
        names = namespace(presentations([0] * 4, tables, **shown, strength=1.0), model.network.t)
        model.network.run(20 * brian2.ms, namespace=names)
        moved.append(model.weights()["input_to_hidden_1"] - before)
    np.testing.assert_allclose(moved[1], 0.25 * moved[0], rtol=2e-3)


def test_rates_can_be_scaled_while_a_network_runs():
    p, model = learning_circuit()
    rates = {name: 0.5 * rate for name, rate in sacramento.live(p).items()}
    lateral = {name: rates.pop(name) for name in list(rates) if name.startswith("interneuron")}
    model.set(rates)
    forward = model.plastic["input_to_hidden_1"].synapses
    assert float(forward.eta / brian2.hertz) == pytest.approx(0.5e-4)
    assert float(model.areas[1].eta_bias / brian2.hertz) == pytest.approx(0.5e-4)
    assert float(model.pathways["lateral"][0].eta / brian2.hertz) == pytest.approx(3e-4)
    assert len([name for name in lateral if name.endswith("hidden_1.eta")]) == 1


def test_a_rate_that_would_do_nothing_is_refused():
    """Written forward rates leave nothing to the base rate; automatic ones follow it."""
    written = {"forward_rates": "0.5 0.1", "areas": "3-2-2"}
    build(replace(sacramento.Dynamics(), written))
    with pytest.raises(ParameterError, match=r"learning_rate = 0.001 / ms does nothing beside"):
        build(replace(sacramento.Dynamics(), {**written, "learning_rate": "0.001 / ms"}))
    automatic = {"areas": "3-2-2", "learning_rate": "0.001 / ms"}
    rates = sacramento.live(replace(sacramento.Dynamics(), automatic))
    assert float(rates["hidden_1_to_output.eta"] * brian2.ms) == pytest.approx(0.001)


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
