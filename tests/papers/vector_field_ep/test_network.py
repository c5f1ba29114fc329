"""The Brian2 network of equilibrium propagation against its other forms."""

import numpy as np
import pytest

from bioplaus.models.vector_field_ep import batched, network, theory
from bioplaus.models.vector_field_ep.parameters import VectorField
from bioplaus.models.vector_field_ep.weights import initial_weights
from bioplaus.parameters import ParameterError, replace
from bioplaus.tasks import presentations
from tests.papers import showing

BASE = {"layers": "12-9-4", "learning_rates": "0.02, 0.01", "batch": 1, "examples": 6}


pytestmark = pytest.mark.usefixtures("engine_target")


def task(examples):
    rng = np.random.default_rng(3)
    images = np.where(rng.random((examples, 12)) < 0.5, rng.random((examples, 12)), 0)
    return images, rng.integers(0, 4, examples)


def build(p, seed):
    clocks = network.time(p)
    rng = np.random.default_rng(seed)
    return network.build(p, rng, {"pixels": network.pixels(p, clocks)}, clocks)


def show(model, images, labels, order, influences):
    frame = float(model.clocks.frame.dt_)
    tables = {"images": images, "targets": np.eye(4)[labels]}
    shown = {"presentation": frame, "frame": frame, "strength": 1.0, "teaching": influences}
    showing.run(model, presentations(order, tables, **shown))


@pytest.mark.parametrize(
    "options",
    [
        {"nudging": "random-sign"},
        {"nudging": "symmetric", "persistent": False},
        {"nudging": "symmetric", "outputs": "linear"},
        {"rule": "energy-based", "feedback_start": "transpose", "outputs": "linear"},
        {"nudging": "symmetric", "rule": "energy-based", "feedback_start": "transpose"},
        {
            "nudging": "random-sign",
            "activation": "shifted-sigmoid",
            "rule": "energy-based",
            "feedback_start": "transpose",
            "outputs": "leaky",
        },
    ],
)
def test_network_and_batch_of_one_learn_the_same_weights(options):
    """Three passes over six examples; both sum in another order, hence 1e-12 and not equality."""
    p = replace(VectorField(), BASE | options)
    images, labels = task(6)
    order = np.tile(np.arange(6), 3)
    signs = np.random.default_rng(5).choice([-1.0, 1.0], order.size)
    influences = 0.5 * (signs if p.nudging == "random-sign" else np.ones(order.size))
    learner = batched.build_batched(p, np.random.default_rng(0), 6, np.float64)
    learner.rng = np.random.default_rng(5)
    learner.train(images, labels, order)
    model = build(p, 0)
    show(model, images, labels, order, influences)
    for group, expected in zip(
        network.by_layer(p, model.weights()), learner.projections, strict=True
    ):
        for matrix, reference in zip(group, expected, strict=True):
            np.testing.assert_allclose(matrix, reference, atol=1e-12)


def test_free_phase_rests_at_the_fixed_point():
    """Within 1e-6 after 60 steps, against the flat network relaxed to rounding."""
    p = replace(VectorField(), BASE | {"free_steps": 60, "persistent": False})
    images, labels = task(1)
    model = build(p, 1)
    show(model, images, labels, [0], 0.5)
    weights = initial_weights(p, np.random.default_rng(1), np.float64)
    flat = theory.flat_network(weights, images[0])
    states = np.concatenate([model.populations[name].s_free[:] for name in ("hidden", "output")])
    np.testing.assert_allclose(states, theory.fixed_point(flat), atol=1e-6)


def one_step(rule, influence):
    """What one example adds to all weights, from a settled free state."""
    setting = BASE | {
        "rule": rule,
        "nudging": "positive",
        "influence": influence,
        "free_steps": 200,
        "nudged_steps": 10,
        "persistent": False,
        "learning_rates": "1, 1",
    }
    model = build(replace(VectorField(), setting), 4)
    before = model.weights()
    images, labels = task(1)
    show(model, images, labels, [0], influence)
    return {name: new - before[name] for name, new in model.weights().items()}


def test_differential_rule_integrates_to_the_two_phase_rule():
    """Both divide by beta, so that a gap of second order in beta shows as one of first order."""
    gaps = []
    for influence in (0.02, 0.002):
        differential, two_phase = (one_step(r, influence) for r in ("differential", "vector-field"))
        # The input does not move: there the integral is the difference, whatever beta.
        name, above = "pixels_to_hidden", "hidden_to_output"
        np.testing.assert_allclose(differential[name], two_phase[name], atol=1e-12)
        gaps.append(np.max(np.abs(differential[above] - two_phase[above])))
        assert gaps[-1] < influence * np.max(np.abs(two_phase[above]))
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.2)


@pytest.mark.parametrize(
    "wrong", [{"batch": 20}, {"rule": "shared"}, {"homeostasis": 0.1}, {"settled": 1e-3}]
)
def test_what_belongs_to_batches_is_refused(wrong):
    with pytest.raises(ParameterError, match="write"):
        build(replace(VectorField(), BASE | wrong), 0)
