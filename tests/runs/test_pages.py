"""Running, ending, and going on: what a run leaves does not depend on how often it was stopped."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.parameters import ParameterError
from bioplaus.records import CheckpointError, RunReader, RunWriter, atomic, read_checkpoint
from bioplaus.runs.backend import Backend
from bioplaus.runs.finite import NonFiniteState
from bioplaus.runs.interruption import signals_as_interrupts
from bioplaus.runs.pages.page import Page
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.pages.run import Run
from bioplaus.runs.pages.running import Interrupted, evaluate, resume, start
from bioplaus.runs.progress import Progress

HERE = Path(__file__).parent
WALK = HERE / "walk.py"
NETWORK = HERE / "noisy_network.py"
REPORTED = ("metrics.csv", "summary.json", "config.yaml", "recording/*", "checkpoint/*")


def plan(path: Path, backend: str = "numpy", **changes: Any) -> Plan:
    entry = registry.find(str(path))
    return Plan.make(
        entry.name, entry.module, registry.load(entry), changes=changes, backend=Backend(backend)
    )


def contents(run: Path) -> dict[str, bytes]:
    files = [path for pattern in REPORTED for path in run.glob(pattern)]
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], RunReader]:
    """The run of a page that nothing has stopped, made once."""

    @cache
    def run(path: Path) -> RunReader:
        return start(plan(path), tmp_path_factory.mktemp("undisturbed") / "run")

    return run


def test_a_run_leaves_a_complete_record(undisturbed: Callable[[Path], RunReader]) -> None:
    run = undisturbed(WALK)
    assert run.status == "finished"
    assert run.metrics["segment"].tolist() == [0, 1, 2, 3, 4, 5]
    drawn = np.random.Generator(np.random.PCG64(1)).standard_normal((300, 3))
    assert run.summary["metrics"]["test_error"] == pytest.approx(drawn.sum(), rel=1e-12)
    assert len(run.spikes("walker")[0]) == 300
    assert run.environment["seed"] == 1
    assert run.environment["peak_memory_mb"] > 10
    assert run.parameters == {
        "steps": 50,
        "count": 6,
        "learning_rate": 1.0,
        "pause": "0 ms",
        "burst_at": -1,
        "dataset": "",
    }
    assert Plan.from_config(run.config, plan(WALK).page).config() == run.config


def test_a_run_directory_starts_from_its_own_configuration(tmp_path: Path) -> None:
    first = start(plan(WALK, learning_rate=0.1 + 0.2), tmp_path / "first")
    again = start(Plan.from_config(first.config, plan(WALK).page), tmp_path / "again")
    assert contents(first.path) == contents(again.path)


@pytest.mark.parametrize("path", [WALK, NETWORK], ids=["plain", "network"])
@pytest.mark.parametrize("kept", [1, 3])
def test_going_on_from_a_checkpoint_is_exact(
    undisturbed: Callable[[Path], RunReader], tmp_path: Path, path: Path, kept: int
) -> None:
    whole = undisturbed(path)
    part = tmp_path / "part"
    with pytest.raises(Interrupted):
        start(plan(path), part, progress=StopsAfter(kept))
    resume(plan(path), part)
    assert contents(part) == contents(whole.path)


def test_what_was_lost_meanwhile_is_told_when_a_run_goes_on(tmp_path: Path) -> None:
    part = tmp_path / "part"
    with pytest.raises(Interrupted):
        start(plan(WALK), part, progress=StopsAfter(4))
    head, *rows = (part / "metrics.csv").read_text().splitlines(keepends=True)
    (part / "metrics.csv").write_text("".join([head, rows[0], rows[3]]))
    told = StopsAfter(99)
    run = resume(plan(WALK), part, progress=told)
    assert told.warnings == ["metrics.csv has lost segments 1 to 2, which cannot come back"]
    assert told.warnings[0] in run.log
    assert run.metrics["segment"].tolist() == [0, 3, 4, 5]


class StopsAfter(Progress):
    """Asks a run to end after so many segments."""

    def __init__(self, segments: int) -> None:
        self.left = segments
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def segment_done(self, *_: Any) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_a_figure_of_what_was_not_recorded_is_told_and_the_others_are_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ``--record`` takes away, wholly or in part; a fault of a figure's own is not hidden."""

    def few(run: RunReader) -> Any:
        return run.trace("cell", "v").value[1]  # of two cells that the page records

    def both(run: RunReader) -> Any:
        return run.spikes("source")

    entry = registry.find(str(NETWORK))
    page = dataclasses.replace(registry.load(entry), figures={"few": few, "both": both})
    one = Plan.make(
        entry.name, entry.module, page, changes={}, record="cell.v:1", backend=Backend("numpy")
    )
    assert start(one, tmp_path / "run").status == "finished"
    # The first figure of a process may bring warnings of what draws.
    told = [line for line in capsys.readouterr().err.splitlines() if "is not drawn" in line]
    assert len(told) == 2
    assert told[0].startswith("few is not drawn: --record cell.v:1 is not enough for it (index 1")
    assert told[1].startswith("both is not drawn: no spikes of 'source' were recorded in")
    faulty = dataclasses.replace(page, figures={"few": lambda run: [][0]})
    with pytest.raises(IndexError):
        start(dataclasses.replace(one, page=faulty, record=""), tmp_path / "again")


