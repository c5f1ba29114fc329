"""Bands, tables, and evidence that says what was run."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bioplaus import registry
from bioplaus.bands import Band
from bioplaus.papers import papers
from bioplaus.reproduction import command, evidence, runs
from bioplaus.reproduction.table import Result, Setting, UnknownResult, results

WALK = Path(__file__).parents[1] / "runs" / "walk.py"
FLOATS = st.floats(-1e6, 1e6)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # of a busy machine
@given(st.lists(FLOATS, min_size=1), FLOATS, FLOATS)
def test_an_interval_judges_the_mean(values: list[float], a: float, b: float) -> None:
    low, high = sorted((a, b))
    mean = statistics.fmean(values)
    assert Band(low, high).accepts(values) == (low <= mean <= high)
    assert Band(low=low).accepts(values) == (mean >= low)
    assert Band(high=high).accepts(values) == (mean <= high)


def test_a_count_judges_the_seeds() -> None:
    band = Band(high=1.0, at_least=(2, 3))
    assert band.accepts([0.5, 0.9, 100.0])
    assert not band.accepts([0.5, 2.0, 3.0])
    assert not band.accepts([0.5])
    assert not band.accepts([0.5, 0.9, 0.9, 2.0, 3.0])
    assert band.accepts([0.5, 0.9, 0.9, 0.2, 3.0])
    assert str(band) == "2 of 3: at most 1"


def test_a_band_without_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="low, high"):
        Band.read({"at_least": [1, 2]})
    with pytest.raises(ValueError, match="low, high"):
        Band.read({"below": 3})


def result(**changes: Any) -> Result:
    setting = Setting({"count": 2, "learning_rate": 0.5}, (1, 2), Band(-50, 50), "derived")
    content: dict[str, Any] = {
        "paper": "walk",
        "id": "walk-sum",
        "name": "sum of a random walk",
        "metric": "test_error",
        "unit": "1",
        "form": "batched",
        "tier": "core",
        "experiment": str(WALK),
        "full": setting,
        "quick": None,
        "published": 0.0,
        "published_source": "nowhere",
        "better": "equal",
        "tolerance": 0.1,
        "figure": "learning-curve",
    }
    return Result(**{**content, **changes})


@pytest.mark.parametrize(
    ("better", "tolerance", "mean", "meets"),
    [
        ("lower", 0.0, 1.9, True),
        ("lower", 0.0, 2.1, False),
        ("higher", 0.0, 1.9, False),
        ("equal", 0.1, 2.19, True),
        ("equal", 0.1, 2.21, False),
    ],
)
def test_meeting_the_published_value(
    better: str, tolerance: float, mean: float, meets: bool
) -> None:
    row = result(published=2.0, better=better, tolerance=tolerance)
    values = [mean - 0.5, mean + 0.5]
    assert row.meets_published(values, Band(high=0)) is meets
    assert result(published=None).meets_published(values, Band(high=0)) is None


def test_one_seed_does_not_meet_the_published_value_for_all() -> None:
    row = result(published=1.0, better="higher")
    assert row.meets_published([0, 0, 0, 0, 37], Band(low=1.0))
    assert not row.meets_published([0, 0, 0, 0, 37], Band(low=1.0, at_least=(1, 3)))
    assert row.meets_published([0, 0, 0, 2, 37], Band(low=1.0, at_least=(1, 3)))


def test_equal_jobs_share_a_directory_and_others_do_not(tmp_path: Path) -> None:
    first, second = runs.jobs(result(), result().full)
    assert first.directory(tmp_path) != second.directory(tmp_path)
    other = Setting({"learning_rate": 0.5, "count": 2}, (1,), Band(0, 1), "")
    assert runs.jobs(result(), other)[0].directory(tmp_path) == first.directory(tmp_path)
    changed = Setting({"learning_rate": 0.6, "count": 2}, (1,), Band(0, 1), "")
    assert runs.jobs(result(), changed)[0].directory(tmp_path) != first.directory(tmp_path)


def options(tmp_path: Path, *arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return parser.parse_args(["erbp", "--out", str(tmp_path / "runs"), *arguments])


@pytest.fixture(scope="module")
def performed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of the first seed, made in the folder of a file that is named like a
    module of Python's."""
    folder = tmp_path_factory.mktemp("performed")
    (folder / "queue.py").write_text("raise SystemExit('the wrong queue')\n")
    (job, _) = runs.jobs(result(), result().full)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        runs.perform([job], Path("runs"), workers=1, quiet=True)
    return folder / "runs"


