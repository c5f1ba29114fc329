"""The column of the gradient, who has a place where, the pages, and the table of the family."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bioplaus.cli import main
from bioplaus.experiments.temporal import leaderboard, tasks, training
from bioplaus.experiments.temporal.lines import lines
from bioplaus.experiments.temporal.rules import NAMES, NOWHERE, RULES, check, does, reason
from bioplaus.experiments.temporal.tasks import TASKS, examples, target, wanted_spikes
from bioplaus.parameters import ParameterError
from tests.papers import entering


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch):
    """Few examples of every task."""
    for name, task in TASKS.items():
        counts = (60, 20, 20) if task.classes else task.counts
        monkeypatch.setitem(tasks.TASKS, name, replace(task, counts=counts))
    examples.cache_clear()
    yield
    examples.cache_clear()


def made(task: str, rule: str, updates: int = 0) -> training.Trainee:
    trainee = training.made(task, rule, np.random.default_rng(3), 3)
    for update in range(updates):
        trainee.learn(training.batch(task, update, 3))
    return trainee


@pytest.mark.parametrize(
    ("task", "rule"),
    [
        ("randman", "through time (spikes)"), ("yin-yang", "through time (rates)"),
        ("yin-yang", "EventProp"),
    ],
)  # fmt: skip
def test_the_gradient_is_at_no_angle_to_itself(task: str, rule: str) -> None:
    """Also after updates; an arc cosine of 1 is known to 1e-6 degrees or so."""
    found = training.agreement(task, made(task, rule, 2))
    assert found.pop("floor") > 1
    assert max(found.values()) < 1e-4


def test_a_readout_that_hears_its_own_error_follows_the_gradient_in_every_rule() -> None:
    for rule, given in RULES.items():
        if given.network in ("spiking", "rates") and given.how != "truncated":
            output = "cells_to_output" if given.network == "spiking" else "units_to_output"
            assert training.agreement("yin-yang", made("yin-yang", rule))[f"angle_{output}"] < 1e-4


def test_without_recurrence_rflo_is_the_gradient_and_with_it_is_not() -> None:
    trainee = made("yin-yang", "RFLO, symmetric")
    assert training.agreement("yin-yang", trainee)["angle"] > 5
    weights = trainee.learner.weights()
    weights["weights"][:50] = 0
    trainee.learner.set_weights(weights)
    assert training.agreement("yin-yang", trainee)["angle_input_to_units"] < 1e-4


def test_without_recurrence_eprop_lacks_the_way_through_the_reset_alone() -> None:
    """Nearer than with it, in the input weights; one that learns nothing has no angle."""
    trainee = made("randman", "e-prop, symmetric")
    whole = training.agreement("randman", trainee)["angle_input_to_cells"]
    trainee.learner.set_weights({"cells_to_cells": np.zeros((40, 40))})
    assert training.agreement("randman", trainee)["angle_input_to_cells"] < whole
    control = training.agreement("randman", made("randman", "readout only (spikes)"))
    assert np.isnan(control["angle"])


def test_every_rule_does_a_task_or_has_a_reason() -> None:
    for task in TASKS:
        for rule in does(task):
            check(task, rule)
        for rule in set(NAMES) - set(does(task)):
            with pytest.raises(ParameterError, match=f"does not do {task}: "):
                check(task, rule)
    assert all(any(rule in does(task) for task in TASKS) for rule in RULES)
    assert all(reason(task, rule) for task in TASKS for rule in NOWHERE)


@pytest.mark.parametrize(
    ("task", "rule", "told"),
    [
        ("evidence", "SuperSpike, random", "nothing outlasts some tens of ms; it does pattern"),
        ("pattern", "EventProp", "a pattern has none; it does randman, yin-yang"),
        ("pattern", "FOLLOW", "whole state it is told and fed back; it is measured elsewhere"),
        ("yin-yang", "HM2-BP", "counts over hundreds of ms"),
        ("randman", "NormAD", "hear the inputs themselves, and no more; it does pattern"),
        ("pattern", "e-probe, random", "is not one of through time (spikes), truncated"),
    ],
)
def test_what_has_no_place_is_refused_with_the_reason(
    task: str, rule: str, told: str, capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    for name in (f"temporal-{task}", "temporal-contest"):
        given = ["--set", f"task={task}"] if name.endswith("contest") else []
        arguments = ["run", name, "--set", f"rule={rule}", *given, "--out", str(tmp_path / name)]
        assert main(arguments) != 0
        assert told in capsys.readouterr().err


def test_examples_are_the_same_for_all_and_parts_are_not_each_others() -> None:
    for name, task in TASKS.items():
        train, test = (examples(name, part, 1) for part in ("train", "test"))
        if not task.classes:
            again = examples(name, "train", 2)
            assert np.array_equal(train.spikes.t, test.spikes.t)
            assert not np.array_equal(train.spikes.i, again.spikes.i)
            continue
        assert (len(train), len(test)) == (60, 20)
        assert np.array_equal(train.spikes.t, examples(name, "train", 2).spikes.t)
        assert not np.array_equal(train.example(0)[0], test.example(0)[0])
        assert train.size == task.inputs
        assert train.duration == pytest.approx(task.duration)
        assert set(train.labels) <= set(range(task.outputs))


def test_a_pass_shows_every_example_once() -> None:
    """Sixty examples in batches of twenty; seeds have orders of their own."""
    shown = [training.batch("yin-yang", update, 1) for update in range(6)]
    assert sorted(np.concatenate(shown[:3])) == sorted(np.concatenate(shown[3:])) == list(range(60))
    assert not np.array_equal(shown[0], shown[3])
    assert not np.array_equal(shown[0], training.batch("yin-yang", 0, 2))


def test_a_pattern_is_a_train_whose_count_is_its_integral() -> None:
    """Within one spike at every step; a class is two spikes within the window."""
    times, wanted = wanted_spikes("pattern", 1), target("pattern", 1)
    steps = np.arange(1, 1001)
    counts = np.searchsorted(times, 1e-3 * steps - 1e-9)
    assert np.all(np.abs(counts - 0.02 * np.cumsum(1 + wanted)) <= 1.05)
    for name in ("randman", "yin-yang"):
        task = TASKS[name]
        inside = wanted_spikes(name, 1) > task.duration - task.window
        assert inside.all()


PAGES = {
    "pattern": "SuperSpike, uniform", "evidence": "RFLO", "delayed_match": "e-prop, random",
    "randman": "UORO", "yin_yang": "EventProp, random",
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_pages_train_and_are_taken_up_between_segments(name: str) -> None:
    page = entering.page(f"temporal.{name}")
    changes = {"rule": PAGES[name], "share": 1e-3, "evaluations": 2}
    whole, figures = entering.execute(page, **changes)
    assert set(whole.rows[0]) >= {"epoch", "loss", "validation_error", "angle_to_gradient"}
    assert figures["test_error"] >= 0
    assert figures["multiplications"] > 100
    half = entering.begun(page, 1, **changes)
    again, same, _ = entering.entered_again(page, half.state, **changes)
    assert same == figures
    assert [*half.rows, *again.rows] == whole.rows


def test_a_cell_learns_the_pattern_as_a_train() -> None:
    """At weights of zero the potential stands at its floor, without a gradient; then near it."""
    trainee = made("pattern", "NormAD")
    assert np.isnan(training.agreement("pattern", trainee)["angle"])
    trainee.learn(training.batch("pattern", 0, 3))
    first, found = trainee.error("test"), training.agreement("pattern", trainee)
    assert found["angle"] == found["angle_input_to_output"] < 45
    for update in range(40):
        trainee.learn(training.batch("pattern", update, 3))
    assert trainee.error("test") < 0.9 * first


def test_a_contest_tests_what_it_chose() -> None:
    page = entering.page("temporal.contest")
    changes = {"task": "yin-yang", "rule": "EventProp, random", "share": 5e-3, "seeds": 2}
    whole, figures = entering.execute(page, **changes)
    errors = {row["pace"]: row["validation_error"] for row in whole.rows[:4]}
    assert len(errors) == 4
    assert figures["validation_error"] == min(errors.values()) == errors[figures["pace"]]
    assert [row["pace"] for row in whole.rows[4:]] == [figures["pace"]] * 2
    assert figures["test_error"] == np.mean([figures["test_error_1"], figures["test_error_2"]])
    assert figures["angle_hidden_to_output_end"] < 1e-4 < figures["angle_start"]
    assert entering.execute(page, **changes)[1] == figures


def line(task: str, rule: str, error: float, angle: float | None, at_an_end: bool = False) -> dict:
    return {
        "task": task, "rule": rule, "error": error, "error_sd": 0.001, "errors": [error] * 3,
        "angles": {"start": 80.0, "tenth": angle, "end": angle},
        "projections": {"input_to_cells": [angle, None], "cells_to_cells": [angle, 4.0]},
        "floor": None, "multiplications": 2.2e6, "ms_an_example": 1.5, "lines": lines(rule),
        "needs": RULES[rule].needs, "form": "spikes", "pace": 1.0, "at_an_end": at_an_end,
    }  # fmt: skip


def test_the_table_is_best_first_and_says_who_is_missing() -> None:
    rows = [
        line("yin-yang", "e-prop, random", 0.2, 60.0, at_an_end=True),
        line("yin-yang", "readout only (spikes)", 0.4, None),
        line("yin-yang", "through time (spikes)", 0.1, 0.0),
        line("pattern", "e-prop, random", 0.05, 60.0),
    ]
    text = leaderboard.table(rows)
    assert text.index("**pattern**") < text.index("**yin-yang**")
    assert "| e-prop, random | 0.050 ± 0.001 | 80°, 60°, 60° | 60° (-), 60° (4°) | - |" in text
    assert "| - | 2,200,000 | 1.5 |" in text
    points = text[text.index("**yin-yang**") :]
    ordered = [points.index(f"| {rule}") for rule in ("through", "e-prop, random", "readout only")]
    assert ordered == sorted(ordered)
    assert "| 20.0 ± 0.1 * |" in points
    assert "| readout only (spikes) | 40.0 ± 0.1 | 80°, -, - |" in points
    assert "FOLLOW (learns a dynamical system" in points
    assert "EventProp (its loss is the first spike" not in points
    assert len(leaderboard.draw(rows).axes) == 2


def test_a_rule_is_as_long_as_its_plain_form() -> None:
    """The gradient through time of spikes is longer than traces; controls learn by the error."""
    assert lines("readout only (spikes)") == lines("readout only (rates)") == 0
    assert lines("RFLO") < lines("UORO")
    assert lines("e-prop, random") == lines("e-prop, symmetric") > 10
