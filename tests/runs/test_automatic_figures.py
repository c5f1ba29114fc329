"""Figures from the record alone, of a record made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bioplaus.records import Recording, RunReader, RunWriter
from bioplaus.records.recording import TraceRecord
from bioplaus.records.weights import summarise
from bioplaus.runs.scripts import automatic_figures


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """Two segments of a second: 8 cells fire 10 times a second in the first, 30 in the second."""
    config = {"experiment": "taught", "seed": 7, "parameters": {}}
    writer = RunWriter.create(tmp_path / "run", config)
    for segment, rate in enumerate((10, 30)):
        t = np.repeat(segment + (np.arange(rate) + 0.5) / rate, 8)
        spikes = {"cells": (t, np.tile(np.arange(8), rate))}
        times = segment + np.arange(100) * 0.01
        trace = TraceRecord(times, np.outer(np.arange(7), times) * 1e-3, "V", np.arange(7))
        weights = {"plastic": summarise(np.full((4, 8), 1.0 + segment), "1")}
        recording = Recording(spikes, {("cells", "v"): trace}, None, weights)
        writer.write_recording(segment, recording)
        row = {"segment": segment, "epoch": segment, "simulated_time_s": segment + 1.0}
        writer.append_metrics(row)
    writer.close("finished")
    return RunReader(tmp_path / "run")


def figure_of(run: RunReader, stem: str) -> Any:
    return dict(automatic_figures._figures(run))[stem]


def test_every_part_of_the_record_has_its_figure(run: RunReader) -> None:
    names = ["raster-cells.png", "trace-cells-v.png", "weights-plastic.png"]
    assert [path.name for path in automatic_figures.draw(run)] == names
    for name in names:
        assert (run.path / "figures" / name).stat().st_size > 5000


def test_a_raster_shows_every_spike_and_the_rate_that_was(run: RunReader) -> None:
    page = figure_of(run, "raster-cells")
    above, below = page.axes
    spikes = above.collections[0].get_offsets()
    assert len(spikes) == 8 * 40
    assert above.get_xlim() == below.get_xlim() == (0.0, 2.0)
    stairs = below.patches[0].get_data()
    widths = np.diff(stairs.edges)
    first = stairs.edges[:-1] < 1
    assert np.sum((stairs.values * widths)[first]) == pytest.approx(10)
    assert np.sum((stairs.values * widths)[~first]) == pytest.approx(30)
    assert page.get_suptitle() == "cells: 320 spikes of 8 cells, 20 Hz\ntaught, seed 7"


def test_a_long_raster_shows_its_end(run: RunReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only as many files as are needed are drawn; the rate and the number are of all."""
    monkeypatch.setattr(automatic_figures, "_SPIKES", 100)
    page = figure_of(run, "raster-cells")
    assert len(page.axes[0].collections[0].get_offsets()) == 8 * 30
    assert "320 spikes of 8 cells, 20 Hz, the last of them shown" in page.get_suptitle()


def test_traces_are_of_five_cells_with_their_unit(run: RunReader) -> None:
    axes = figure_of(run, "trace-cells-v").axes[0]
    assert [line.get_label() for line in axes.lines] == [f"cell {cell}" for cell in range(5)]
    assert axes.get_ylabel() == "v [mV]"
    assert axes.lines[4].get_ydata()[-1] == pytest.approx(4 * 1.99)


def test_weights_are_shown_at_both_ends(run: RunReader) -> None:
    left, right = figure_of(run, "weights-plastic").axes[:2]
    for patch, value in zip(left.patches, (1.0, 2.0)):
        data = patch.get_data()
        assert np.sum(data.values * np.diff(data.edges)) == pytest.approx(1.0)
        assert data.edges[np.argmax(data.values)] == pytest.approx(value, abs=0.02)
    assert np.all(right.images[0].get_array() == 2.0)
