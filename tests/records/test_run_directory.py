"""The run directory: one writer, any reader, nothing half-written."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bioplaus.records import (
    NotARun,
    Recording,
    RunExists,
    RunLocked,
    RunReader,
    RunWriter,
)
from bioplaus.records.atomic import DiskFull
from bioplaus.records.reader import DamagedRun
from bioplaus.records.recording import TraceRecord


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    return RunWriter.create(tmp_path / "run", {"experiment": "x", "parameters": {"tau": "5 ms"}})


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(), min_size=1, max_size=5))
def test_metrics_read_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    writer = RunWriter.create(tmp_path_factory.mktemp("m") / "run", {})
    for n, value in enumerate(values):
        writer.append_metrics({"segment": n, "loss": value})
    writer.close("finished")
    read = RunReader(writer.path).metrics["loss"]
    assert np.array_equal(read, values, equal_nan=True)


def test_a_half_written_row_is_left_out(writer: RunWriter) -> None:
    writer.append_metrics({"segment": 0, "loss": 0.5})
    with open(writer.path / "metrics.csv", "a") as file:
        file.write("1,0.2")
    assert RunReader(writer.path).metrics["loss"].tolist() == [0.5]


def test_other_columns_are_refused(writer: RunWriter) -> None:
    writer.append_metrics({"segment": 0, "loss": 0.5})
    with pytest.raises(ValueError, match="do not match the columns"):
        writer.append_metrics({"segment": 1, "error": 0.5})


def test_rewinding_forgets_later_segments(writer: RunWriter) -> None:
    for n in range(4):
        writer.append_metrics({"segment": n})
        writer.write_recording(n, Recording(spikes={"h": (np.array([0.1]), np.array([n]))}))
        writer.write_checkpoint(n, {"n": n})
    writer.rewind(3)
    run = RunReader(writer.path)
    assert run.metrics["segment"].tolist() == [0, 1, 2]
    assert run.spikes("h")[1].tolist() == [0, 1, 2]
    assert [p.stem for p in (writer.path / "checkpoint").iterdir()] == ["000002"]


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ([], ""),
        ([3], "segment 3"),
        ([1, 2], "segments 1 to 2"),
        ([0, 4, 5], "segments 0 and 4 to 5"),
    ],
)
def test_rows_that_are_missing_are_told(writer: RunWriter, lost: list[int], words: str) -> None:
    """And no row of a later segment comes up in their place."""
    for n in range(8):
        writer.append_metrics({"segment": n, "loss": 0.5})
    path = writer.path / "metrics.csv"
    head, *rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([head, *(row for n, row in enumerate(rows) if n not in lost)]))
    told = writer.rewind(6)
    assert told == ([f"metrics.csv has lost {words}, which cannot come back"] if lost else [])
    left = RunReader(writer.path).metrics["segment"]
    assert left.tolist() == [n for n in range(6) if n not in lost]


def test_metrics_without_their_first_line_or_all_of_them(writer: RunWriter) -> None:
    for n in range(3):
        writer.append_metrics({"segment": n, "loss": 0.5})
    path = writer.path / "metrics.csv"
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join(rows[1:]))
    with pytest.raises(DamagedRun, match=r"metrics.csv is damaged: its first line"):
        writer.rewind(3)
    assert path.read_text() == "".join(rows[1:])
    path.unlink()
    assert writer.rewind(3) == ["metrics.csv has lost segments 0 to 2, which cannot come back"]


def test_recordings_join_over_segments(writer: RunWriter) -> None:
    for n in range(2):
        t = np.array([n + 0.25, n + 0.5])
        trace = TraceRecord(t, np.stack([t, 2 * t]), "V", np.array([0, 1]))
        writer.write_recording(n, Recording({"h": (t, np.array([0, 1]))}, {("h", "v"): trace}))
    joined = RunReader(writer.path).trace("h", "v")
    assert joined.t.tolist() == [0.25, 0.5, 1.25, 1.5]
    assert joined.value.tolist() == [joined.t.tolist(), (2 * joined.t).tolist()]
    assert joined.unit == "V"
    with pytest.raises(KeyError, match=r"no trace of h\.u"):
        RunReader(writer.path).trace("h", "u")


def test_an_existing_directory_is_kept(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(RunExists):
            RunWriter.create(tmp_path / "mine", {}, force)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years of work"


def test_force_replaces_a_run(writer: RunWriter) -> None:
    writer.append_metrics({"segment": 0})
    writer.close("finished")
    with pytest.raises(RunExists, match="--force"):
        RunWriter.create(writer.path, {})
    RunWriter.create(writer.path, {}, force=True).close("finished")
    assert RunReader(writer.path).metrics == {}


def test_a_second_writer_is_refused_and_named(writer: RunWriter) -> None:
    code = (
        "import sys; from pathlib import Path; from bioplaus.records import RunWriter\n"
        "RunWriter.reopen(Path(sys.argv[1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(writer.path)], capture_output=True, text=True, check=False
    )
    assert run.returncode != 0
    owner = json.loads((writer.path / "state.json").read_text())["process"]
    assert f"is being written by process {owner}" in run.stderr
    with pytest.raises(RunLocked):
        RunWriter.create(writer.path, {}, force=True)


def test_a_dead_writer_reads_as_interrupted(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from bioplaus.records import RunWriter\n"
        "w = RunWriter.create(Path(sys.argv[1]), {})\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=False)
    run = RunReader(tmp_path / "run")
    assert run.status == "interrupted"
    RunWriter.reopen(run.path)
    assert run.status == "running"


def test_no_run_and_newer_format(tmp_path: Path, writer: RunWriter) -> None:
    with pytest.raises(NotARun, match=r"has no state\.json"):
        RunReader(tmp_path)
    state = writer.path / "state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "format": 99}))
    with pytest.raises(NotARun, match="format 99"):
        RunReader(writer.path)


def test_no_room_keeps_what_was_complete(writer: RunWriter) -> None:
    writer.write_checkpoint(0, {"w": np.zeros(10)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(DiskFull, match="no room to write"):
            writer.write_checkpoint(1, {"w": np.random.default_rng(0).random(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [p.name for p in (writer.path / "checkpoint").iterdir()] == ["000000.ckpt"]


def test_requests_are_taken_once_and_logged(writer: RunWriter) -> None:
    inbox = writer.path / "control"
    (inbox / "1.json").write_text('{"parameter": "eta", "value": 0.5}')
    (inbox / "2.json").write_text("{broken")
    assert writer.take_requests() == [("eta", "0.5")]
    assert writer.take_requests() == []
    assert "ignored the request 2.json" in RunReader(writer.path).log
    writer.append_change(3, 1.5, "eta", "0.5")
    assert RunReader(writer.path).changes == [(3, 1.5, "eta", "0.5")]
