"""Prototypical discrete time and continual updates (Ernoult et al. 2019, 2020)."""

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.layered.batch_kernels import nudge
from bioplaus.layered.two_way import TwoWay
from bioplaus.models.discrete_ep.learner import Learner
from bioplaus.models.discrete_ep.parameters import DiscreteEP, check_discrete
from bioplaus.models.discrete_ep.steps import drives, work_for
from bioplaus.parameters import ParameterError, replace
from bioplaus.reproduction.table import results
from tests.papers.learning import keeps_its_promises


def learner(seed=0, **changes):
    setting = {"layers": "7-6-5-3", "learning_rates": "1, 1, 1", "batch": 4} | changes
    return Learner(replace(DiscreteEP(), setting), np.random.default_rng(seed), np.float64)


def task():
    rng = np.random.default_rng(1)
    return rng.random((4, 7)), rng.integers(0, 3, 4)


def steps_of(net, images, labels):
    before = net.weights()
    net.learn(images, np.eye(3)[labels])
    return {name: array - before[name] for name, array in net.weights().items()}


def flat(net):
    """All weights as one (post, pre) matrix, and where each layer begins."""
    edges = np.concatenate([[0], np.cumsum(net.sizes)])
    weight = np.zeros((edges[-1], edges[-1]))
    for layer, feedback in enumerate(net.feedback):
        low, middle, high = edges[layer : layer + 3]
        weight[middle:high, low:middle] = net.forward[layer + 1].T
        weight[low:middle, middle:high] = feedback.T
    return weight, edges


def as_printed(net, first, states, target=None, influence=0.0, sigma=None):
    """One step of the equations with whole arrays, for any sigma."""
    moved = []
    for layer, bias in enumerate(net.bias):
        field = first if layer == 0 else states[layer - 1] @ net.forward[layer] + bias
        if layer < len(net.feedback):
            field = field + states[layer + 1] @ net.feedback[layer]
        moved.append(field if sigma is None else sigma(field))
    if target is not None:
        moved[-1] = moved[-1] + influence * (target - states[-1])
    return moved


def logistic(x):
    return 1 / (1 + np.exp(-4 * (x - 0.5)))


@pytest.mark.parametrize(("rule", "epsilon"), [("P-EP", 1.0), ("P-EP", 0.2), ("C-VF", 1.0)])
def test_compiled_settling_is_the_equation_as_printed(rule, epsilon):
    images, _ = task()
    net = learner(rule=rule, initial_angle=70.0 if rule == "C-VF" else 0.0, epsilon=epsilon)
    states = [np.zeros((4, n)) for n in net.sizes]
    for _ in range(11):
        first = images @ net.forward[0] + net.bias[0]
        moved = as_printed(net, first, states, sigma=logistic)
        states = [s + epsilon * (m - s) for s, m in zip(states, moved)]
    for ours, expected in zip(net.settle(images, 11), states, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-14)


def linear_step(net, first, states, target, influence):
    """A step of the compiled parts with sigma left out."""
    weights = TwoWay(tuple(net.forward), tuple(net.forward[1:]), tuple(net.bias))
    work = work_for(len(first), net.sizes, np.float64)
    drives(weights, True, first, states, work)
    nudge(states[-1], work.fields[-1], target, influence)
    return work.fields


def test_nudged_phase_is_backpropagation_through_time_step_by_step():
    """Ernoult 2019, theorem 1: state steps are sensitivities, updates cumulate truncated gradients.

    Exact where the step is the gradient of a scalar, hence with sigma taken as linear.
    """
    beta = 1e-7
    net = learner(batch=1, influence=beta)
    images, labels = task()
    for weight in net.forward:
        weight *= 0.5
    first = images[:1] @ net.forward[0] + net.bias[0]
    target = np.eye(3)[labels[:1]]
    free = tuple(np.zeros((1, n)) for n in net.sizes)
    for _ in range(500):
        free = linear_step(net, first, free, target, 0.0)
    weight, edges = flat(net)
    at_rest = np.concatenate([s[0] for s in free])
    sensitivity = np.zeros(edges[-1])
    sensitivity[edges[-2] :] = (target - free[-1])[0]
    gradient = np.zeros_like(weight)
    states = free
    for _ in range(7):
        moved = linear_step(net, first, states, target, beta)
        change = np.concatenate([(m - s)[0] for m, s in zip(moved, states, strict=True)])
        np.testing.assert_allclose(change / beta, sensitivity, atol=1e-6)
        gradient += np.outer(sensitivity, at_rest)
        now = np.concatenate([m[0] for m in moved])
        update = (np.outer(now, now) - np.outer(at_rest, at_rest)) / beta
        # A tied weight has the gradients of both its directions.
        np.testing.assert_allclose(update, gradient + gradient.T, atol=1e-5)
        sensitivity = weight.T @ sensitivity
        states = moved


