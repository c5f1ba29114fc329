"""The leaderboard: entries that exist, and a table made from records alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bioplaus import registry
from bioplaus.cli import main
from bioplaus.leaderboard import command
from bioplaus.leaderboard.command import families, family
from bioplaus.leaderboard.entrants import TASKS, Entrant, entrants, excluded
from bioplaus.leaderboard.rules import draw, jobs, measure, table
from bioplaus.parameters import replace
from bioplaus.records import RunWriter
from bioplaus.reproduction.runs import RunFailed

ENTRIES, NOT_APPLICABLE = entrants(), excluded()
BP, FOLLOW = "backpropagation (rates)", "FOLLOW (spikes)"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.task} {entry.rule}")
def test_every_entry_names_an_experiment_and_settings_that_it_takes(entry: Entrant) -> None:
    experiment = registry.load(registry.find(entry.experiment))
    replace(experiment.Settings(), entry.settings)


def test_every_rule_does_every_task_or_says_why_not() -> None:
    rules = {entry.rule for entry in ENTRIES} | {rule for _, rule in NOT_APPLICABLE}
    answered = [(entry.task, entry.rule) for entry in ENTRIES] + list(NOT_APPLICABLE)
    assert sorted(answered) == sorted((task, rule) for task in TASKS for rule in rules)


def finish(entry: Entrant, folder: Path, errors: tuple[float, ...]) -> None:
    """Leave the records of an entry's runs, one for each seed, with given test errors."""
    for job, error in zip(entry.jobs(), errors):
        config = {"experiment": entry.experiment, "seed": job.seed, "form": "batched"}
        config["parameters"] = dict(entry.settings)
        writer = RunWriter.create(job.directory(folder), config)
        writer.append_metrics({"segment": 0, "epoch": 4.0, "training_operations": 1234.0})
        writer.write_environment({"wall_s": 12.0})
        writer.write_summary({"metrics": {"test_error": error, entry.angle: 45.2}})
        writer.close("finished")


def test_a_table_is_made_of_what_is_there_best_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two rules with errors around 0.3 and 0.1; the others are not run and not invented."""
    runs = tmp_path / "runs"
    first, second, third = [entry for entry in ENTRIES if entry.task == "digits"][:3]
    finish(first, runs, (0.2, 0.3, 0.4))
    finish(second, runs, (0.1, 0.1, 0.1))
    finish(third, runs, (0.1, 0.1))  # a seed is missing: no row
    assert measure(third.task, third.rule, third.jobs(), runs) is None
    arguments = ["--show", "--runs", str(runs), "--out", str(tmp_path / "out")]
    assert main(["leaderboard", *arguments]) == 0
    lines = (tmp_path / "out" / "leaderboard.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:3]] for line in lines[4:6]]
    assert cells == [[second.rule, "90.0% ± 0.0%"], [first.rule, "70.0% ± 10.0%"]]
    assert "45° | (no spikes) | 1,234 | 4 | 12 s" in lines[4]
    assert any(line.startswith("Not applicable: ") and FOLLOW in line for line in lines)
    assert (tmp_path / "out" / "leaderboard.json").is_file()
    assert (tmp_path / "out" / "leaderboard.png").stat().st_size > 1000
    assert f"2 of {len(ENTRIES)} rows are there" in capsys.readouterr().out
    for option, name in (("--task", "chess"), ("--row", "FAA"), ("--family", "error-path")):
        assert main(["leaderboard", option, name, *arguments]) == 2
        assert f"unknown {option[2:]} {name!r}" in capsys.readouterr().err


def test_rows_that_are_kept_stay_where_no_run_stands_for_them(tmp_path: Path) -> None:
    """On another machine a table goes on: its runs are elsewhere, and one row is made anew."""
    first, second, third = [entry for entry in ENTRIES if entry.task == "digits"][:3]
    out = tmp_path / "out"
    made = {"here": [(first, 0.2), (second, 0.1)], "there": [(third, 0.3), (first, 0.4)]}
    for runs, entries in made.items():
        for entry, error in entries:
            finish(entry, tmp_path / runs, (error,) * 3)
        arguments = ["--show", "--runs", str(tmp_path / runs), "--out", str(out)]
        assert main(["leaderboard", *arguments]) == 0
    rows = json.loads((out / "leaderboard.json").read_text())["rows"]
    assert [(row["rule"], round(row["accuracy"], 9)) for row in rows] == [
        (first.rule, 0.6), (second.rule, 0.9), (third.rule, 0.7),
    ]  # fmt: skip


def test_a_run_that_fails_is_told_after_the_table_of_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = [entry for entry in ENTRIES if entry.task == "digits"][:2]

    def perform(jobs: object, runs: Path, workers: int, quiet: bool) -> None:
        finish(first, runs, (0.1, 0.1, 0.1))
        raise RunFailed("these runs ended without their figures: that one")

    monkeypatch.setattr(command, "perform", perform)
    of = ["--task", "digits", "--row", first.rule, "--row", second.rule, "--runs", str(tmp_path)]
    assert main(["leaderboard", *of]) == 2
    assert "| 90.0% ± 0.0% |" in (tmp_path / "leaderboard.md").read_text()
    said = capsys.readouterr()
    assert "1 of 2 rows are there" in said.out
    assert "that one" in said.err


def test_figures_that_an_experiment_does_not_report_are_said_to_be_missing() -> None:
    row = {
        "task": "digits",
        "rule": BP,
        "accuracy": 0.5,
        "accuracy_sd": 0.01,
        "accuracies": [0.49, 0.5, 0.51],
        "angle_degrees": None,
        "angle_of": None,
        "exact_angles": {},
        "no_exact": "counts have no derivative",
        "operations_per_example": None,
        "passes": 40.0,
        "wall_s": 3.0,
    }
    counts = "(counts have no derivative)"
    expected = f"| {BP} | 50.0% ± 1.0% | not measured | {counts} | not measured | 40 | 3 s |"
    assert expected in table([row]).splitlines()
    angles = {"input_to_hidden": [34.2, 26.4], "hidden_to_output": [0.0, 0.0]}
    measured = {**row, "exact_angles": angles, "no_exact": None}
    assert "| 34° (26°), 0° (0°) |" in table([measured])
    assert len(draw([row]).axes) == 1


@pytest.mark.parametrize("name", ["rules", *families()])
def test_every_family_has_runs_that_its_pages_take(name: str) -> None:
    """Each row on each task is runs of its own; a quick look needs fewer."""
    chosen = family(name)
    whole = chosen.jobs(chosen.tasks(), chosen.rows(), False)
    quick = chosen.jobs(chosen.tasks(), chosen.rows(), True)
    assert set(quick) < set(whole)
    assert len({job for runs in whole.values() for job in runs}) == sum(map(len, whole.values()))
    of = {runs[0].experiment: runs[0] for runs in whole.values()}
    if name != "rules":  # whose entries are taken one by one above
        for experiment, job in of.items():
            replace(registry.load(registry.find(experiment)).Settings(), dict(job.changes))
    task, row = next(iter(quick))
    assert set(chosen.jobs([task], [row], False)) == {(task, row)}


def test_one_seed_has_no_deviation(tmp_path: Path) -> None:
    (key, runs), *_ = jobs(["digits"], [BP], quick=True).items()
    (entry,) = (each for each in ENTRIES if (each.task, each.rule) == key)
    finish(entry, tmp_path, (0.2,))
    row = measure(*key, runs, tmp_path)
    assert row is not None
    assert (row["accuracy"], row["accuracy_sd"]) == (0.8, 0.0)
