"""Experiments and table of results of equilibrium propagation."""

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.models.vector_field_ep.parameters import (
    VectorField,
    check_vector_field,
    learning_rates,
)
from bioplaus.models.vector_field_ep.relatives import Discrete, check_discrete
from bioplaus.parameters import replace
from bioplaus.reproduction.table import results

ROWS = results("vector_field_ep")


def experiment_of(name):
    return registry.load(registry.find(name))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_has_a_setting_that_can_be_built(row):
    cls = experiment_of(row.experiment)
    assert cls.form == row.form
    for setting in filter(None, (row.full, row.quick)):
        p = replace(cls.Parameters(), setting.changes)
        if isinstance(p, VectorField):
            check_vector_field(p)
            learning_rates(p)
        elif isinstance(p, Discrete):
            check_discrete(p)


def small(name, **changes):
    cls = experiment_of(name)
    experiment = cls(replace(cls.Parameters(), changes), seed=5)
    experiment.setup()
    return experiment


def assert_same(one, other):
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param(
            "vector-field-ep-digits",
            {"examples": 100, "epochs": 2, "nudging": "random-sign"},
            marks=pytest.mark.slow,  # compiles the loop in single precision
        ),
        (
            "vector-field-ep-discrete",
            {"dataset": "digits", "layers": "64-20-10", "examples": 100, "epochs": 2},
        ),
        ("vector-field-ep-theory", {"networks": 1}),
    ],
)
def test_a_run_goes_on_to_the_bit(name, changes):
    straight = small(name, **changes)
    straight.advance(0)
    kept = straight.state()
    kept = {k: _copied(v) for k, v in kept.items()}
    expected = straight.advance(1)
    resumed = small(name, **changes)
    resumed.restore(kept)
    assert resumed.advance(1) == expected
    assert_same(dict(resumed.state()), dict(straight.state()))


def _copied(value):
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return value.copy() if isinstance(value, np.ndarray) else value


@pytest.mark.slow
def test_digits_are_learnt_through_random_feedback_that_aligns():
    """Ten epochs; nine in ten digits right is far above chance and above a tenth of a point."""
    experiment = small("vector-field-ep-digits", epochs=10)
    metrics = [experiment.advance(epoch) for epoch in range(10)]
    angles = [m["angle_1"] for m in metrics]
    assert metrics[-1]["validation_error"] < 0.1
    assert angles[-1] < angles[0] - 5
    assert metrics[-1]["trace_1"] > 0
    assert metrics[-1]["silent_outputs"] == 0


def test_the_network_names_silent_outputs_and_free_phases_too_short():
    """One output held far below zero, and two steps of settling."""
    experiment = small("vector-field-ep-network", examples=3, epochs=1, free_steps=2)
    *_, output = experiment.model.populations.values()
    output.b[:] = [-9.0, *[0.5] * 9]
    with (
        pytest.warns(UserWarning, match=r"output units \[0\] answered none"),
        pytest.warns(UserWarning, match="after 2 steps"),
    ):
        found = experiment.advance(0)
    assert found["silent_outputs"] == 1
    assert found["residual"] > 0.05


def test_spiking_units_that_fell_silent_are_named():
    experiment = small(
        "vector-field-ep-spiking",
        dataset="digits",
        layers="64-5-10",
        examples=20,
        free_steps=5,
        nudged_steps=2,
    )
    experiment.learner.bias[-3] = -50.0
    with pytest.warns(UserWarning, match=r"output units \[7\] answered none of 360"):
        assert experiment.advance(0)["silent_outputs"] == 1
