"""The list of runs: found, sought, grouped, sorted; damage told; nothing opened twice."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bioplaus.records import RunReader
from bioplaus.viewer.catalogue import (
    differing,
    find_runs,
    matches,
    plain,
    read_row,
    sort_key,
    table,
)
from bioplaus.viewer.list_table import RunList
from bioplaus.viewer.page import Page

sys.path.insert(0, str(Path(__file__).parent))
from example_run import write_example, write_small


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two settings of three seeds each in a sweep, and a run beside it."""
    folder = tmp_path_factory.mktemp("runs")
    for trial, tau in enumerate(("4 ms", "12 ms")):
        for seed in (1, 2, 3):
            path = folder / "sweep-x" / "trials" / f"{trial:04d}-s{seed}"
            write_small(path, 0.1 * trial + 0.01 * seed, seed=seed, tau_synapse=tau)
    write_small(folder / "alone", 0.5, learning_rate=0.2, tau_synapse="0.004 s")
    return folder


def rows(folder: Path) -> dict[str, Any]:
    return {path.name: read_row(path) for path in find_runs([folder])}


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ("", 7),
        ("alone", 1),
        ("ALONE finished", 1),
        ("state:finished", 7),
        ("tau_synapse<5ms", 4),
        ("tau_synapse>=0.012*s", 3),
        ("tau_synapse=4ms", 4),  # 0.004 s is 4 ms
        ("tau_synapse<5mV", 0),
        ("validation_error<0.105 seed=1", 1),
        ("learning_rate>0.1", 1),
        ("nothing_like_it>3", 0),
        ("experiment:exam seed=2", 2),
    ],
)
def test_a_filter_is_words_and_comparisons_of_quantities(
    runs: Path, wanted: str, count: int
) -> None:
    found = rows(runs).values()
    assert len([row for row in found if matches(row, wanted)]) == count


def test_numbers_are_sorted_as_quantities_and_what_is_missing_comes_last(runs: Path) -> None:
    found = list(rows(runs).values())
    found.sort(key=lambda row: sort_key(row, "tau_synapse"))
    assert [row.values["tau_synapse"] for row in found][-3:] == ["12 ms"] * 3
    assert sort_key(found[0], "no such") > sort_key(found[0], "run")


def test_groups_by_sweep_and_by_all_but_the_seed(runs: Path) -> None:
    found = list(rows(runs).values())
    by_sweep = table(found, "sweep")
    (heading,) = [line for line in by_sweep if line[2] is None]
    assert heading[0] == "sweep-x"
    assert len(heading[1]) == 6
    assert len(by_sweep) == 1 + 6 + 1
    assert len(table(found, "sweep", folded={"sweep-x"})) == 2
    by_seed = [line for line in table(found, "all but the seed") if line[2] is None]
    assert sorted(len(members) for _, members, _ in by_seed) == [1, 3, 3]
    assert any("tau_synapse=12 ms" in heading for heading, _, _ in by_seed)


def test_a_heading_has_mean_and_deviation_over_its_seeds(runs: Path) -> None:
    """0.01, 0.02 and 0.03: mean 0.02, standard deviation 0.01."""
    listed = RunList([runs], lambda: None)
    listed.group.value = "all but the seed"
    latest = dict(zip(listed.source.data["run"], listed.source.data["latest"]))
    (heading,) = [name for name in latest if "(3)" in name and "tau_synapse=4 ms" in name]
    assert latest[heading] == "validation error 0.02 ± 0.01"
    before = len(latest)
    listed.source.selected.indices = [list(listed.source.data["run"]).index(heading)]
    assert len(listed.source.data["run"]) == before - 3  # folded by the click


def test_only_what_differs_has_a_column(runs: Path) -> None:
    found = list(rows(runs).values())
    assert differing(found) == ["learning_rate", "tau_synapse"]
    assert differing([row for row in found if row.sweep == ""]) == []
    assert plain("4 ms") == plain("0.004 s") != plain("0.004")
    listed = RunList([runs], lambda: None)
    assert "learning_rate" in [column.field for column in listed.table.columns]


