"""The leaderboard: entries that exist, and a table made from records alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bioplaus import registry
from bioplaus.cli import main
from bioplaus.parameters import replace
from bioplaus.records import RunWriter
from bioplaus.sweeps.leaderboard import ENTRIES, measure, table


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_every_entry_names_an_experiment_and_settings_that_it_takes(entry) -> None:  # type: ignore[no-untyped-def]
    experiment = registry.load(registry.find(entry.experiment))
    replace(experiment.Parameters(), entry.settings)


def test_entries_have_run_directories_of_their_own() -> None:
    stems = [entry.stem for entry in ENTRIES]
    assert len(set(stems)) == len(stems)


def test_a_table_is_made_of_what_is_there_best_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two finished runs with errors 0.3 and 0.1; the others are not run and not invented."""
    runs = tmp_path / "runs"
    chosen = [entry for entry in ENTRIES if entry.task == "digits"][:2]
    for entry, error in zip(chosen, (0.3, 0.1)):
        config = {"experiment": entry.experiment, "seed": 1, "form": "batched"}
        writer = RunWriter.create(runs / entry.stem, config)
        writer.write_environment({"wall_s": 12.0})
        writer.write_summary({"metrics": {"test_error": error}})
        writer.close("finished")
    assert measure(ENTRIES[2], runs) is None
    arguments = ["--show", "--runs", str(runs), "--out", str(tmp_path / "out")]
    assert main(["leaderboard", *arguments]) == 0
    lines = (tmp_path / "out" / "leaderboard.md").read_text().splitlines()
    assert [line.split("|")[3].strip() for line in lines[2:]] == ["90.0%", "70.0%"]
    assert lines[2].split("|")[2].strip() == chosen[1].rule
    assert (tmp_path / "out" / "leaderboard.json").is_file()
    assert main(["leaderboard", "--task", "chess", *arguments]) == 2
    assert "unknown task 'chess'" in capsys.readouterr().err


def test_figures_that_an_experiment_does_not_report_stay_empty() -> None:
    row = {
        "task": "digits",
        "rule": "any",
        "accuracy": 0.5,
        "angle_to_backpropagation_degrees": 45.2,
        "operations_per_image": None,
        "wall_s": 3.0,
    }
    assert table([row]).splitlines()[-1] == "| digits | any | 50.0% | 45° |  | 3 s |"
