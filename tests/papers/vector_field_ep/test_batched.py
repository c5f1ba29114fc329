"""Layered relaxation and two-phase learning on mini-batches (Scellier 2018; EP17)."""

import warnings
from itertools import pairwise

import numpy as np
import pytest

from bioplaus.analysis import alignment_angle
from bioplaus.models.vector_field_ep import batched, theory
from bioplaus.models.vector_field_ep.parameters import VectorField
from bioplaus.models.vector_field_ep.relaxation import relax, scratch
from bioplaus.models.vector_field_ep.weights import initial_weights
from bioplaus.parameters import ParameterError, replace
from tests.papers.learning import keeps_its_promises

SIZES = (12, 9, 4)
TIED = {"rule": "energy-based", "feedback_start": "transpose"}
TO_REST = {"free_steps": 400, "nudged_steps": 400, "nudging": "symmetric", "influence": 1e-3}


def learner(seed=0, examples=6, **changes):
    setting = {"layers": "12-9-4", "learning_rates": "1, 1", "batch": 1} | changes
    return batched.build_batched(
        replace(VectorField(), setting), np.random.default_rng(seed), examples, np.float64
    )


def task(examples=6, seed=7):
    rng = np.random.default_rng(seed)
    shape = (examples, SIZES[0])
    images = np.where(rng.random(shape) < 0.6, rng.random(shape), 0.0)
    return images, rng.integers(0, SIZES[-1], examples)


def changes(net, images, labels, order):
    before = [matrix.copy() for group in net.projections for matrix in group]
    net.train(images, labels, np.asarray(order))
    after = [matrix for group in net.projections for matrix in group]
    return [new - old for new, old in zip(after, before, strict=True)]


def test_free_states_rest_where_the_flat_network_rests():
    net, (images, _) = learner(), task()
    states, residual = net.settle(images[:1], 400)
    flat = theory.flat_network(net.projections, images[0])
    # Both run to rounding; the layered one skips zero pixels and sums in another order.
    np.testing.assert_allclose(
        np.concatenate([s[0] for s in states]), theory.fixed_point(flat), atol=1e-12
    )
    assert residual < 1e-12


def blocks(flat):
    """The directed blocks of a flat (post, pre) matrix: hidden to output, output to hidden."""
    return flat[9:, :9].T, flat[:9, 9:].T


def test_vector_field_step_is_theorem_1_for_both_directions():
    net, (images, labels) = learner(**TO_REST), task()
    nu = theory.theorem_direction(
        theory.flat_network(net.projections, images[0]),
        np.concatenate([np.zeros(9), np.eye(4)[labels[0]]]),
    )
    _, forward, feedback, *_ = changes(net, images, labels, [0])
    np.testing.assert_allclose(forward, blocks(nu)[0], atol=1e-5)
    np.testing.assert_allclose(feedback, blocks(nu)[1], atol=1e-5)


def test_energy_based_step_is_the_gradient_of_the_tied_weight():
    net, (images, labels) = learner(**TO_REST, **TIED), task()
    for tied in (net.projections.forward[1], net.projections.feedback[0]):
        tied *= 0.5  # away from the edge of stability, where terms of higher order count
    gradient = theory.exact_gradient(
        theory.flat_network(net.projections, images[0]),
        np.concatenate([np.zeros(9), np.eye(4)[labels[0]]]),
    )
    _, forward, feedback, *_ = changes(net, images, labels, [0])
    to_output, to_hidden = blocks(gradient)
    np.testing.assert_allclose(forward, to_output + to_hidden.T, atol=1e-5)
    np.testing.assert_array_equal(feedback, forward.T)


def phases(net, image, target, influence):
    """States after free and nudged phase of one example."""
    states = tuple(np.zeros((1, n)) for n in SIZES[1:])
    drive = image[None] @ net.projections.forward[0]
    work = scratch(1, SIZES[1:], np.float64)
    trajectory = []
    for beta, steps in ((0.0, 20), (influence, 20)):
        for _ in range(steps):
            relax(net.projections, drive, states, target[None], beta, 1, net.dynamics, work)
            trajectory.append(np.concatenate([s[0] for s in states]))
    return np.array(trajectory)


