"""Every page goes on where it was interrupted, and ends as one that was not."""

from __future__ import annotations

import pytest

from tests.papers import entering

pytestmark = pytest.mark.usefixtures("engine_target")

SMALL = {
    "walk": {"places": 5, "goal": 3, "cells": 5, "walks": 4, "evaluations": 2, "patience": 5},
    "distal": {
        "excitatory": 20, "inhibitory": 5, "targets": 4, "noise": 13.0, "seconds": 6,
        "evaluations": 2, "soonest": "0.1 s", "latest": "0.5 s",
    },
    "exclusive_or": {"inputs": 8, "hidden": 4, "epochs": 2, "evaluations": 2, "rate": "200 Hz"},
    "competition": {"inputs": 20, "inhibitory": 2, "seconds": 2, "evaluations": 2, "largest": 0.1},
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_a_run_that_is_taken_up_ends_as_one_that_was_not_interrupted(name: str) -> None:
    page = entering.page(f"reward_stdp.{name}")
    whole, figures = entering.execute(page, "numba", **SMALL[name])
    begun = entering.stops_after(1)
    with pytest.raises(entering.Opened):
        entering.execute(page, "numba", journal=begun, **SMALL[name])
    later, again, _ = entering.entered_again(page, begun.state, backend="numba", **SMALL[name])
    assert again == figures
    assert later.rows == whole.rows[1:]


def test_triplets_are_their_sums() -> None:
    page = entering.page("reward_stdp.triplet")
    _, figures = entering.execute(page, "numba", pairs=5, amplitudes="visual-nearest")
    assert figures["largest_difference"] < 1e-12
