"""The command line as a user meets it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.cli import main
from bioplaus.papers import papers
from bioplaus.parameters import ParameterError
from bioplaus.runs.pages.run import Segment

WALK = str(Path(__file__).parent / "runs" / "walk.py")


def test_list_names_every_experiment_with_its_paper(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(registry.entries()) > 0
    for entry in registry.entries():
        assert entry.paper in papers(), entry.name
        assert entry.summary.endswith(")."), f"{entry.name} names no paper"


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["run", "erbp-images", "--help"]])
def test_start_up_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from bioplaus.cli import main\n"
        f"try: main({arguments})\nexcept SystemExit: pass\n"
        "heavy = {'brian2', 'numba', 'matplotlib', 'scipy', 'sklearn', 'h5py'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_start_up_is_quick(importing_numpy: float) -> None:
    """Half a second is promised, which is four times what NumPy takes; Brian2 takes eighteen."""

    def spent() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    before = spent()
    command = [sys.executable, "-m", "bioplaus.cli", "list"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert spent() - before < 6 * importing_numpy


def test_evaluate_takes_the_newest_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "run")
    assert main(["run", WALK, "--out", out, "--set", "count=2", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["evaluate", out, "--part", "validation", "--dataset", "mnist"]) == 0
    name, _, value = capsys.readouterr().out.splitlines()[0].partition(" = ")
    assert name == "validation_error"
    drawn = np.random.Generator(np.random.PCG64(1)).standard_normal((2, 50, 3))
    assert float(value) == pytest.approx(drawn.sum(), rel=1e-5)


def test_run_show_plot_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "run")
    assert main(["run", WALK, "--out", out, "--set", "count=2", "--set", "steps=7"]) == 0
    shown = capsys.readouterr().out
    assert "test_error" in shown
    assert f"{out}/figures/learning-curve.png" in shown
    assert (tmp_path / "run" / "figures" / "learning-curve.svg").is_file()
    assert main(["show", out]) == 0
    assert "steps = 14" in capsys.readouterr().out  # two segments of seven
    assert main(["plot", out]) == 0
    assert main(["resume", out]) == 0
    assert "is finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "erbp-image"], "did you mean 'erbp-images'"),
        (["run", "nonsense.py"], "there is no file nonsense.py"),
        (["run", WALK, "--set", "stepz=3"], "did you mean 'steps'"),
        (["run", WALK, "--set", "steps"], "is not NAME=VALUE"),
        (["run", WALK, "--set", "pause=3 mV"], "wrong unit; it is measured in ms"),
        (["run", WALK, "--set", "learning_rate=-1"], "out of range; accepted: >= 0.0"),
        (["run", WALK, "--backend", "fortran"], "not one of numba, cython, numpy"),
        (["run", WALK, "--out", "/dev/null/run"], "/dev/null/run"),
        (["show", "/dev"], "is not a run directory"),
        (["cite", "nobody"], "unknown experiment 'nobody'"),
        (["reproduce", "sacremento"], "did you mean 'sacramento'"),
    ],
)
def test_wrong_input_is_told_in_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", WALK, "--seed", "-1"], "'-1' is no whole number of at least 0"),
        (["describe", WALK, "--seed", "1.5"], "'1.5' is no whole number of at least 0"),
        (["run", WALK, "--threads", "0"], "'0' is no whole number of at least 1"),
        (["sweep", WALK, "--trials", "0"], "'0' is no whole number of at least 1"),
        (["sweep", WALK, "--seeds", "-3"], "'-3' is no whole number of at least 1"),
        (["sweep", WALK, "--workers", "two"], "'two' is no whole number of at least 1"),
        (["leaderboard", "--workers", "0"], "'0' is no whole number of at least 1"),
        (["reproduce", "erbp", "--seeds", "0"], "'0' is no whole number of at least 1"),
        (["reproduce", "erbp", "--workers", "-1"], "'-1' is no whole number of at least 1"),
    ],
)
def test_numbers_of_things_are_whole_and_not_too_small(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert words in capsys.readouterr().err


def test_fewer_things_than_segments_are_told() -> None:
    """Shares of the things are disjoint, in order and together all of them; none is empty."""
    for things, count in ((7, 3), (3, 3), (10, 1)):
        parts = [range(things)[Segment(n, count).of(things)] for n in range(count)]
        assert [n for part in parts for n in part] == list(range(things))
        assert all(len(part) for part in parts)
    with pytest.raises(ParameterError, match="2 cannot be shared out over 10 segments"):
        Segment(0, 10).of(2)


def test_an_existing_directory_needs_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "run")
    small = ["run", WALK, "--set", "count=2", "--out", out, "--quiet"]
    assert main(small) == 0
    assert main(small) == 2
    assert "add --force" in capsys.readouterr().err
    assert main([*small, "--force"]) == 0


def test_help_of_a_run_lists_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", WALK, "--help"]) == 0
    shown = capsys.readouterr().out
    for words in ("learning_rate", "size of a step [tunable]", ">= 0.0", "0 ms"):
        assert words in shown


def test_cite_prints_bibtex_for_an_experiment_and_a_paper(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["cite", "erbp-images"]) == 0
    by_experiment = capsys.readouterr().out
    assert main(["cite", "erbp"]) == 0
    assert capsys.readouterr().out == by_experiment
    assert "@article{neftci2017" in by_experiment


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda entry: entry.name)
def test_every_experiment_is_complete(entry: registry.Entry) -> None:
    from bioplaus.parameters import check, describe, replace
    from bioplaus.runs.pages.page import FORMS

    page = registry.load(entry)
    check(page.Settings())
    assert page.form in FORMS
    for setting in (registry.setting(entry, "default"), *registry.named_settings(entry)):
        replace(page.Settings(), {**setting.changes, **(setting.quick or {})})
    for row in describe(page.Settings):
        assert row.meaning, f"{entry.name}: {row.name} has no meaning"


def test_a_file_is_read_and_not_executed_to_find_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "plain.py"
    script.write_text('"""A plain one."""\nopen("executed", "w")\n')
    entry = registry.find(str(script))
    assert (entry.name, entry.summary, entry.script) == ("plain", "A plain one.", True)
    with pytest.raises(registry.UnknownExperiment, match="plain script"):
        registry.load(entry)
    assert not (tmp_path / "executed").exists()
    assert not registry.find(WALK).script
    script.write_text("a = 1\nb = = 2\n")
    assert main(["run", str(script)]) == 2
    assert "plain.py, line 2: " in capsys.readouterr().err


BUG = '''"""An experiment with a fault of its own."""
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    pass

def experiment(p, run):
    rates = []
    for segment in run.segments(1):
        run.log(rate=rates[segment.number])
    return {}

FORM = "batched"
'''


def test_a_fault_of_ones_own_ends_with_ones_own_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "faulty.py"
    path.write_text(BUG)
    assert main(["run", str(path), "--out", str(tmp_path / "run"), "--quiet"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "faulty.py, line 11, in experiment:",
        "    run.log(rate=rates[segment.number])",
        "IndexError: list index out of range",
    ]
    assert main(["show", str(tmp_path / "run")]) == 0
    assert "  list index out of range  (log.txt)" in capsys.readouterr().out