@pytest.mark.parametrize(
    ("activation", "same"), [("hard-sigmoid", True), ("shifted-sigmoid", False)]
)
def test_symmetric_weights_make_both_dynamics_one_where_the_slope_is_one(activation, same):
    images, labels = task()
    target = np.eye(4)[labels[0]]
    options = {"activation": activation, "feedback_start": "transpose"}
    field = phases(learner(**options), images[0], target, 0.5)
    energy = phases(learner(rule="energy-based", **options), images[0], target, 0.5)
    gap = np.max(np.abs(field - energy))
    assert gap < 1e-15 if same else gap > 0.01


@pytest.mark.parametrize("steps", [1, 2])
def test_the_target_travels_one_layer_a_step(steps):
    net, (images, _) = learner(), task()
    states, _ = net.settle(images[:1], 400)
    free = [s.copy() for s in states]
    relax(
        net.projections,
        images[:1] @ net.projections.forward[0],
        states,
        np.ones((1, 4)),
        0.5,
        steps,
        net.dynamics,
        scratch(1, SIZES[1:], np.float64),
    )
    moved = [np.max(np.abs(s - f)) > 1e-6 for s, f in zip(states, free, strict=True)]
    assert moved == [steps > 1, True]


def test_a_target_equal_to_the_free_output_teaches_nothing():
    net, (images, _) = learner(), task()
    states, _ = net.settle(images[:1], 2000)
    before = [s.copy() for s in states]
    drive = images[:1] @ net.projections.forward[0]
    work = scratch(1, SIZES[1:], np.float64)
    relax(net.projections, drive, states, before[-1], 0.9, 50, net.dynamics, work)
    for now, then in zip(states, before, strict=True):
        np.testing.assert_allclose(now, then, atol=1e-14)


@pytest.mark.parametrize("options", [{}, TIED])
def test_batch_step_is_the_mean_of_single_steps_in_any_order(options):
    images, labels = task()
    options = options | {"nudging": "positive", "persistent": False}
    whole = changes(learner(batch=6, **options), images, labels, range(6))
    shuffled = changes(learner(batch=6, **options), images, labels, [3, 1, 5, 0, 4, 2])
    single = [changes(learner(**options), images, labels, [k]) for k in range(6)]
    for together, mixed, *apart in zip(whole, shuffled, *single, strict=True):
        np.testing.assert_allclose(together, np.mean(apart, axis=0), atol=1e-13)
        np.testing.assert_allclose(together, mixed, atol=1e-13)


def test_full_cost_is_half_cost_with_twice_the_influence_and_rates():
    images, labels = task()
    full = changes(
        learner(cost="full", influence=0.4, learning_rates="0.1, 0.05"), images, labels, range(6)
    )
    half = changes(
        learner(cost="half", influence=0.8, learning_rates="0.2, 0.1"), images, labels, range(6)
    )
    for one, other in zip(full, half, strict=True):
        np.testing.assert_array_equal(one, other)


def test_either_sign_of_the_influence_descends():
    """Dividing by the magnitude instead would turn half of the steps round."""
    images, labels = task()
    settled = {"free_steps": 400, "nudging": "positive"}
    plus = changes(learner(influence=0.01, **settled), images, labels, [0])
    minus = changes(learner(influence=-0.01, **settled), images, labels, [0])
    for one, other in zip(plus, minus, strict=True):
        assert alignment_angle(one, other) < 5


@pytest.mark.parametrize("angle", [0.0, 45.0, 90.0, 135.0, 180.0])
def test_flipped_feedback_starts_at_its_angle(angle):
    p = replace(
        VectorField(),
        {"layers": "20-300-100", "feedback_start": "flipped", "initial_angle": angle},
    )
    weights = initial_weights(p, np.random.default_rng(0), np.float64)
    # 30,000 independent signs: the cosine has a standard error of 0.006, a third of a degree.
    assert alignment_angle(weights.forward[1], weights.feedback[0].T) == pytest.approx(
        angle, abs=1.5
    )


