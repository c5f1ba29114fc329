"""Experiments and table of results of equilibrium propagation."""

from functools import partial

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.parameters import VectorField, check_vector_field
from bioplaus.papers import papers
from bioplaus.parameters import replace
from bioplaus.reproduction.table import results
from tests.papers import entering

ROWS = results("vector_field_ep")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_has_a_setting_that_can_be_built(row):
    page = registry.load(registry.find(row.experiment))
    assert page.form == row.form
    for setting in filter(None, (row.full, row.quick)):
        p = replace(page.Settings(), setting.changes)
        if isinstance(p, VectorField):
            check_vector_field(p)


@pytest.mark.slow
def test_digits_are_learnt_through_random_feedback_that_aligns():
    """Ten epochs; nine in ten digits right is far above chance and above a tenth of a point."""
    digits = papers()["vector_field_ep"].setting("images", "digits").changes
    page = entering.page("vector_field_ep.images")
    metrics = entering.execute(page, seed=5, **{**digits, "epochs": 10})[0].rows
    angles = [m["angle_1"] for m in metrics]
    assert metrics[-1]["validation_error"] < 0.1
    assert angles[-1] < angles[0] - 5
    assert metrics[-1]["trace_1"] > 0
    assert metrics[-1]["silent_outputs"] == 0


def test_the_network_names_silent_outputs_and_free_phases_too_short(monkeypatch):
    """One output held far below zero, and two steps of settling; in the precision of the network,
    in which the other tests have compiled what settles."""
    double = partial(vector_field_ep.build_batched, dtype=np.float64)
    monkeypatch.setattr(vector_field_ep, "build_batched", double)

    class Held(entering.Rows):
        def begin_segment(self, run):
            *_, output = run.simulated[0].model.populations.values()
            output.b[:] = [-9.0, *[0.5] * 9]

    page, few = entering.page("vector_field_ep.network"), {"examples": 3, "epochs": 1}
    with (
        pytest.warns(UserWarning, match=r"output units \[0\] answered none"),
        pytest.warns(UserWarning, match="after 2 steps"),
    ):
        rows, _ = entering.execute(page, seed=5, journal=Held(), free_steps=2, **few)
    found = rows.rows[0]
    assert found["silent_outputs"] == 1
    assert found["residual"] > 0.05
