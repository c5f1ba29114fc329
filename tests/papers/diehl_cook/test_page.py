"""The page on a small set: images that are shown again, labels, and going on after an end."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus import tasks
from bioplaus.errors import UserError
from bioplaus.tasks.image_sets import ImageSet
from tests.papers import entering

SMALL = {
    "inputs": 16, "cells": 6, "total": 6.0, "presentations": 12, "evaluations": 2, "validated": 6,
    "assigned": 12, "tested": 6, "brightest": "60 Hz", "theta_start": "15 mV",
}  # fmt: skip


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two classes: ink above or below."""
    labels = np.arange(20) % 2
    raw = np.zeros((20, 16), np.uint8)
    raw[labels == 0, :8] = raw[labels == 1, 8:] = 255
    parts = {}
    for part in ("train", "validation", "test"):
        parts |= {f"{part}_raw": raw, f"{part}_labels": labels}
    made = ImageSet("halves", (4, 4), 255, ("above", "below"), **parts)
    monkeypatch.setattr(tasks, "load", lambda name, **options: made)


def test_a_run_that_is_taken_up_ends_as_one_that_was_not_interrupted(halves: None) -> None:
    page = entering.page("diehl_cook.mnist")
    whole, figures = entering.execute(page, "numba", **SMALL)
    assert [row["images"] for row in whole.rows] == [6, 12]
    assert figures["test_error"] < 0.5
    begun = entering.stops_after(1)
    with pytest.raises(entering.Opened):
        entering.execute(page, "numba", journal=begun, **SMALL)
    later, again, _ = entering.entered_again(page, begun.state, backend="numba", **SMALL)
    assert again == figures
    assert later.rows == whole.rows[1:]


def test_silent_cells_are_told(halves: None) -> None:
    """No light reaches anybody: the run says so instead of going on for ever."""
    page = entering.page("diehl_cook.mnist")
    with pytest.raises(UserError, match="the cells are silent"):
        entering.execute(page, "numba", **SMALL | {"brightest": "0 Hz"})