@pytest.mark.parametrize("rule", ["C-EP", "C-VF"])
def test_continual_updates_telescope_to_two_phases_for_small_rates(rule):
    images, labels = task()
    small = "1e-8, 1e-8, 1e-8"
    continual = steps_of(learner(rule=rule, learning_rates=small), images, labels)
    at_once = steps_of(learner(rule="P-EP", learning_rates=small), images, labels)
    strong = steps_of(learner(rule=rule, learning_rates="0.5, 0.5, 0.5"), images, labels)
    two_phase = steps_of(learner(rule="P-EP", learning_rates="0.5, 0.5, 0.5"), images, labels)
    # C-EP compares both ends; C-VF shares with it the weights of the clamped input.
    names = list(at_once) if rule == "C-EP" else ["forward 0", "bias 0"]
    for name in names:
        scale = np.max(np.abs(at_once[name]))
        # What is left is of the order of the rate itself, and rounding of weights near one.
        np.testing.assert_allclose(continual[name], at_once[name], atol=5e-6 * scale)
        assert np.max(np.abs(strong[name] - two_phase[name])) > 1e-3 * np.max(
            np.abs(two_phase[name])
        )


@pytest.mark.parametrize("first_bias", [True, False])
def test_continual_drive_equals_writing_the_input_weights_at_every_step(first_bias):
    """The detour over x x^T against the rule as it is written."""
    images, labels = task()
    given = {"rule": "C-EP", "learning_rates": "0.3, 0.2, 0.1", "first_bias": first_bias}
    net, plain = learner(**given), learner(**given)
    target = np.eye(3)[labels]
    net.learn(images, target)
    states = plain.settle(images)
    for _ in range(plain.parameters.nudged_steps):
        first = images @ plain.forward[0] + plain.bias[0]
        moved = as_printed(plain, first, states, target, 0.1, logistic)
        for layer, rate in enumerate((0.3, 0.2, 0.1)):
            pre_new, pre_old = (
                (images, images) if layer == 0 else (moved[layer - 1], states[layer - 1])
            )
            step = pre_new.T @ moved[layer] - pre_old.T @ states[layer]
            plain.forward[layer] += rate / (0.1 * 4) * step
            if layer > 0 or first_bias:
                plain.bias[layer] += rate / (0.1 * 4) * (moved[layer] - states[layer]).sum(axis=0)
        states = moved
    for name, array in plain.weights().items():
        np.testing.assert_allclose(net.weights()[name], array, atol=1e-12, err_msg=name)


def test_tied_feedback_follows_and_untied_starts_at_its_angle():
    images, labels = task()
    tied = learner()
    tied.learn(images, np.eye(3)[labels])
    np.testing.assert_array_equal(tied.feedback[0], tied.forward[1].T)
    turned = learner(rule="C-VF", initial_angle=180)
    np.testing.assert_array_equal(turned.feedback[1], -turned.forward[2].T)


@pytest.mark.parametrize("rule", ["P-EP", "C-VF"])
def test_it_keeps_what_learners_promise(rule):
    images, labels = task()
    keeps_its_promises(learner(rule=rule, nudging="random-sign"), images, np.eye(3)[labels])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"influence": 0.0}, "divided"),
        ({"influence": -1.0}, "away from its target"),
        ({"nudged_steps": 2}, "at least 3 steps"),
        ({"learning_rates": "1, 1"}, "2 numbers for 3"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_reason(wrong, message):
    with pytest.raises(ParameterError, match=message):
        learner(**wrong)


def test_a_batch_larger_than_the_data_is_refused():
    images, labels = task()
    with pytest.raises(ParameterError, match="batch = 3 or less"):
        learner().train(images, labels, np.arange(3))


@pytest.mark.parametrize("row", results("discrete_ep"), ids=lambda row: row.id)
def test_every_row_has_a_setting_that_can_be_built(row):
    page = registry.load(registry.find(row.experiment))
    assert page.form == row.form
    for setting in filter(None, (row.full, row.quick)):
        check_discrete(replace(page.Settings(), setting.changes))