def test_networks_differ_by_seed_only(
    undisturbed: Callable[[Path], RunReader], tmp_path: Path
) -> None:
    first = undisturbed(NETWORK)
    same = start(plan(NETWORK), tmp_path / "b")
    assert contents(first.path) == contents(same.path)
    entry = registry.find(str(NETWORK))
    other = Plan.make(
        entry.name, entry.module, registry.load(entry), changes={}, seed=2, backend=Backend("numpy")
    )
    assert (
        start(other, tmp_path / "c").metrics["mean_weight"][-1] != first.metrics["mean_weight"][-1]
    )


def command(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bioplaus.cli", *arguments],
        text=True,
        stderr=subprocess.PIPE,
        **options,
    )


def kill_until_finished(run: Path, kills: int, seed: int) -> int:
    """Resume a run again and again, killing it at random moments; returns how often."""
    draw = random.Random(seed)
    for killed in range(kills):
        child = command("resume", str(run), "--quiet", stdout=subprocess.DEVNULL)
        try:
            child.wait(timeout=0.4 + draw.random() * 0.8)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if RunReader(run).status == "finished":
            return killed
    assert command("resume", str(run), "--quiet", stdout=subprocess.DEVNULL).wait() == 0
    return kills


def killed_in_a_fork(run: Path, event: int, work: Callable[[], Any]) -> bool:
    """Whether the process was killed; it is when it opens, renames or removes so many files."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    events = itertools.count(1)

    def heard(name: str, arguments: tuple[Any, ...]) -> None:
        looked_for = name in ("open", "os.rename", "os.remove")
        if looked_for and str(arguments[0]).startswith(str(run)) and next(events) == event:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)
    try:
        work()
    finally:
        os._exit(0)


def test_killing_a_run_at_any_file_changes_nothing(tmp_path: Path) -> None:
    """No clock decides when, and every place between two files may be the one."""
    walk, run, draw = plan(WALK, count=60), tmp_path / "killed", random.Random(20)
    whole = start(walk, tmp_path / "whole")
    assert killed_in_a_fork(run, 100, lambda: start(walk, run))
    for _ in range(12):
        assert killed_in_a_fork(run, draw.randint(1, 40), lambda: resume(walk, run))
    assert 10 < len(RunReader(run).metrics["segment"]) < 60
    assert contents(resume(walk, run).path) == contents(whole.path)
    assert not list(run.rglob(".*.partial"))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killing_a_run_again_and_again_changes_nothing(tmp_path: Path) -> None:
    kills = 50
    settings = {"count": 20 * kills, "pause": "20 ms", "steps": 500}
    whole = start(plan(WALK, **settings), tmp_path / "whole")
    run = tmp_path / "killed"
    sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    child = command("run", str(WALK), "--out", str(run), *sets, stdout=subprocess.DEVNULL)
    while not (run / "metrics.csv").exists():
        time.sleep(0.02)
    child.kill()
    child.wait()
    killed = kill_until_finished(run, kills, seed=kills)
    assert killed >= kills // 2
    assert RunReader(run).status == "finished"
    for name, data in contents(whole.path).items():
        if name != "config.yaml":  # it names the file by another route
            assert contents(run)[name] == data, name
    assert not list(run.rglob(".*.partial"))


@dataclasses.dataclass(frozen=True)
class NoParameters:
    pass


def stopped_while_deleting(p: NoParameters, run: Run) -> dict[str, float]:
    """Ends itself in a place where Python drops the exception that a signal raises."""
    for segment in run.segments(50):
        if segment.number == 1:
            _Deleted()
            run.progress(0.5)
            raise AssertionError("the signal went unheard")
        run.log(validation_error=0.0)
    return {}


class _Deleted:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)  # the handler runs here, and what it raises is dropped


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_during_a_deletion_is_heard_after_it(tmp_path: Path) -> None:
    stopped = Plan(
        "stopped",
        "stopped.py",
        Page(stopped_while_deleting, NoParameters, "batched"),
        NoParameters(),
    )
    with pytest.raises(Interrupted, match="stopped in segment 2 of 50"):
        start(stopped, tmp_path / "run")
    assert RunReader(tmp_path / "run").status == "interrupted"


def test_a_checkpoint_of_another_version_is_told(tmp_path: Path) -> None:
    run = start(plan(WALK), tmp_path / "run")

    def renamed(p: Any, run: Run) -> dict[str, float]:
        run.keep(place=np.zeros(3))
        for _ in run.segments(p.count):
            pass
        return {}

    page = dataclasses.replace(plan(WALK).page, experiment=renamed)
    changed = dataclasses.replace(plan(WALK), page=page)
    with pytest.raises(CheckpointError, match=r"does not fit the experiment .*'position'"):
        evaluate(changed, run, "", "validation")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_end(tmp_path: Path, number: int) -> None:
    run = tmp_path / "run"
    child = command("run", str(WALK), "--out", str(run), "--set", "pause=1s")
    while not (run / "metrics.csv").exists():
        time.sleep(0.02)
    os.kill(child.pid, number)
    _, told = child.communicate()
    assert child.returncode == 130
    assert "of 6" in told
    assert f"bioplaus resume {run}" in told
    assert "Traceback" not in told
    assert RunReader(run).status == "interrupted"
    assert resume(plan(WALK, pause="0 ms"), run).status == "finished"


class DeletedWith:
    """Calls something when it is deleted."""

    def __init__(self, last: Any) -> None:
        self.last = last

    def __del__(self) -> None:
        self.last()


def test_ctrl_c_while_an_object_is_deleted_is_heard_and_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda it: printed.append(it.exc_type))
    with signals_as_interrupts() as check:
        DeletedWith(lambda: 1 / 0)
        assert printed == [ZeroDivisionError]
        DeletedWith(lambda: signal.raise_signal(signal.SIGINT))
        assert printed == [ZeroDivisionError]
        with pytest.raises(KeyboardInterrupt):
            check()


def test_ctrl_c_while_compiled_code_hands_over_its_result_does_not_crash() -> None:
    """Numba makes the named tuple by a Python function, in which the handler runs."""
    script = Path(__file__).with_name("hands_over.py")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_ctrl_c_while_a_file_is_written_is_heard_when_it_is_whole(tmp_path: Path) -> None:
    """HDF5 calls Python in the midst of writing: raised there, it is another error or a crash."""

    def fill(partial: Path) -> None:
        signal.raise_signal(signal.SIGTERM)
        partial.write_text("whole")

    with signals_as_interrupts() as check:
        atomic.write(tmp_path / "file", fill)
        assert (tmp_path / "file").read_text() == "whole"
        with pytest.raises(KeyboardInterrupt):
            check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_values_that_are_not_finite_end_a_run_and_keep_its_record(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteState, match=r"position of 'walker'.*\(1 values\)") as caught:
        start(plan(WALK, burst_at=3), tmp_path / "run")
    assert (caught.value.variable, caught.value.population) == ("position", "walker")
    run = RunReader(tmp_path / "run")
    assert run.status == "failed"
    assert run.metrics["segment"].tolist() == [0, 1, 2]
    assert "no longer finite" in run.log


def test_diverging_weights_of_a_network_are_named(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteState, match="source_to_cell") as caught:
        start(plan(NETWORK, learning_rate=1e308), tmp_path / "run")
    assert caught.value.time_s <= 0.02 + 1e-12


def test_a_change_while_running_is_logged_and_replayed(tmp_path: Path) -> None:
    def request(run: Path) -> None:
        (run / "control").mkdir(parents=True)
        content = {"parameter": "learning_rate", "value": 0.25}
        (run / "control" / "1.json").write_text(json.dumps(content))
        (run / "control" / "2.json").write_text('{"parameter": "steps", "value": 3}')

    changed = plan(WALK)
    take = RunWriter.take_requests

    def at_segment_two(self: RunWriter) -> list[tuple[str, str]]:
        if RunReader(self.path).metrics.get("segment", np.zeros(0)).size == 2:
            return [("learning_rate", "0.25"), ("steps", "3")]
        return []

    RunWriter.take_requests = at_segment_two  # type: ignore[method-assign]
    try:
        whole = start(changed, tmp_path / "whole")
    finally:
        RunWriter.take_requests = take  # type: ignore[method-assign]
    assert whole.changes == [(2, 0.0, "learning_rate", "0.25")]
    assert "unknown tunable parameter 'steps'" in whole.log
    drawn = np.random.Generator(np.random.PCG64(1)).standard_normal((6, 50, 3))
    scale = np.array([1, 1, 0.25, 0.25, 0.25, 0.25])
    expected = (drawn.sum(axis=(1, 2)) * scale).sum()
    assert whole.summary["metrics"]["test_error"] == pytest.approx(expected, rel=1e-12)
    # A run killed after the change was logged, before its segment was complete, replays it.
    part = tmp_path / "part"
    writer = RunWriter.create(part, changed.config())
    writer.append_change(2, 0.0, "learning_rate", "0.25")
    writer.close("interrupted")
    assert contents(resume(plan(WALK), part).path) == contents(whole.path)
    assert read_checkpoint(part / "checkpoint" / "000005.ckpt")["tuned"] == {"learning_rate": 0.25}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("cell.v.x:3", "--record"),
        ("cell.v:many", "--record"),
        (":3", "--record"),
        ("cell.v:0", "--record"),
        ("cell.v:7", "asks for more cells than cell has: 6"),
        ("sell", "unknown population 'sell'; did you mean 'cell'"),
        ("cell.vv", "unknown variable to record 'vv'; did you mean 'v'"),
    ],
)
def test_what_to_record_is_checked_before_the_directory(
    tmp_path: Path, record: str, words: str
) -> None:
    entry = registry.find(str(NETWORK))
    wrong = Plan.make(
        entry.name,
        entry.module,
        registry.load(entry),
        changes={},
        record=record,
        backend=Backend("numpy"),
    )
    with pytest.raises(ParameterError) as caught:
        start(wrong, tmp_path / "run")
    assert words in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_parameters_are_checked_before_the_directory(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="learning_rate"):
        start(plan(WALK, learning_rate=-1), tmp_path / "run")
    assert not (tmp_path / "run").exists()
