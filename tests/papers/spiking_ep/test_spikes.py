"""Sigma-delta communication and the spiking relaxation (O'Connor et al. 2019)."""

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.experiments.spiking_ep import images
from bioplaus.layered.nudging import influence_and_rates
from bioplaus.layered.two_way import TwoWay
from bioplaus.models.spiking_ep.learner import Learner
from bioplaus.models.spiking_ep.parameters import Spiking
from bioplaus.models.spiking_ep.ticks import sigma_delta
from bioplaus.models.vector_field_ep import theory
from bioplaus.parameters import ParameterError, replace
from bioplaus.reproduction.table import results
from tests.papers import entering
from tests.papers.learning import keeps_its_promises


def learner(**changes):
    setting = {"layers": "12-9-4", "batch": 3} | changes
    return Learner(replace(Spiking(), setting), np.random.default_rng(0), np.float64)


def task():
    rng = np.random.default_rng(1)
    return rng.random((3, 12)), rng.integers(0, 4, 3)


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 0.5, 0.77, 1.0])
@pytest.mark.parametrize("ticks", [10, 100, 1000])
def test_mean_of_the_spikes_is_the_value_within_one_over_ticks(value, ticks):
    phi, total = 0.0, 0.0
    for _ in range(ticks):
        spike, phi = sigma_delta(value, phi)
        total += spike
    assert abs(total / ticks - value) <= 1 / ticks


def resting_rates(net, image):
    """Fixed point of the network that sends real numbers, from the flat form."""
    weights = TwoWay(
        net.forward,
        tuple(w.T for w in net.forward[1:]),
        (net.bias[:9], net.bias[9:]),
    )
    return theory.fixed_point(theory.flat_network(weights, image))


def test_annealed_spiking_network_rests_where_the_real_valued_one_does():
    """Step and prediction coefficient falling as 1/t average the bits; the error falls likewise."""
    images, labels = task()
    errors = []
    for ticks in (300, 3000, 30_000):
        net = learner(
            free_steps=ticks,
            nudged_steps=1,
            stepping="scheduled",
            step=0.5,
            step_exponent=0.6,
            prediction=1.0,
            prediction_exponent=0.0,
        )
        (free, _), _ = net.rest(images, np.eye(4)[labels], 1.0)
        expected = np.array([resting_rates(net, image) for image in images])
        errors.append(np.max(np.abs(free[:, 12:] - expected)))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.01


def test_measured_step_settles_near_the_real_valued_rest():
    """The step adapts to the bits' noise; a tenth of the range is two of its standard errors."""
    images, labels = task()
    net = learner(free_steps=2000, nudged_steps=1)
    (free, _), _ = net.rest(images, np.eye(4)[labels], 1.0)
    expected = np.array([resting_rates(net, image) for image in images])
    assert np.mean(np.abs(free[:, 12:] - expected)) < 0.05


def test_charge_does_not_leak_into_the_next_presentation():
    images, labels = task()
    net = learner()
    target = np.eye(4)[labels]
    once = net.rest(images, target, 1.0)[1]
    again = net.rest(images[::-1], target[::-1], 1.0)[1]
    np.testing.assert_array_equal(once, again[::-1])


def test_split_stream_with_no_influence_teaches_nothing():
    """Both streams are then the same ticks; without the split the noise would be learnt."""
    images, labels = task()
    target = np.eye(4)[labels]
    (_, free), nudged = learner(split_stream=True).rest(images, target, 0.0)
    np.testing.assert_array_equal(free, nudged)
    (_, free), nudged = learner(split_stream=False).rest(images, target, 0.0)
    assert np.any(free != nudged)


def test_it_keeps_what_learners_promise():
    images, labels = task()
    keeps_its_promises(learner(), images, np.eye(4)[labels])


def test_a_batch_larger_than_the_data_is_refused():
    images, labels = task()
    with pytest.raises(ParameterError, match="batch = 2 or less"):
        learner().train(images, labels, np.arange(2))


def test_spiking_units_that_fell_silent_are_named(monkeypatch):
    page, drawn = entering.page("spiking_ep.images"), images.spiking_ep.Learner

    def silenced(*arguments):
        made = drawn(*arguments, np.float64)  # as the other tests have compiled it
        made.bias[-3] = -50.0
        return made

    monkeypatch.setattr(images.spiking_ep, "Learner", silenced)
    few = {"examples": 20, "epochs": 1, "free_steps": 5, "nudged_steps": 2}
    with pytest.warns(UserWarning, match=r"output units \[7\] answered none of 360"):
        rows, _ = entering.execute(page, seed=5, dataset="digits", layers="64-5-10", **few)
    assert rows.rows[0]["silent_outputs"] == 1


@pytest.mark.parametrize("row", results("spiking_ep"), ids=lambda row: row.id)
def test_every_row_has_a_setting_that_can_be_built(row):
    page = registry.load(registry.find(row.experiment))
    assert page.form == row.form
    for setting in filter(None, (row.full, row.quick)):
        influence_and_rates(replace(page.Settings(), setting.changes))
