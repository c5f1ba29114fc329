"""Arrays with names for their dimensions: written, read, exported."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from bioplaus.records import Recording, RunReader, RunWriter, read_recording, write_recording
from bioplaus.records.arrays import ArrayRecord
from bioplaus.records.export import write_csv, write_npz
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.run import Run

HAND = np.arange(6.0).reshape(3, 2) / 10
AXES = {"time": ([0.0, 0.1, 0.2], "s"), "coordinate": ["x", "höhe"]}


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """Two segments with a path of a hand, the second a metre further, and one number."""
    writer = RunWriter.create(
        tmp_path / "run", {"experiment": "x", "seed": 1, "source": "x", "parameters": {}}
    )
    (tmp_path / "run" / "recording").mkdir(exist_ok=True)
    for number in range(2):
        recording = Recording()
        recording.add_array("hand", ArrayRecord.of("hand", HAND + number, "m", AXES))
        recording.add_array("mass", ArrayRecord.of("mass", np.float32(3), "kg", {}))
        write_recording(tmp_path / "run" / "recording" / f"{number:06d}.h5", recording)
    writer.close("finished")
    return RunReader(tmp_path / "run")


def test_an_array_is_read_as_it_was_put(run: RunReader) -> None:
    assert run.arrays() == ["hand", "mass"]
    hand, mass = run.array("hand"), run.array("mass")
    np.testing.assert_array_equal(hand.value, HAND + 1)
    np.testing.assert_array_equal(run.array("hand", 0).value, HAND)
    assert (hand.unit, list(hand.axes)) == ("m", ["time", "coordinate"])
    assert (hand.axes["time"].unit, hand.axes["time"].values.tolist()) == ("s", [0.0, 0.1, 0.2])
    assert hand.axes["coordinate"].values.tolist() == ["x", "höhe"]
    assert (mass.value.dtype, mass.value.shape, float(mass.value)) == (np.float32, (), 3.0)
    assert list(hand.rows())[3] == (0.1, "höhe", 1.3)
    with pytest.raises(ValueError, match=r"array 'words' is of .*: give numbers"):
        ArrayRecord.of("words", ["a", "b"], "", {"n": [0, 1]})
    with pytest.raises(KeyError, match="no array 'foot'; there are hand, mass"):
        run.array("foot")


def test_equal_arrays_are_equal_files(run: RunReader, tmp_path: Path) -> None:
    first = run.recording_files()[0]
    write_recording(tmp_path / "again.h5", read_recording(first))
    assert (tmp_path / "again.h5").read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    ("name", "axes", "message"),
    [
        ("hand/left", AXES, "without a slash"),
        ("", AXES, "without a slash"),
        ("hand", {"time": [0, 1, 2]}, r"shape \(3, 2\).*time \(3,\)"),
        ("hand", {"coordinate": "xy", "time": [0, 1, 2]}, "in order"),
        ("hand", {}, "its axes are none"),
    ],
)
def test_axes_that_are_not_the_arrays_are_refused(name: str, axes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ArrayRecord.of(name, HAND, "m", axes)


def test_a_page_puts_an_array_once_a_segment() -> None:
    run = Run(None, 1, Journal())
    run.put("hand", HAND, "m", **AXES)
    with pytest.raises(ValueError, match="already"):
        run.put("hand", HAND, "m", **AXES)
    assert bool(run._take_recording())
    run.put("hand", HAND, "m", **AXES)


def test_arrays_are_exported_with_their_axes(run: RunReader, tmp_path: Path) -> None:
    write_npz(run, tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as archive:
        np.testing.assert_array_equal(archive["arrays.hand.value"], HAND + 1)
        assert archive["arrays.hand.axes"].tolist() == ["time", "coordinate"]
        assert archive["arrays.hand.coordinate"].tolist() == ["x", "höhe"]
        assert str(archive["arrays.hand.unit"]) == "m"
    write_csv(run, tmp_path / "run.csv")
    with open(tmp_path / "run.csv" / "arrays-hand.csv", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["time_s", "coordinate", "value_m"]
    assert rows[3] == ["0.1", "höhe", "1.3"]
    assert len(rows) == HAND.size


def test_nwb_has_a_table_of_each_array(run: RunReader, tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    from bioplaus.records.nwb import write_nwb

    with open(run.path / "log.txt", "a", encoding="utf-8") as log:
        log.write("2026-01-01 00:00:00 started\n")
    write_nwb(RunReader(run.path), tmp_path / "run.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "run.nwb"), "r") as io:
        table = io.read().analysis["hand"].to_dataframe()
    assert list(table.columns) == ["time", "coordinate", "value"]
    assert table.value.tolist() == (HAND + 1).ravel().tolist()
