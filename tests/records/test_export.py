"""Exports: other programs read back the same spikes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from bioplaus.cli import main
from bioplaus.records import Recording, RunReader, RunWriter
from bioplaus.records.recording import Presentations, TraceRecord


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    """Two segments of two populations, a trace, and presentations of classes 7 and 3."""
    path = tmp_path_factory.mktemp("runs") / "example"
    config = {
        "experiment": "example",
        "source": "example.py",
        "seed": 1,
        "parameters": {"tau": "4 ms"},
    }
    writer = RunWriter.create(path, config)
    writer.log("started")
    rng = np.random.default_rng(1)
    for segment in range(2):
        spikes = {
            name: (np.sort(rng.uniform(segment, segment + 1, 200)), rng.integers(0, cells, 200))
            for name, cells in (("hidden", 20), ("output", 3))
        }
        times = segment + np.arange(100) * 0.01
        traces = {
            ("hidden", "v"): TraceRecord(times, rng.normal(size=(2, 100)), "V", np.array([0, 1]))
        }
        shown = Presentations(
            np.array([segment + 0.0]), np.array([segment + 0.9]), np.array([7 - 4 * segment])
        )
        writer.write_recording(segment, Recording(spikes, traces, shown))
        writer.append_metrics({"segment": segment, "epoch": segment + 1, "validation_error": 0.5})
    writer.close("finished")
    return RunReader(path)


def spike_trains(run: RunReader, population: str) -> dict[int, np.ndarray]:
    t, i = run.spikes(population)
    return {int(cell): np.sort(t[i == cell]) for cell in np.unique(i)}


def test_npz_holds_the_record(run: RunReader, tmp_path: Path) -> None:
    out = tmp_path / "run.npz"
    assert main(["export", str(run.path), "--format", "npz", "--out", str(out)]) == 0
    with np.load(out, allow_pickle=False) as archive:
        t, i = run.spikes("hidden")
        assert np.array_equal(archive["spikes.hidden.t"], t)
        assert np.array_equal(archive["spikes.hidden.i"], i)
        assert np.array_equal(archive["traces.hidden.v.value"], run.trace("hidden", "v").value)
        assert str(archive["traces.hidden.v.unit"]) == "V"
        assert archive["presentations.label"].tolist() == [7, 3]
        assert archive["metrics.validation_error"].tolist() == [0.5, 0.5]


def test_csv_tables_hold_the_record(run: RunReader, tmp_path: Path) -> None:
    out = tmp_path / "tables"
    assert main(["export", str(run.path), "--format", "csv", "--out", str(out)]) == 0
    rows = list(csv.reader((out / "spikes-output.csv").open()))
    t, i = run.spikes("output")
    assert rows[0] == ["t_s", "cell"]
    assert [float(row[0]) for row in rows[1:]] == t.tolist()
    assert [int(row[1]) for row in rows[1:]] == i.tolist()
    traces = np.loadtxt(out / "traces-hidden-v.csv", delimiter=",", skiprows=1)
    assert np.array_equal(traces[:, 1:].T, run.trace("hidden", "v").value)
    assert (out / "presentations.csv").read_text().splitlines()[1] == "0.0,0.9,7"
    assert (out / "parameters.csv").read_text() == "name,value\ntau,4 ms\n"


def test_nwb_passes_the_inspector_and_is_read_by_pynwb_and_neo(
    run: RunReader, tmp_path: Path
) -> None:
    pynwb = pytest.importorskip("pynwb")
    inspector = pytest.importorskip("nwbinspector")
    out = tmp_path / "run.nwb"
    assert main(["export", str(run.path), "--out", str(out)]) == 0
    with pynwb.NWBHDF5IO(str(out), "r") as io:
        file = io.read()
        units = file.units.to_dataframe()
        for population in ("hidden", "output"):
            for cell, times in spike_trains(run, population).items():
                mine = units[(units.population == population) & (units.cell == cell)]
                assert np.array_equal(mine.spike_times.iloc[0], times)
        assert not file.electrodes
        assert file.trials["label"][:].tolist() == [7, 3]
        assert file.acquisition["hidden_v"].unit == "V"
        assert np.array_equal(
            file.acquisition["hidden_v"].data[:].T, run.trace("hidden", "v").value
        )
        assert "tau: 4 ms" in file.notes
    worst = inspector.Importance.CRITICAL
    findings = list(inspector.inspect_nwbfile(nwbfile_path=str(out), importance_threshold=worst))
    assert findings == []
    _neo_reads_the_same_spikes(out, run)


@pytest.mark.parametrize("times", [(), (0.0, 0.5)], ids=["no trace", "a trace"])
@pytest.mark.parametrize("fired", [(), (0.2, 0.3)], ids=["silent", "one fires"])
def test_what_never_fired_has_no_unit(
    fired: tuple[float, ...], times: tuple[float, ...], tmp_path: Path
) -> None:
    """One population is silent, the other may be too; a trace may have been asked for and be
    empty.  A unit was observed from the first to the last thing that was recorded, and while
    something was shown."""
    pynwb = pytest.importorskip("pynwb")
    writer = RunWriter.create(
        tmp_path / "run", {"experiment": "x", "source": "x.py", "seed": 1, "parameters": {}}
    )
    writer.log("started")
    cells = np.zeros(len(fired), int)
    spikes = {"silent": (np.empty(0), np.empty(0, int)), "other": (np.array(fired), cells)}
    trace = TraceRecord(np.array(times), np.zeros((1, len(times))), "V", np.array([0]))
    shown = Presentations(np.array([0.1]), np.array([0.7]), np.array([3]))
    writer.write_recording(0, Recording(spikes, {("silent", "v"): trace}, shown))
    writer.close("finished")
    out = tmp_path / "run.nwb"
    assert main(["export", str(tmp_path / "run"), "--out", str(out)]) == 0
    with pynwb.NWBHDF5IO(str(out), "r") as io:
        file = io.read()
        assert file.acquisition["silent_v"].timestamps[:].tolist() == list(times)
        if not fired:
            assert file.units is None
        else:
            assert file.units["population"][:].tolist() == ["other"]
            whole = sorted([*fired, *times, 0.1, 0.7])
            assert file.units["obs_intervals"][0].tolist() == [[whole[0], whole[-1]]]


def _neo_reads_the_same_spikes(path: Path, run: RunReader) -> None:
    neo_io = pytest.importorskip("neo.io")
    (block,) = neo_io.NWBIO(str(path), mode="r").read_all_blocks()
    found = [np.asarray(train.rescale("s")) for seg in block.segments for train in seg.spiketrains]
    wanted = [times for name in ("hidden", "output") for times in spike_trains(run, name).values()]
    key = sorted(tuple(times) for times in found)
    assert key == sorted(tuple(times) for times in wanted)


def test_nothing_is_overwritten_and_nothing_recorded_is_told(
    run: RunReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken.npz"
    taken.write_bytes(b"mine")
    assert main(["export", str(run.path), "--format", "npz", "--out", str(taken)]) == 2
    assert "exists; choose another --out" in capsys.readouterr().err
    assert taken.read_bytes() == b"mine"
    RunWriter.create(tmp_path / "empty", {"experiment": "x", "seed": 1}).close("finished")
    assert main(["export", str(tmp_path / "empty")]) == 2
    assert "recorded nothing" in capsys.readouterr().err
    assert main(["export", str(tmp_path)]) == 2
    assert "is not a run directory" in capsys.readouterr().err
