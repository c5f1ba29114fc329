"""Windows of time against slices of the whole, over the borders of segments and back in time."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bioplaus.records import Presentations, Recording, RunReader, RunWriter, Windows, windows
from bioplaus.records.overview import extent_of, write_overview
from bioplaus.records.recording import TraceRecord

CONFIG = {"experiment": "e", "seed": 1, "parameters": {}}
CELLS = 37


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three segments of 12,000, 0 and 150,000 spikes; the first goes back in time."""
    path = tmp_path_factory.mktemp("windows") / "run"
    rng = np.random.default_rng(3)
    writer = RunWriter.create(path, CONFIG)
    for segment, count in enumerate((12_000, 0, 150_000)):
        t = 10.0 * segment + rng.uniform(0, 10, count)
        t = t if segment == 0 else np.sort(t)
        times = 10.0 * segment + np.arange(20_000) * 5e-4
        value = rng.normal(size=(3, len(times)))
        trace = TraceRecord(times, value, "V", np.array([2, 5, 30]))
        recording = Recording(
            spikes={"hidden": (t, rng.integers(0, CELLS, count))},
            traces={("hidden", "v"): trace},
            presentations=Presentations(
                np.array([10.0 * segment]), np.array([10.0 * segment + 4]), np.array([segment])
            ),
        )
        writer.write_recording(segment, recording)
    writer.close("finished")
    return path


@given(st.floats(-1, 31), st.floats(0, 12))
@settings(max_examples=40, deadline=None)
def test_a_window_is_a_slice_of_the_whole(run: Path, start: float, length: float) -> None:
    between = (start, start + length)
    t, i = RunReader(run).spikes("hidden")
    order = np.argsort(t, kind="stable")
    inside = order[(t[order] >= between[0]) & (t[order] <= between[1])]
    found = Windows(run)
    for _ in range(2):  # read, and from the cache
        spikes = found.spikes("hidden", between)
        np.testing.assert_array_equal(spikes[0], t[inside])
        np.testing.assert_array_equal(spikes[1], i[inside])
    assert found.expected("hidden", between) >= len(inside)


def test_a_trace_has_its_window_and_one_sample_on_either_side(run: Path) -> None:
    whole = RunReader(run).trace("hidden", "v")
    found = Windows(run).trace("hidden", "v", (9.0, 21.0), cells=[30, 2])
    inside = (whole.t >= 9.0) & (whole.t <= 21.0)
    assert list(found.cells) == [2, 30]
    assert found.t[0] < 9.0 < 21.0 < found.t[-1]
    kept = (found.t >= 9.0) & (found.t <= 21.0)
    np.testing.assert_array_equal(found.t[kept], whole.t[inside])
    np.testing.assert_array_equal(found.value[:, kept], whole.value[[0, 2]][:, inside])


def test_blocks_of_a_trace_keep_every_extreme(run: Path) -> None:
    whole = RunReader(run).trace("hidden", "v")
    found = Windows(run).trace("hidden", "v", (0.0, 30.0), columns=100)
    assert len(found.t) < len(whole.t) / 20
    np.testing.assert_array_equal(found.value.max(axis=1), whole.value.max(axis=1))
    np.testing.assert_array_equal(found.value.min(axis=1), whole.value.min(axis=1))
    assert (np.diff(found.t) > 0).all()


