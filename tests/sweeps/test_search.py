"""Searches on a parabola whose figures are known, with workers that die."""

from __future__ import annotations

import resource
import socket
from pathlib import Path

import pytest

pytest.importorskip("optuna")
pytest.importorskip("distributed")

from bioplaus import sweeps
from bioplaus.cli import main
from bioplaus.records import RunReader, lock
from bioplaus.records.writer import RunLocked
from bioplaus.sweeps import cluster, search
from bioplaus.sweeps.plan import NotASweep, SweepPlan, check_objective
from bioplaus.sweeps.report import read_report
from bioplaus.sweeps.trial import Task, run_trial

DESCENT = str(Path(__file__).with_name("descent.py"))


def plan(*space: str, **changes: object) -> SweepPlan:
    return SweepPlan("descent", DESCENT, space or ("rate=log(1e-3,0.4)",), **changes)  # type: ignore[arg-type]


def error_after(rate: float, segments: int) -> float:
    """The minimum is 0; a step multiplies the distance by 1 - 2 rate."""
    return (1 - 2 * rate) ** (2 * segments)


def logs(folder: Path, word: str) -> int:
    return sum(path.read_text().count(word) for path in folder.glob("trials/*/log.txt"))


def test_a_worker_killed_twice_loses_no_trial_and_repeats_none(tmp_path: Path) -> None:
    """Also with two seeds a trial; afterwards the search is started again and goes on."""
    settings = {"segments": "4", "victim": str(tmp_path / "die")}
    one_plan = plan(settings=settings, seeds=2, prune=False)
    for victim in ("die1", "die2"):
        (tmp_path / victim).touch()
    folder = tmp_path / "sweep"
    with sweeps.workers(2) as client:
        lines: list[str] = []
        sweeps.Sweep(folder, one_plan).run(client, 5, tell=lines.append)
        assert len(lines) == 5
        study = sweeps.Sweep(folder, one_plan).run(client, 8, tell=lines.append)
    assert len(lines) == 8
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 8
    for trial in study.trials:
        assert trial.value == pytest.approx(error_after(trial.params["rate"], 4))
    assert not list(tmp_path.glob("die*"))
    assert logs(folder, "started") == 16
    assert logs(folder, "finished") == 16
    assert logs(folder, "resumed") == 2
    report = read_report(folder)
    assert report.counts() == {"complete": 8}
    # The larger the rate below 1/2 the smaller the error: the best is known.
    rates = [trial.params["rate"] for trial in study.trials]
    assert report.best(1)[0].params["rate"] == max(rates)
    assert [run.name for run in report.runs(study.trials[3])] == ["0003-s1", "0003-s2"]
    assert report.importances() == pytest.approx({"rate": 1.0})
    assert report.draw().stat().st_size > 1000


def test_what_was_running_is_taken_up_again(tmp_path: Path) -> None:
    """A search that died leaves trials in progress; they keep their numbers and values."""
    one_plan = plan()
    sweep = sweeps.Sweep(tmp_path / "sweep", one_plan)
    study = search.open_study(sweep.folder, one_plan)
    trial = study.ask({axis.name: axis.distribution() for axis in sweep.axes})
    resumed = sweep.run(InProcess(), 2, tell=lambda line: None)
    assert [t.number for t in resumed.trials] == [0, 1]
    assert resumed.trials[0].params == trial.params
    assert all(t.state.name == "COMPLETE" for t in resumed.trials)


def test_hopeless_trials_stop_early(tmp_path: Path) -> None:
    """Five good trials, then one whose error grows: it is stopped before its last segment."""
    rates = ",".join(["0.4", "0.41", "0.42", "0.43", "0.44", "1.2"])
    one_plan = plan(f"rate=choice({rates})", settings={"segments": "20", "pause": "0.02 s"})
    sweep = sweeps.Sweep(tmp_path / "sweep", one_plan)
    study = search.open_study(sweep.folder, one_plan)
    for rate in rates.split(","):
        study.enqueue_trial({"rate": rate})
    with InBackground() as client:
        study = sweep.run(client, 6, tell=lambda line: None)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 5 + ["PRUNED"]
    stopped = RunReader(sweep.folder / "trials" / "0005-s1")
    assert stopped.status == "interrupted"
    assert 2 <= len(stopped.metrics["segment"]) < 20


def test_a_grid_runs_every_combination_once(tmp_path: Path) -> None:
    one_plan = plan("rate=linear(0.1,0.3,3)", "segments=choice(1,2)", grid=True, prune=False)
    study = sweeps.Sweep(tmp_path / "sweep", one_plan).run(InProcess(), 1, tell=lambda line: None)
    found = {(t.params["rate"], t.params["segments"]): t.value for t in study.trials}
    assert len(study.trials) == len(found) == 6
    for (rate, segments), value in found.items():
        assert value == pytest.approx(error_after(rate, int(segments)))


def test_a_diverged_trial_fails_and_the_search_goes_on(tmp_path: Path) -> None:
    one_plan = plan("rate=choice(0.1,1e9)", settings={"segments": "60"}, grid=True, prune=False)
    lines: list[str] = []
    study = sweeps.Sweep(tmp_path / "sweep", one_plan).run(InProcess(), 1, tell=lines.append)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL"]
    assert "x of 'parabola' is no longer finite" in lines[1]


