"""Weights that are looked at in some segments only stay in the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("bokeh")

from bioplaus.records import Recording, RunReader, RunWriter
from bioplaus.records.weights import summarise
from bioplaus.viewer.weights import Weights


def test_a_segment_without_weights_leaves_those_of_the_last(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "run", {"experiment": "taught", "seed": 1})
    spikes = {"cells": (np.array([0.5]), np.array([0]))}
    panel = Weights(RunReader(tmp_path / "run"))
    for segment in range(4):
        looked = {"plastic": summarise(np.full((2, 3), float(segment)), "1")}
        weights = looked if segment % 2 == 0 else {}
        writer.write_recording(segment, Recording(spikes, weights=weights))
        panel.refresh()
        assert panel.projection.value == "plastic"
        assert panel.note.text == f"2 x 3 synapses after segment {segment - segment % 2}"
    writer.close("finished")