def test_overviews_count_every_spike_within_a_column_of_its_place(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 255 in a stretch the counts add up; each cell has as many as it fired."""
    monkeypatch.setattr(windows, "_DRAWN", 1000)
    t, i = RunReader(run).spikes("hidden")
    found = Windows(run)
    (few, _), counted = found.view("hidden", (0.0, 30.0), 1000)
    assert len(few) == 12_000  # 64 stretches are too coarse for these
    (fine,) = counted
    assert fine.together == 1
    assert fine.counts.shape == (CELLS, 2048)
    late = i[t >= 20]
    np.testing.assert_array_equal(fine.counts.sum(axis=1), np.bincount(late, minlength=CELLS))
    _, coarse = found.view("hidden", (0.0, 30.0), 50)
    assert [part.counts.shape[1] for part in coarse] == [64, 64]


def test_more_cells_than_rows_share_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_DRAWN", 0)
    cells = 5000
    writer = RunWriter.create(tmp_path / "run", CONFIG)
    t, i = np.linspace(0, 1, 4 * cells), np.tile(np.arange(cells), 4)
    writer.write_recording(0, Recording(spikes={"a": (t, i)}))
    writer.close("finished")
    _, (part,) = Windows(tmp_path / "run").view("a", (0.0, 1.0), 20)
    assert (part.together, len(part.counts)) == (4, 1250)
    assert (part.counts.sum(axis=1) == 16).all()


def test_rates_of_the_whole_run_come_from_the_totals(run: Path) -> None:
    edges, rates = Windows(run).rate("hidden")
    spikes = np.nansum(rates * np.diff(edges))
    assert spikes == pytest.approx(162_000)
    assert len(edges) == 2 * 65
    assert np.isnan(rates[64])


def test_ends_presentations_and_cells(run: Path) -> None:
    found = Windows(run)
    assert found.ends[0] == 0.0
    assert found.ends[1] == pytest.approx(30.0, abs=1e-3)
    assert found.cells("hidden") == CELLS
    assert found.spike_count("hidden") == 162_000
    shown = found.presentations()
    assert shown is not None
    assert list(shown.label) == [0, 1, 2]
    assert not shown.wrong.any()  # nobody said what was answered


def test_files_without_an_overview_give_the_same(run: Path, tmp_path: Path) -> None:
    """As earlier versions wrote them."""
    import shutil

    old = tmp_path / "old"
    shutil.copytree(run, old)
    for path in (old / "recording").glob("*.h5"):
        with h5py.File(path, "a") as file:
            del file["overview"]
    ours, theirs = Windows(run), Windows(old)
    assert ours.ends == theirs.ends
    for between in ((0.0, 30.0), (3.0, 3.1), (25.0, 26.0)):
        for a, b in zip(ours.spikes("hidden", between), theirs.spikes("hidden", between)):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(ours.rate("hidden")[1], theirs.rate("hidden")[1])


def test_answers_and_learning_are_kept_where_they_are_known(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "run", CONFIG)
    start = np.arange(3.0)
    known = Presentations(start, start + 1, np.array([1, 2, -1]), np.array([1, 3, 0]), np.ones(3))
    spikes = {"a": (np.array([0.5]), np.array([0]))}
    writer.write_recording(0, Recording(spikes=spikes, presentations=known))
    unknown = Presentations(start + 3, start + 4, np.array([1, 2, 3]))
    writer.write_recording(1, Recording(spikes=spikes, presentations=unknown))
    writer.close("finished")
    shown = RunReader(tmp_path / "run").presentations()
    assert list(shown.response) == [1, 3, 0, -1, -1, -1]
    assert list(shown.learning) == [1, 1, 1, -1, -1, -1]
    assert list(shown.wrong) == [False, True, False, False, False, False]


def test_segments_written_again_are_read_again_and_what_is_gone_is_told(
    run: Path, tmp_path: Path
) -> None:
    writer = RunWriter.create(tmp_path / "run", CONFIG)
    for segment in range(3):
        spikes = {"a": (np.array([segment + 0.5]), np.array([segment]))}
        writer.write_recording(segment, Recording(spikes=spikes))
    found = Windows(tmp_path / "run")
    found.refresh()
    assert found.version == 1
    writer.write_recording(2, Recording(spikes={"a": (np.array([2.1, 2.2]), np.array([7, 8]))}))
    found.refresh()
    assert found.version == 2
    assert list(found.spikes("a", (0, 9))[1]) == [0, 1, 7, 8]
    (tmp_path / "run" / "recording" / "000001.h5").unlink()
    found.refresh()
    assert found.version == 3
    assert found.unreadable == {"000001.h5": "it is gone"}
    assert list(found.spikes("a", (0, 9))[1]) == [0, 7, 8]
    writer.close("finished")


def test_an_extent_finds_its_part() -> None:
    t = np.arange(100_000) * 1e-3
    extent = extent_of(t, np.zeros(len(t), int))
    part = extent.part((50.0, 50.5))
    assert part.start * 1e-3 <= 50.0
    assert part.stop * 1e-3 > 50.5
    assert part.stop - part.start <= 3 * extent.step
    assert extent.total.sum() == 100_000


def test_answers_are_those_of_the_presentations_added_last() -> None:
    recording = Recording()
    recording.add_presentations(np.array([[0.0, 1.0, 3], [1.0, 2.0, 4]]))
    recording.add_answers(np.array([3, 5]), learning=True)
    recording.add_presentations(np.array([[2.0, 3.0, 1]]))
    assert recording.presentations is not None
    assert list(recording.presentations.wrong) == [False, True, False]
    recording.add_answers(np.array([0]), learning=False)
    assert list(recording.presentations.learning) == [1, 1, 0]
    assert list(recording.presentations.wrong) == [False, True, True]


def test_counts_do_not_depend_on_the_order_in_which_spikes_stand(tmp_path: Path) -> None:
    """Times that ascend are cut where stretches begin, others are looked at one by one."""
    rng = np.random.default_rng(5)
    t, i = np.sort(rng.random(20_000) * 3), rng.integers(0, 5000, 20_000)
    shuffled = rng.permutation(len(t))
    with h5py.File(tmp_path / "spikes.h5", "w") as file:
        write_overview(file, {"sorted": (t, i), "mixed": (t[shuffled], i[shuffled])}, {})
        kept = file["overview/spikes"]
        assert kept["sorted"].attrs["ascending"] != kept["mixed"].attrs["ascending"]
        for name in ("64", "total"):
            assert np.array_equal(kept["sorted"][name], kept["mixed"][name])
            assert kept["sorted"][name][:].sum() == len(t)
        write_overview(file, {"at once": (np.full(3, 2.0), np.arange(3))}, {})
        assert kept["at once/total"][:].sum() == 3