def test_one_damaged_run_leaves_the_others(tmp_path: Path) -> None:
    """Each kind of damage: the list shows all runs, and names the file of the damaged one."""
    damages = {
        "config.yaml": "{{{",
        "state.json": "{",
        "metrics.csv": "segment,epoch,validation_error\n0,1,word\n",
        "summary.json": "[",
    }
    for name, text in damages.items():
        write_small(tmp_path / name)
        (tmp_path / name / name).write_text(text)
    write_small(tmp_path / "whole")
    (tmp_path / "deeper" / "empty").mkdir(parents=True)
    (tmp_path / "deeper" / "empty" / "state.json").write_text('{"format": 2, "status": "running"}')
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "state.json").write_text('{"format": 99, "status": "running"}')
    (tmp_path / "newer" / "config.yaml").write_text("{}")
    states = {name: row.state for name, row in rows(tmp_path).items()}
    assert states.pop("whole") == "finished"
    assert "install a newer one" in states.pop("newer")
    assert states.pop("empty").startswith("incomplete")
    for name, state in states.items():
        assert state.startswith("damaged: ")
        assert name in state


def test_a_run_that_vanishes_stays_and_says_so(tmp_path: Path) -> None:
    write_small(tmp_path / "a")
    write_small(tmp_path / "b")
    listed = RunList([tmp_path], lambda: None)
    shutil.rmtree(tmp_path / "a")
    listed.refresh()
    states = dict(zip(listed.source.data["line"], listed.source.data["state"]))
    assert states[str(tmp_path / "a")].startswith("gone since")
    assert states[str(tmp_path / "b")] == "finished"


def test_new_figures_are_patched_and_the_choice_stays(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_small(tmp_path / name)
    page = Page([tmp_path])
    listed = page.list
    listed.set_chosen([tmp_path / "b"])
    data = listed.source.data
    with open(tmp_path / "b" / "metrics.csv", "a") as file:
        file.write("1,2.0,2.0,0.025\n")
    (tmp_path / "b" / "state.json").write_text('{"format": 2, "status": "interrupted"}')
    for _ in range(10):
        listed.refresh()
    assert listed.source.data is data
    assert "validation error 0.025" in data["latest"]
    assert listed.chosen == page.runs == [tmp_path / "b"]
    listed.filter.value_input = "no such run"
    assert "No run matches" in listed.hint.text
    assert page.runs == [tmp_path / "b"]
    listed.filter.value_input = ""
    assert len(listed.source.selected.indices) == 1


def test_the_line_under_the_list_counts_what_the_list_shows(runs: Path) -> None:
    """Also after a click, which chooses among what a filter has left."""
    listed = RunList([runs], lambda: None)
    assert listed.hint.text == "7 runs. Choose one; Ctrl and Shift choose more."
    listed.filter.value_input = "tau_synapse=12ms"
    listed.source.selected.indices = [1]
    assert listed.hint.text == "3 runs, 1 chosen."
    listed.filter.value_input = "no such run"
    assert listed.hint.text == "No run matches &#x27;no such run&#x27;."


def test_an_empty_folder_says_what_to_type(tmp_path: Path) -> None:
    assert "bioplaus run" in RunList([tmp_path], lambda: None).hint.text


@pytest.fixture(scope="module")
def two_hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    write_small(folder / "0")
    for number in range(1, 200):
        shutil.copytree(folder / "0", folder / str(number))
    return folder


def test_unchanged_runs_open_no_file_and_cost_next_to_nothing(two_hundred: Path) -> None:
    """The list is looked at every two seconds, which costs a small part of reading it."""
    began = time.process_time()
    page = Page([two_hundred])
    read = time.process_time() - began
    opened: list[str] = []
    listening = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and listening[0] and str(two_hundred) in str(arguments[0]):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    began = time.process_time()
    for _ in range(10):
        page.list.refresh()
        page.refresh()
        page.refresh()
    took = (time.process_time() - began) / 10
    listening[0] = False
    assert opened == []
    assert took < read / 5


def test_two_hundred_runs_are_filtered_at_once(two_hundred: Path) -> None:
    """In less time than it takes to read them."""
    began = time.process_time()
    listed = RunList([two_hundred], lambda: None)
    read = time.process_time() - began
    began = time.process_time()
    listed.filter.value_input = "validation_error<0.2"
    assert time.process_time() - began < read
    assert len(listed.source.data["run"]) == 200


def test_a_recording_that_was_cut_short_is_told_and_the_rest_shown(tmp_path: Path) -> None:
    path = write_example(tmp_path / "run", spikes=100)
    victim = path / "recording" / "000004.h5"
    victim.write_bytes(victim.read_bytes()[:500])
    page = Page([tmp_path])
    page.list.set_chosen([path])
    page.press("2")
    (activity,) = page.contents.parts["activity"].values()
    activity.eye.look(-1, 101)
    activity.draw()
    assert "90 spikes" in activity.note.text
    assert "000004.h5" in activity.note.text
    with pytest.raises(OSError, match="truncated"):
        RunReader(path).spikes("hidden")