def test_a_centred_start_has_the_wanted_drives():
    """Mean drive of every unit and spread of the first layer, from the drives themselves."""
    net, (images, _) = learner(layers="12-9-7-4", learning_rates="1, 1, 1"), task(200)
    batched.centre(net.projections, images, 0.4, 0.05)
    forward, feedback, bias = net.projections
    first = images @ forward[0] + bias[0] + 0.4 * feedback[0].sum(axis=0)
    np.testing.assert_allclose(first.mean(axis=0), 0.4)
    assert (first - first.mean(axis=0)).std() == pytest.approx(0.05)
    second = first @ forward[1] + bias[1] + 0.25 * feedback[1].sum(axis=0)
    np.testing.assert_allclose(second.mean(axis=0), 0.4, atol=1e-3)  # few drives leave 0..1
    assert second.std(axis=0).mean() == pytest.approx(0.05, rel=0.3)


def test_feedback_scale_is_that_of_the_first_weights():
    whole, small = learner(), learner(feedback_scale=0.3)
    np.testing.assert_array_equal(
        small.projections.feedback[0], 0.3 * whole.projections.feedback[0]
    )
    np.testing.assert_array_equal(small.projections.forward[1], whole.projections.forward[1])


def test_shared_step_leaves_the_mismatch_to_the_decay():
    images, labels = task()
    net = learner(rule="shared", weight_decay=0.1, learning_rates="0.1, 0.1")
    gap = net.projections.forward[1] - net.projections.feedback[0].T
    net.train(images, labels, np.arange(6))
    now = net.projections.forward[1] - net.projections.feedback[0].T
    np.testing.assert_allclose(now, 0.9**6 * gap, atol=1e-14)


def test_homeostasis_closes_the_gap_between_both_directions():
    images, labels = task()
    net = learner(homeostasis=0.1, learning_rates="0, 0")
    gap = net.projections.forward[1] - net.projections.feedback[0].T
    net.train(images, labels, np.arange(1))
    now = net.projections.forward[1] - net.projections.feedback[0].T
    np.testing.assert_allclose(now, 0.8 * gap, atol=1e-14)


def test_learning_stops_and_goes_on_to_the_bit():
    images, labels = task()
    straight = learner(learning_rates="0.1, 0.1")
    straight.train(images, labels, np.tile(np.arange(6), 2))
    first = learner(learning_rates="0.1, 0.1")
    first.train(images, labels, np.arange(6))
    second = learner(seed=99, learning_rates="0.1, 0.1")
    second.restore(first.state())
    second.train(images, labels, np.arange(6))
    for name, array in straight.state().items():
        np.testing.assert_array_equal(array, second.state()[name], err_msg=name)


@pytest.mark.parametrize("options", [{}, TIED])
def test_it_keeps_what_learners_promise(options):
    images, labels = task()
    net = learner(learning_rates="0.1, 0.1", persistent=True, **options)
    keeps_its_promises(net, images, np.eye(4)[labels])
    assert not any(np.any(kept) for kept in net.stored)  # of examples, which a batch does not name
    with pytest.raises(ParameterError, match="are classes"):
        net.learn(images, np.full((6, 4), 0.25))


def test_stored_state_is_that_of_the_example():
    images, labels = task()
    net = learner(learning_rates="0, 0", free_steps=300)
    net.train(images, labels, np.array([4, 2]))
    states, _ = net.settle(images, 300)
    for stored, settled in zip(net.stored, states, strict=True):
        np.testing.assert_allclose(stored[[2, 4]], settled[[2, 4]], atol=1e-12)
        assert not stored[[0, 1, 3, 5]].any()