def test_reproducing_runs_judges_and_keeps(
    performed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import numpy as np

    shutil.copytree(performed, tmp_path / "runs")
    quick = Setting({"count": 1, "learning_rate": 0.5}, (1,), Band(1e6, 2e6), "derived")
    monkeypatch.setattr(command, "results", lambda paper, ids: [result(quick=quick)])
    keep = tmp_path / "kept"
    assert command.execute(options(tmp_path, "--json", "--keep", str(keep))) == 0
    (row,) = json.loads(capsys.readouterr().out)["results"]
    expected = [
        0.5 * np.random.Generator(np.random.PCG64(seed)).standard_normal((2, 50, 3)).sum()
        for seed in (1, 2)
    ]
    assert row["ours"]["values"] == pytest.approx(expected, rel=1e-12)
    assert row["ours"]["mean"] == pytest.approx(sum(expected) / 2, rel=1e-12)
    assert row["within_band"] is True
    kept = json.loads((keep / "walk" / "walk-sum.json").read_text())
    assert kept["setting"] == {"experiment": str(WALK), "count": 2, "learning_rate": 0.5}
    assert kept["environment"]["versions"]["bioplaus"]
    # A quick result outside its band: told, not kept.
    assert command.execute(options(tmp_path, "--quick", "--keep", str(tmp_path / "none"))) == 1
    assert "OUTSIDE" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_a_run_that_fails_is_named(tmp_path: Path) -> None:
    setting = Setting({"burst_at": 0}, (1,), Band(0, 1), "")
    (job,) = runs.jobs(result(), setting)
    with pytest.raises(runs.RunFailed, match="walk"):
        runs.perform([job], tmp_path, workers=1, quiet=True)


def test_a_termination_signal_closes_what_runs_and_starts_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("only the main thread hears signals")
    started: list[Child] = []

    class Child:
        def __init__(self, command: object, **_: object) -> None:
            self.ended = threading.Event()
            started.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

        def wait(self) -> int:
            assert self.ended.wait(30)
            return -signal.SIGTERM

        def terminate(self) -> None:
            self.ended.set()

    monkeypatch.setattr(runs.subprocess, "Popen", Child)
    first, second = runs.jobs(result(), result().full)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        runs.perform([first, second], tmp_path, workers=1, quiet=True)
    assert len(started) == 1
    assert started[0].ended.is_set()
    assert signal.getsignal(signal.SIGTERM) is before


def test_finished_runs_are_not_run_again(performed: Path) -> None:
    (job, _) = runs.jobs(result(), result().full)
    before = (job.directory(performed) / "state.json").stat().st_mtime_ns
    runs.perform([job], performed, workers=1, quiet=True)
    assert (job.directory(performed) / "state.json").stat().st_mtime_ns == before


def test_a_file_named_like_a_standard_module_does_not_stand_in_for_it(performed: Path) -> None:
    (job, _) = runs.jobs(result(), result().full)
    assert runs.finished(job, performed)


def test_status_prints_one_line_a_row_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Each begins with the id that ``reproduce PAPER ID`` takes; nothing is folded or cut."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    assert command.execute(parser.parse_args(["sacramento", "--status", "--long"])) == 0
    rows = results("sacramento")
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split()[0] == "result"
    assert [line.split()[0] for line in lines] == [row.id for row in rows]
    assert all(row.name in line for row, line in zip(rows, lines))


@pytest.mark.parametrize("paper", papers())
def test_tables_are_complete_and_their_settings_are_valid(paper: str) -> None:
    from bioplaus.parameters import replace

    rows = results(paper)
    assert rows
    assert len({row.id for row in rows}) == len(rows)
    assert any(row.quick for row in rows)
    for row in rows:
        experiment = registry.load(registry.find(row.experiment))
        assert row.form == experiment.form, row.id
        assert row.tier in ("core", "more", "long")
        assert row.better in ("lower", "higher", "equal")
        for setting in (row.full, row.quick):
            if setting is not None:
                replace(experiment.Settings(), setting.changes)


@pytest.mark.parametrize("paper", ["burstccn", "erbp", "follow", "sacramento", "vector_field_ep"])
def test_large_tables_have_a_core_of_about_twenty_rows_with_three_seeds(paper: str) -> None:
    core = [row for row in results(paper) if row.tier == "core"]
    assert len(core) <= 25
    assert [row.id for row in core if len(row.full.seeds) < 3] == []


@pytest.mark.parametrize(("option", "tiers"), [
    ([], {"core"}), (["--more"], {"core", "more"}), (["--long"], {"core", "more", "long"}),
])  # fmt: skip
def test_rows_beyond_the_core_are_asked_for(
    option: list[str], tiers: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    command.execute(parser.parse_args(["sacramento", "--status", "--json", *option]))
    shown = json.loads(capsys.readouterr().out)["results"]
    assert {row["tier"] for row in shown} == tiers
    assert len(shown) == sum(row.tier in tiers for row in results("sacramento"))


@pytest.mark.parametrize("paper", papers())
def test_status_reports_every_row_with_the_agreed_keys(paper: str) -> None:
    for row in results(paper):
        status = evidence.status(row)
        assert set(status) >= {
            "id", "name", "metric", "unit", "published", "band", "band_source", "ours",
            "setting", "form", "tier", "within_band", "meets_published", "date",
        }  # fmt: skip
        if status["ours"] is None:
            assert status["within_band"] is None
            assert status["meets_published"] is None


def test_fewer_seeds_than_stated_get_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"ours": {"mean": 0.0, "sd": 0.0, "seeds": [1], "values": [0.0]}, "date": "today"}
    monkeypatch.setattr(evidence, "kept", lambda row: content)
    row = evidence.status(result())
    assert row["ours"]["seeds"] == [1]
    assert row["within_band"] is None
    assert row["meets_published"] is None
    content["ours"] = {"mean": 0.0, "sd": 0.0, "seeds": [1, 2], "values": [0.0, 0.0]}
    row = evidence.status(result())
    assert row["within_band"] is True
    assert row["meets_published"] is True


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownResult, match="did you mean 'erbp'"):
        results("ebrp")