def test_an_unknown_objective_ends_the_search_at_once(tmp_path: Path) -> None:
    one_plan = plan(objective="validation_loss", settings={"segments": "2"})
    with pytest.raises(ValueError, match="has no metric 'validation_loss'; it has validation_err"):
        sweeps.Sweep(tmp_path / "sweep", one_plan).run(InProcess(), 3, tell=lambda line: None)


def test_a_directory_keeps_its_own_sweep(tmp_path: Path) -> None:
    sweeps.Sweep(tmp_path / "sweep", plan())
    with pytest.raises(NotASweep, match="other seeds; choose another --out"):
        sweeps.Sweep(tmp_path / "sweep", plan(seeds=2))
    (tmp_path / "sweep" / "more").mkdir()
    with pytest.raises(NotASweep, match=r"not a sweep \(it has no sweep.yaml\)"):
        read_report(tmp_path / "sweep" / "more")


def test_one_search_at_a_time(tmp_path: Path) -> None:
    sweep = sweeps.Sweep(tmp_path / "sweep", plan())
    held = lock.acquire(sweep.folder)
    assert held is not None
    with pytest.raises(RunLocked, match="searched by another process"):
        sweep.run(InProcess(), 1)
    lock.release(held)


def test_a_silent_scheduler_is_told_within_its_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that accepts and never answers; the ten seconds are one here."""
    monkeypatch.setattr(cluster, "PATIENCE_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with (
            pytest.raises(cluster.SchedulerUnreachable, match="did not answer within 1 s"),
            sweeps.workers(1, address),
        ):
            pass
    # Now nobody listens there.
    with pytest.raises(cluster.SchedulerUnreachable, match="refused"), sweeps.workers(1, address):
        pass
    with pytest.raises(ValueError, match="tcp://host:port"), sweeps.workers(1, "localhost:8786"):
        pass


def test_an_existing_cluster_is_used() -> None:
    import brian2  # noqa: F401  (this cluster has its worker in a thread, where it cannot load)
    from distributed import LocalCluster

    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            dashboard_address=None,
        ) as existing,
        sweeps.workers(1, existing.scheduler_address) as client,
    ):
        assert sum(client.nthreads().values()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["descnt"], "unknown experiment"),
        ([DESCENT], "nothing to search"),
        ([DESCENT, "--param", "rat=log(1,2)"], "did you mean 'rate'"),
        ([DESCENT, "--param", "rate=log(2,1)"], "empty range"),
        ([DESCENT, "--param", "rate=log(1,2)", "--objective", "test_error"], "test metric"),
        ([DESCENT, "--param", "rate=log(1,2)", "--set", "rate=1"], "given twice"),
        (["show"], "needs the directory"),
        (["show", "nowhere"], "is not a sweep"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_accuracy_may_be_an_objective() -> None:
    check_objective("validation_accuracy")


@pytest.mark.slow
def test_forty_trials_with_deaths_cost_less_than_a_second_each(tmp_path: Path) -> None:
    """Two workers, one of which is killed twice; no trial is lost and none is run again.

    What the search costs is the processor time of everything in it, the start of the workers and
    of those that replace the dead included, less that of the same trials run one after another.
    """
    settings = {"segments": "4", "victim": str(tmp_path / "die")}
    for victim in ("die1", "die2"):
        (tmp_path / victim).touch()
    folder = tmp_path / "sweep"
    began = processor_time()
    with sweeps.workers(2) as client:
        study = sweeps.Sweep(folder, plan(settings=settings)).run(client, 40, tell=lambda _: None)
    searched = processor_time() - began
    (tmp_path / "plain").mkdir()
    began = processor_time()
    for number in range(40):
        values = {"rate": "0.1"}
        run_trial(Task(plan(settings=settings), number, values, tmp_path / "plain"))
    overhead = (searched - (processor_time() - began)) / 40
    assert all(trial.state.is_finished() for trial in study.trials)
    assert len(study.trials) == 40
    assert logs(folder, "started") == 40
    assert overhead < 1.0


def processor_time() -> float:
    """Of this process and of its children that have ended [s]."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


class InProcess:
    """Stands for a Dask client: runs a trial at once, here."""

    def nthreads(self) -> dict[str, int]:
        return {"here": 1}

    def submit(self, function, *arguments, pure: bool):  # type: ignore[no-untyped-def]
        return Done(function(*arguments))


class Done:
    def __init__(self, outcome: object) -> None:
        self.outcome = outcome

    def done(self) -> bool:
        return True

    def exception(self) -> None:
        return None

    def result(self) -> object:
        return self.outcome


class InBackground:
    """The same in a thread, so that the search can watch a trial."""

    def __enter__(self) -> InBackground:
        from concurrent.futures import ThreadPoolExecutor

        self.pool = ThreadPoolExecutor(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    def nthreads(self) -> dict[str, int]:
        return {"here": 1}

    def submit(self, function, *arguments, pure: bool):  # type: ignore[no-untyped-def]
        return self.pool.submit(function, *arguments)