@pytest.mark.parametrize("outputs", ["as hidden", "linear"])
def test_a_linear_output_far_below_zero_learns_where_a_bounded_one_does_not(outputs):
    """With drive a and no feedback, ``s+- = (a +- beta d)/(1 +- beta)``: the step is
    ``(d - a)/(1 - beta^2)``; an output held at zero in both phases makes none."""
    settled = {"free_steps": 200, "nudged_steps": 200, "nudging": "symmetric"}
    net, (images, labels) = learner(outputs=outputs, **settled), task()
    net.projections.feedback[0][:] = 0
    net.projections.forward[1][:] = 0
    drive = np.array([-2.0, -1.5, -3.0, -0.7])
    net.projections.bias[1][:] = drive
    net.train(images, labels, np.array([2]))
    wanted = np.eye(4)[labels[2]]
    expected = (wanted - drive) / (1 - 0.5**2) if outputs == "linear" else np.zeros(4)
    np.testing.assert_allclose(net.projections.bias[1] - drive, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"influence": 0.0}, "teach nothing"),
        ({"influence": -1.0}, "runs away"),
        ({"influence": -0.5, "cost": "full"}, "half-cost"),
        ({"influence": 1.0, "outputs": "linear"}, "keep the outputs in 0..1"),
        ({"nudged_steps": 1}, "at least 2 steps"),
        ({"layers": "12-4"}, "2 layers, .* write 3 or more"),
        ({"learning_rates": "0.1"}, "1 numbers for 2"),
        ({"rule": "energy-based"}, "transpose"),
        ({"rule": "differential"}, "network form"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_reason(wrong, message):
    with pytest.raises(ParameterError, match=message):
        learner(**wrong)


def test_a_batch_larger_than_the_data_is_refused():
    net, (images, labels) = learner(batch=7), task()
    with pytest.raises(ParameterError, match="batch = 6 or less"):
        net.train(images, labels, np.arange(6))


def test_a_silent_output_is_named():
    net, (images, labels) = learner(), task()
    net.projections.bias[1][:] = [1.0, 1.0, -3.0, 1.0]
    report = net.train(images, labels, np.arange(6))
    with pytest.warns(UserWarning, match=r"output units \[2\] answered none of 6"):
        net.warn(report, images)


def test_a_short_free_phase_is_told_how_long_it_should_be():
    net, (images, labels) = learner(free_steps=4, learning_rates="0, 0", persistent=False), task()
    net.projections.bias[1][:] = 1.0
    report = net.train(images, labels, np.arange(6))
    with pytest.warns(UserWarning, match=r"after 4 steps .* (\d+) steps bring") as caught:
        net.warn(report, images)
    needed = int(str(caught[0].message).split("; ")[1].split()[0])
    assert net.settle(images, needed // 2)[1] > batched.UNSETTLED > net.settle(images, needed)[1]


def test_weights_that_oscillate_are_told_apart():
    net, (images, labels) = learner(learning_rates="0, 0"), task()
    net.projections.forward[1][:] = 3.0
    net.projections.feedback[0][:] = -3.0
    net.projections.bias[0][:] = 5.0
    net.projections.bias[1][:] = -12.0
    report = net.train(images, labels, np.arange(6))
    with pytest.warns(UserWarning, match="oscillates"):
        net.warn(report, images)


def test_a_sound_run_warns_of_nothing():
    net, (images, labels) = learner(learning_rates="0.05, 0.05", nudging="positive"), task()
    net.projections.bias[1][:] = 1.0
    report = net.train(images, labels, np.arange(6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.warn(report, images)


def test_layer_chain_makes_the_shapes():
    net = learner()
    assert [w.shape for w in net.projections.forward] == list(pairwise(SIZES))
    assert [w.shape for w in net.projections.feedback] == [(4, 9)]


@pytest.mark.parametrize(
    ("first_weights", "variances", "bias"),
    [("glorot", (2 / 700, 2 / 500), 0.0), ("fan-in", (1 / 900, 1 / 1200), 1 / 900)],
)
def test_first_weights_have_the_spread_of_their_name(first_weights, variances, bias):
    """A uniform draw within b has variance b^2/3; 120,000 weights hold it to one per cent."""
    p = replace(VectorField(), {"layers": "300-400-100", "first_weights": first_weights})
    weights = initial_weights(p, np.random.default_rng(0), np.float64)
    for matrix, variance in zip(weights.forward, variances, strict=True):
        assert matrix.var() == pytest.approx(variance, rel=0.02)
    assert weights.bias[0].var() == pytest.approx(bias, rel=0.2)
