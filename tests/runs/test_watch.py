"""Warnings: each provoked by the mistake that it is about, and silent without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brian2
import numpy as np
import pytest
from scipy.sparse import coo_array

from bioplaus.parameters import parameter
from bioplaus.records import Recording
from bioplaus.records.weights import summarise
from bioplaus.runs.backend import Backend
from bioplaus.runs.inspection import plastic_weights, recording_growth
from bioplaus.runs.pages.page import Page
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.pages.run import Run, Spikes, Trace
from bioplaus.runs.pages.running import start
from bioplaus.runs.watch import Watch
from bioplaus.tasks import Schedule

HERE = Path()


def test_weights_that_stand_still_are_told_once() -> None:
    watch = Watch({}, HERE)
    weights = {"pre_to_post": (np.zeros((2, 3)), "V")}
    assert watch.look(weights, None, None, 1) == []
    (warning,) = watch.look(weights, None, None, 1)
    assert "no weight of pre_to_post changed" in warning
    assert watch.look(weights, None, None, 1) == []
    moved = {"pre_to_post": (np.eye(2, 3), "V")}
    assert Watch({}, HERE).look(moved, None, None, 1) == []


def test_silence_and_saturation() -> None:
    """A refractory period of 4 ms means at most 250 Hz; 60 of 100 cells fire that fast."""
    watch = Watch({"hidden": (100, 4e-3), "output": (10, 4e-3)}, HERE)
    times = np.repeat(np.arange(250) * 4e-3, 60)
    cells = np.tile(np.arange(60), 250)
    recording = Recording(spikes={"hidden": (times, cells), "output": (times[:0], cells[:0])})
    saturated, silent = watch.look({}, recording, None, 1)
    assert "60% of hidden fire at their ceiling of 250 Hz" in saturated
    assert "no cell of output fired" in silent
    calm = Recording(spikes={"hidden": (times[::3], cells[::3])})
    assert Watch({"hidden": (100, 4e-3)}, HERE).look({}, calm, None, 1) == []


def test_a_disk_that_will_fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "000000.h5"
    file.write_bytes(bytes(1000))
    usage = SimpleNamespace(free=9_999)
    monkeypatch.setattr("bioplaus.runs.watch.shutil.disk_usage", lambda path: usage)
    assert Watch({}, HERE).look({}, None, file, 9) == []
    (warning,) = Watch({}, HERE).look({}, None, file, 10)
    assert "10 more segments need about 1e-05 GB" in warning


def test_only_projections_that_learn_are_watched() -> None:
    cells = brian2.NeuronGroup(2, "v : 1", threshold="v > 1", name="cells")
    rules = {
        "fixed": {"model": "w : 1", "on_pre": "v_post += w"},
        "on_spike": {"model": "w : 1", "on_pre": "v_post += w\nw += 0.1"},
        "compared": {"model": "w : 1", "on_pre": "v_post += int(w == 1)"},
        "drifting": {"model": "dw/dt = -w/second : 1 (clock-driven)", "on_pre": "v_post += w"},
        "shared": {"model": "w : 1 (shared)", "on_pre": "v_post += w"},
    }
    projections = [brian2.Synapses(cells, cells, name=name, **rule) for name, rule in rules.items()]
    for projection in projections:
        projection.connect()
    regular = brian2.Synapses(cells, cells, "w : volt", name="regular")
    regular.connect(i=0, j=1)
    regular.run_regularly("w = clip(w + 1*mV, 0*mV, 5*mV)", dt=1 * brian2.ms)
    found = plastic_weights(brian2.Network(cells, *projections, regular))
    assert sorted(found) == ["drifting", "on_spike", "regular"]
    assert found["on_spike"][0].shape == (2, 2)
    assert found["regular"][0].shape == (2, 2)
    assert found["regular"][0].nnz == 1
    assert found["on_spike"][1] == "1"
    assert found["regular"][1] == "V"


def test_a_summary_keeps_every_weight_in_its_histogram_and_the_mean_in_its_image() -> None:
    """Blocks of equal size keep the mean of the whole; 256 x 200 makes 2 x 1 or 2 x 2 blocks."""
    weights = np.random.default_rng(1).normal(size=(256, 64))
    record = summarise(weights, "nS")
    assert record.image.shape == (128, 64)
    assert record.shape == (256, 64)
    assert record.counts.sum() == weights.size
    assert record.image.mean() == pytest.approx(weights.mean(), abs=1e-6)
    assert record.image[0, 0] == pytest.approx(weights[:2, 0].mean())
    assert record.edges[[0, -1]] == pytest.approx([weights.min(), weights.max()])
    assert summarise(np.arange(300.0), "").image.shape == (1, 128)


def test_weights_of_some_pairs_stand_where_these_pairs_are() -> None:
    """One synapse in three of 200 x 90: blocks by hand; pairs in no order are put in theirs."""
    rng = np.random.default_rng(2)
    i, j = np.divmod(rng.permutation(200 * 90)[:6000], 90)
    values = rng.normal(size=6000)
    record = summarise(coo_array((values, (i, j)), shape=(200, 90)), "nS")
    assert record.shape == (200, 90)
    assert record.image.shape == (128, 90)
    assert record.counts.sum() == 6000
    starts = np.linspace(0, 200, 128, endpoint=False).astype(int)
    for row, column in ((0, 0), (77, 30), (127, 89)):
        stop = [*starts, 200][row + 1]
        inside = (i >= starts[row]) & (i < stop) & (j == column)
        expected = values[inside].mean() if inside.any() else np.nan
        assert record.image[row, column] == pytest.approx(expected, nan_ok=True)
    assert np.count_nonzero(np.isnan(record.image)) > 1000
    whole = rng.permutation(20 * 9)
    image = summarise(coo_array((whole * 1.0, np.divmod(whole, 9)), shape=(20, 9)), "").image
    assert image.ravel().tolist() == list(range(180))


def test_pairs_connected_in_another_order_are_not_taken_for_the_matrix() -> None:
    cells = brian2.NeuronGroup(2, "v : 1", threshold="v > 1", name="cells")
    synapses = brian2.Synapses(cells, cells, "w : 1", on_pre="w += 1")
    synapses.connect(i=[1, 1, 0, 0], j=[1, 0, 1, 0])
    synapses.w = [11, 10, 1, 0]
    ((weights, _),) = plastic_weights(brian2.Network(cells, synapses)).values()
    assert summarise(weights, "1").image.tolist() == [[0, 1], [10, 11]]


@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_weights_between_parts_of_a_population_count_from_these(target: str) -> None:
    """Cells 1 to 3 onto cells 2 and 3: (3, 2), also where only some pairs are connected."""
    import bioplaus.engine

    assert bioplaus.engine
    brian2.prefs.codegen.target = target
    cells = brian2.NeuronGroup(4, "v : 1", threshold="v > 1", name="cells")
    full = brian2.Synapses(cells[1:], cells[2:], "w : 1", on_pre="w += 1", name="full")
    full.connect()
    full.w = "10*i + j"
    few = brian2.Synapses(cells[1:], cells[2:], "w : 1", on_pre="w += 1", name="few")
    few.connect(i=[2, 0], j=[0, 1])
    few.w = [20, 1]
    found = plastic_weights(brian2.Network(cells, full, few))
    brian2.prefs.codegen.target = "numpy"
    assert found["full"][0].tolist() == [[0, 1], [10, 11], [20, 21]]
    assert found["few"][0].toarray().tolist() == [[0, 1], [0, 0], [20, 0]]


@dataclass(frozen=True)
class Settings:
    segments: int = parameter(3, "segments", low=1)


def idle(p: Settings, run: Run) -> Mapping[str, float]:
    """A plastic projection from cells that never fire."""
    cells = brian2.NeuronGroup(2, "v : 1", threshold="v > 1", name="cells")
    learns = brian2.Synapses(cells, cells, "w : 1", on_pre="w += 1", name="cells_to_cells")
    learns.connect()
    model = SimpleNamespace(network=brian2.Network(cells, learns), populations={"cells": cells})
    run.record(Spikes("cells"), of=model)
    for _ in run.segments(p.segments):
        run.present(model, Schedule(1e-3, 1e-3, {}))
        run.log(validation_error=0.0)
    return {}


IDLE = Page(idle, Settings)


def test_a_run_logs_its_warnings(tmp_path: Path) -> None:
    plan: Any = Plan.make("idle", "idle.py", IDLE, changes={}, backend=Backend("numpy"))
    run = start(plan, tmp_path / "run")
    assert run.log.count("warning: no weight of cells_to_cells changed over a whole segment") == 1
    assert run.log.count("warning: no cell of cells fired") == 1
    (first, *_) = run.recordings()
    assert first.weights["cells_to_cells"].shape == (2, 2)
    assert first.weights["cells_to_cells"].counts.sum() == 4


def late(p: Settings, run: Run) -> Mapping[str, float]:
    """Four presentations of 1 ms a segment, of which the last two and a half are recorded."""
    cells = brian2.NeuronGroup(2, "v : 1", threshold="True", name="cells")
    model = SimpleNamespace(network=brian2.Network(cells), populations={"cells": cells})
    run.record(Spikes("cells"), of=model, last="2.5 ms")
    start = 1e-3 * np.arange(4)
    shown = np.column_stack([start, start + 1e-3, np.arange(4)])
    for _ in run.segments(p.segments):
        run.present(model, Schedule(4e-3, 1e-3, {}, shown=shown))
        run.log(validation_error=0.0)
    return {}


def test_presentations_say_whether_they_were_recorded_to_their_end(tmp_path: Path) -> None:
    page = Page(late, Settings)
    plan: Any = Plan.make("late", "late.py", page, changes={}, backend=Backend("numpy"))
    run = start(plan, tmp_path / "run")
    shown = run.presentations()
    assert list(shown.recorded) == [0, 0, 1, 1] * 3
    t, _ = run.spikes("cells")
    inside = (t[:, None] > shown.start - 1e-9) & (t[:, None] < shown.stop - 1e-9)
    assert list(inside.sum(axis=0)) == [0, 10, 20, 20] * 3


def test_what_a_recording_grows_by_in_a_second() -> None:
    """100 cells at 20 Hz are 2,000 spikes of 16 bytes; 3 traces and their times at 1 kHz 32,000.

    Cells that can fire only every 0.1 s make at most 10 spikes a second.
    """
    fast = brian2.NeuronGroup(100, "v : 1", threshold="v > 1", name="fast")
    slow = brian2.NeuronGroup(
        100, "v : 1", threshold="v > 1", refractory=100 * brian2.ms, name="slow"
    )
    populations = {"fast": fast, "slow": slow}
    assert recording_growth((Spikes("fast"),), populations) == pytest.approx(32_000)
    assert recording_growth((Spikes("slow"),), populations) == pytest.approx(16_000)
    assert recording_growth((Trace("fast", "v", cells=3),), populations) == pytest.approx(32_000)
    assert recording_growth((), populations) == 0
    times = range(2) * brian2.ms
    source = brian2.SpikeGeneratorGroup(100, range(2), times, name="source")
    parts = {"half": fast[:50], "source": source}
    assert recording_growth((Spikes("half"), Spikes("source")), parts) == pytest.approx(48_000)


def test_a_disk_that_will_fill_is_told_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two cells for 1 ms are 0.64 bytes in each of three segments."""
    plan: Any = Plan.make("idle", "idle.py", IDLE, changes={}, backend=Backend("numpy"))
    usage = SimpleNamespace(free=2)
    monkeypatch.setattr("bioplaus.runs.watch.shutil.disk_usage", lambda path: usage)
    assert "3 more segments need" not in start(plan, tmp_path / "fits").log
    usage.free = 1
    log = start(plan, tmp_path / "full").log
    assert log.index("3 more segments need about 1.92e-09 GB") < log.index("segment 0: ")
