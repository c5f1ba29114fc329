"""The protocol that chooses settings, the pages, and the leaderboard's table."""

from __future__ import annotations

import importlib
import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bioplaus.experiments.error_paths import comparison, leaderboard, protocol
from bioplaus.experiments.error_paths.beforehand import agrees, beforehand
from bioplaus.experiments.error_paths.training import (
    ROW_NAMES,
    TASKS,
    Training,
    angle,
    fitting,
    images,
)  # fmt: skip
from bioplaus.layered.carriers import TopOnly
from bioplaus.leaderboard.lines import code_lines
from bioplaus.models.error_paths import ROWS, SETTLING, Layers, learner, products, varied
from bioplaus.parameters import ParameterError, replace
from bioplaus.reproduction.table import results
from bioplaus.runs.pages.run import Run
from tests.papers import entering


def searched(row: str, error: Callable[[float, str], float], trials: int = 10):
    found: list[protocol.Trial] = []
    for _ in range(trials):
        at, constants = protocol.propose(row, found)
        found.append(protocol.Trial(at, constants, error(at, constants)))
    return found


def test_steps_are_tried_around_the_centre_then_between() -> None:
    found = searched("FA", lambda at, _: (at - 0.2) ** 2)
    assert [trial.at for trial in found[:3]] == [0, 1, -1]
    assert not protocol.at_an_end(found)
    assert abs(protocol.best(found).at - 0.2) < 0.1
    assert len({trial.at for trial in found}) == 10


def test_steps_are_tried_outwards_while_the_best_is_at_an_end() -> None:
    found = searched("FA", lambda at, _: (at - 3.4) ** 2)
    assert [trial.at for trial in found[:6]] == [0, 1, -1, 2, 3, 4]
    assert not protocol.at_an_end(found)
    assert abs(protocol.best(found).at - 3.4) < 0.3
    beyond = searched("FA", lambda at, _: at)
    assert [trial.at for trial in beyond] == [0, 1, -1, -2, -3, -4, -5, -6, -7, -8]
    assert protocol.at_an_end(beyond)


def test_of_equals_the_middle_is_chosen() -> None:
    """Exclusive or is learnt without an error over a range of steps."""
    found = searched("FA", lambda at, _: float(not -0.5 < at < 2.5))
    learnt = sorted(trial.at for trial in found if trial.error == 0)
    assert protocol.best(found).at == learnt[len(learnt) // 2]
    assert learnt[0] < protocol.best(found).at < learnt[-1]


def test_four_trials_are_of_the_rows_own_constants_at_the_best_step() -> None:
    found = searched("BFA", lambda at, own: (at - 1) ** 2 - (own == "feedback.rate=0.3"))
    assert {trial.constants for trial in found[:6]} == {""}
    assert tuple(trial.constants for trial in found[6:]) == protocol.OWN["BFA"]
    assert {trial.at for trial in found[6:]} == {1.0}
    assert protocol.best(found).constants == "feedback.rate=0.3"


@pytest.mark.parametrize("row", protocol.OWN)
def test_ranges_are_four_other_settings_of_at_most_two_constants(row: str) -> None:
    """Decay that both weights share is one."""
    path, own = {**ROWS, **SETTLING}[row], protocol.OWN[row]
    assert len({str(varied(path, each)) for each in own} - {str(path)}) == 4
    assert len({each.split("=")[0] for each in own}) <= 2


def test_the_unit_of_a_controller_is_what_its_output_error_is_smaller_by() -> None:
    assert protocol.unit("feedback control") == 6
    assert protocol.unit("feedback control", "carrier.leak=20") == 21
    assert protocol.unit("FA") == protocol.unit("CHL") == 1


def small(*_: object) -> object:
    """Noise with the labels of exclusive or, few."""
    rng = np.random.default_rng(0)

    class Parts:
        def part(self, name: str) -> tuple[np.ndarray, np.ndarray]:
            bits = rng.integers(0, 2, (40, 2))
            x = np.concatenate([bits, 1 - bits], axis=1).astype(np.float32)
            return x, bits.sum(axis=1) % 2

    return Parts()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bioplaus.tasks.load", small)


@pytest.mark.usefixtures("few")
def test_the_angle_of_a_network_is_that_of_its_own_feedback() -> None:
    """Nothing is learnt: weights are the first draws of the batched form with the same seed."""
    page = entering.page("error_paths.network")
    changes = {"dataset": "xor", "layers": "4-50-2", "learning_rate": 0.0, "passes": 1}
    _, figures = entering.execute(page, **changes)
    inputs, labels = images("xor", small)["validation"]
    p = replace(page.Settings(), changes)
    drawn = learner(p, np.random.default_rng(1), np.float64)
    expected = angle(drawn, inputs[:500], np.eye(2)[labels[:500]])
    assert figures["angle_to_backpropagation"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.usefixtures("few")
def test_a_contest_tests_what_it_chose_and_is_taken_up_between_trials() -> None:
    page = entering.page("error_paths.contest")
    changes = {"task": "xor", "row": "PAL", "trials": 7, "seeds": 2}
    whole, figures = entering.execute(page, **changes)
    assert [set(row) for row in whole.rows] == [{"step", "validation_error"}] * 9
    assert figures["test_error"] == pytest.approx(
        (figures["test_error_1"] + figures["test_error_2"]) / 2
    )
    errors = [row["validation_error"] for row in whole.rows[:7]]
    assert figures["validation_error"] == min(errors)
    least = {row["step"] for row in whole.rows[:7] if row["validation_error"] == min(errors)}
    assert figures["step"] in least

    class Stopped(Exception):
        pass

    class Stops(entering.Rows):
        def end_segment(self, run, row, recording):  # type: ignore[no-untyped-def]
            super().end_segment(run, row, recording)
            if len(self.rows) == 5:
                raise Stopped

    journal, p = Stops(), replace(page.Settings(), changes)
    with pytest.raises(Stopped):
        page.experiment(p, Run(p, 1, journal))
    again = entering.Rows()
    assert page.experiment(p, Run(p, 1, again, kept=journal.state)) == figures
    assert [*journal.rows, *again.rows] == whole.rows


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["images", "network"])
def test_pages_learn(name: str) -> None:
    """Forty images of four kinds, shown often enough."""
    page = entering.page(f"error_paths.{name}")
    changes = {"dataset": "xor", "layers": "4-20-2", "learning_rate": 0.3, "passes": 12}
    batch = {"batch": 2} if name == "images" else {}
    journal, figures = entering.execute(page, row="ARBP", **changes, **batch)
    assert figures["test_error"] < 0.1 < journal.rows[0]["validation_error"] + 0.1
    assert figures["training_operations"] == 2 * 40 + 4 * 20


def test_layers_that_do_not_fit_are_told_which_would() -> None:
    with pytest.raises(ParameterError, match="write 4-100-3"):
        fitting(Layers(), images("yin-yang", small))


def test_a_diverged_row_is_wrong_everywhere() -> None:
    p = Layers(layers="4-5-3", learning_rate=1e30)
    shown = images("yin-yang", small)
    training = Training(p, shown, np.random.default_rng(1), passes=1, batch=500)
    training.learner.net.w[0][...] = np.nan
    assert training.error("validation") == 1


def test_lines_count_code_alone() -> None:
    text = inspect.getsource(TopOnly)
    lines = [line.strip() for line in text.splitlines()]
    code = [each for each in lines if each and not each.startswith(('"""', "#"))]
    assert code_lines(TopOnly) == len(code)


def test_direct_rows_stand_where_they_differ_from_layerwise_ones() -> None:
    one = {row for row in ROW_NAMES if leaderboard.applies("digits", row)}
    deep = {row for row in ROW_NAMES if leaderboard.applies("deep", row)}
    assert "DFA" in deep - one
    assert "direct mirror" in deep - one
    assert "DTP, gradient at the top" in deep - one
    assert {"FA", "BDFA", "feedback control"} <= one & deep
    assert "CHL" in one - deep


@pytest.mark.parametrize("task", TASKS)
def test_rows_of_a_task_can_be_built_and_those_left_out_are_other_rows_or_cannot(task: str) -> None:
    """Three outputs are fewer than the eight sources that a sparse unit would hear."""
    layers = TASKS[task].layers
    left_out = [row for row in ROW_NAMES if not leaderboard.applies(task, row)]
    for row in ROW_NAMES:
        if row not in left_out:
            products(replace(Layers(), {"row": row, "layers": layers}))
    assert ("sparse FA, 8" in left_out) == (int(layers.split("-")[-1]) < 8)


def lines_of_a_table() -> list[dict]:
    made = []
    for n, (row, turned) in enumerate([("FA", 40.0), ("ARBP", 17.0), ("top layer only", None)]):
        made.append(
            {
                "task": "xor" if row == "FA" else "digits", "rule": row, "error": 0.02 * (3 - n),
                "error_sd": 0.001, "errors": [0.0, 0.005, 0.02], "angle_degrees": turned,
                "operations_per_example": 8400.0, "lines": 36, "seconds_a_seed": 1.25,
                "needs": "M", "step": 0.2, "constants": "feedback.rate=2" if n == 1 else "",
                "at_an_end": n == 2,
            }
        )  # fmt: skip
    return made


def test_the_table_is_best_first_counts_exclusive_or_and_marks_ends() -> None:
    text = leaderboard.table(lines_of_a_table())
    assert (
        "| FA | learnt in 2 of 3 (6.00 ± 0.10) | 3 of 3 | 40° | 8,400 | 36 | 1.25 | M | 0.2 |"
        in text
    )
    assert "Of 2 figures with a band 1 agree; above it: ARBP on digits." in text
    digits = text[text.index("**digits**") :]
    assert digits.index("top layer only") < digits.index("ARBP")
    assert "| 0.2 * |" in digits
    assert "| 0.2, feedback.rate=2 |" in digits


@pytest.mark.parametrize(
    ("task", "row", "error", "expected"),
    [
        ("deep", "FA", 0.0836, True),  # 7.55 + 2.45 x 0.21 + 0.3 = 8.3645
        ("deep", "FA", 0.0837, False),
        ("deep", "FA", 0.05, True),  # better is no failure
        ("deep", "FA, 1 bit", 0.9, None),  # its seeds differ by forty points
        ("mnist-5000", "difference target propagation", 0.0801, True),  # 7.25 + 0.4655 + 0.3
        ("mnist-5000", "difference target propagation", 0.0802, False),
        ("xor", "FA", 0.5, None),
        ("yin-yang", "FA", 0.5, None),
    ],
)
def test_bands_are_those_of_two_means_of_three_seeds_and_open_downwards(
    task: str, row: str, error: float, expected: bool | None
) -> None:
    given = {"task": task, "rule": row, "error": error}
    assert agrees(given) is expected
    marked = beforehand(given)
    assert ("above" in marked, "agrees" in marked) == (expected is False, expected is True)


def test_what_was_measured_beforehand_are_rows_and_tasks_of_the_table() -> None:
    path = Path(inspect.getfile(leaderboard)).with_name("beforehand.toml")
    for task, rows in tomllib.loads(path.read_text("utf-8")).items():
        assert all(leaderboard.applies(task, row) for row in rows)


def test_before_it_all_rows_stand_over_all_tasks_and_what_is_not_run_says_so() -> None:
    overview = leaderboard.table(lines_of_a_table()).split("\n\n")[0].splitlines()
    cells = {
        line.split("|")[1].strip(): [c.strip() for c in line.split("|")[2:-1]] for line in overview
    }
    assert list(cells)[2:] == ["ARBP", "FA", "top layer only"]
    assert cells["FA"] == ["random", "-", "2 of 3", *["not run"] * 5]
    of_digits = list(TASKS).index("digits") + 2
    assert cells["ARBP"][of_digits] == "4.00 ± 0.10, 17°"
    assert cells["top layer only"][of_digits] == "2.00 ± 0.10 *"
    settling = leaderboard.table([{**lines_of_a_table()[1], "rule": "CHL"}]).split("\n\n")[0]
    assert settling.splitlines()[-1].endswith("| not run | not run |  |")  # one hidden layer


@pytest.mark.parametrize(
    ("row", "weights", "what", "asks"),
    [
        ("backprop", "transposed", "gradient", "T"),
        ("FA, redrawn", "random", "gradient", "R"),
        ("sign, magnitude redrawn", "signs", "gradient", "RS"),
        ("BFA", "learnt", "gradient", "LMP"),
        ("BDFA", "learnt", "gradient", "LM"),
        ("deep targets", "none", "target", "PR"),
        ("LRA-E", "learnt", "target", "M"),
        ("synthetic gradients over FA", "random", "guess", "LM"),
        ("predictive coding", "transposed", "relaxation", "PT"),
        ("GeneRec, random feedback", "random", "settling", "P"),
        ("Boltzmann machine", "transposed", "settling", "PRT"),
    ],
)
def test_rows_are_told_apart_by_what_comes_through_what_and_what_that_asks(
    row: str, weights: str, what: str, asks: str
) -> None:
    assert (comparison.feedback(row), comparison.carrier(row)) == (weights, what)
    assert comparison.needs(row) == asks


def test_every_row_has_a_colour_and_a_mark() -> None:
    assert {comparison.feedback(row) for row in ROW_NAMES} == set(comparison.COLOURS)
    assert {comparison.carrier(row) for row in ROW_NAMES} == set(comparison.MARKS)


def test_names_beside_a_panel_keep_their_order_apart_and_inside() -> None:
    """Names that have room stay where they belong; a crowd of equals stands around its place."""
    wanted = np.array([0.1, 0.5, 0.5, 0.5, 0.9, 1.0, 1.0])
    found = comparison._spread(wanted)
    assert np.diff(found).min() >= 0.0175 - 1e-12
    np.testing.assert_allclose(found[[0, 2, 4]], [0.1, 0.5, 0.9])
    assert found[-1] == 1
    many = comparison._spread(np.full(200, 0.3))
    assert (many.min(), many.max()) == (0, 1)


def test_the_figure_has_the_tasks_that_separate_rows_else_what_there_is() -> None:
    rows = lines_of_a_table()
    (panel,) = leaderboard.draw(rows).axes
    assert panel.get_title() == "digits"
    named = [text.get_text() for text in panel.texts]
    assert named == ["2.00  top layer only", "4.00  ARBP"]
    deep = [{**rows[0], "task": task, "error": 0.9} for task in ("mnist-5000", "deep")]
    panels = leaderboard.draw([*rows, *deep, {**deep[1], "row": "DFA", "error": 0.06}]).axes
    assert [each.get_title() for each in panels] == ["mnist-5000", "deep"]
    assert panels[1].get_ylim()[1] < 15  # the row that died stands at the edge, with its figure
    assert panels[1].texts[1].get_text() == "90.00  FA"
    (only,) = leaderboard.draw(rows[:1]).axes
    assert only.get_title() == "xor"


def test_tasks_have_layers_for_every_page() -> None:
    contest = importlib.import_module("bioplaus.experiments.error_paths.contest")
    assert contest.Settings().task in TASKS
    assert all(task.layers.count("-") >= 2 for task in TASKS.values())


def test_members_of_the_comparison_are_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    """Differences of seeds, their mean and standard error; steps are chosen on validation."""
    page = entering.page("error_paths.representation_alignment")
    module = importlib.import_module("bioplaus.experiments.error_paths.representation_alignment")
    asked = []

    class Fit:
        def __init__(self, member: str, step: float, seed: int) -> None:
            self.values = member, step, seed

        def error(self, part: str) -> float:
            member, step, seed = self.values
            asked.append((part, step, seed))
            place = list(module.MEMBERS).index(member)
            return (step - 0.2) ** 2 if part == "validation" else 0.01 * place * (1 + seed)

    monkeypatch.setattr(
        module, "_fit", lambda p, member, step, seed, shown: Fit(member, step, seed)
    )
    monkeypatch.setattr("bioplaus.tasks.load", small)
    _, figures = entering.execute(page, seeds=2)
    assert {step for part, step, _ in asked if part == "test"} == {0.2}
    assert {seed for part, _, seed in asked if part == "test"} == {20, 21}
    name = "ask_1_push_0.1_above_limit"
    assert figures[name] == pytest.approx((0.21 + 0.22) / 2)
    assert figures[f"{name}_se"] == pytest.approx(0.005)
    assert figures["step_ask_50_push_0.01"] == 0.2
    _, fewer = entering.execute(page, seeds=2, questions=5)
    assert set(figures) - set(fewer) == {name for name in figures if "ask_50" in name}
    _, fewest = entering.execute(page, seeds=2, questions=1)
    tested = {name for name in fewest if name.startswith("test_error")}
    assert tested == {
        f"test_error_{name}"
        for name in ("limit", "ask_1_push_0.1", "ask_1_push_0.5", "ask_1_push_0.5_uncut")
    }


def test_the_learning_channel_is_taken_up_between_rows_and_ordered_by_means(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows of a small network on forty images; then errors that are given, to look at the order."""
    page = entering.page("error_paths.learning_channel")
    module = importlib.import_module("bioplaus.experiments.error_paths.learning_channel")

    class Few:
        def part(self, name: str) -> tuple[np.ndarray, np.ndarray]:
            rng = np.random.default_rng(len(name))
            labels = rng.integers(0, 3, 20)
            return np.eye(4, dtype=np.float32)[labels], labels

    monkeypatch.setattr("bioplaus.tasks.load", lambda *_: Few())
    small = {"layers": "4-9-9-8", "batch": 10, "passes": 2, "seeds": 2}
    journal, figures = entering.execute(page, **small)
    assert len(journal.rows) == len(module.MEMBERS) == len(figures) - 1
    errors = {row: [0.01 * n, 0.03 * n] for n, row in enumerate(module.MEMBERS)}
    errors["DFA"] = [0.0425, 0.0425]  # a quarter of a point above ASRBP, whose mean is four
    figures = module._figures(errors)
    assert figures["test_error_ASRBP"] == pytest.approx(0.04)
    assert figures["least_gap"] == pytest.approx(0.0025)


def test_published_set_ups_name_figures_and_settings_that_there_are() -> None:
    channel = importlib.import_module("bioplaus.experiments.error_paths.learning_channel")
    named = channel._figures({row: [0.5] for row in channel.MEMBERS})
    rows = {row.id: row for row in results("error_paths")}
    of_channel = [row for row in rows.values() if "-channel-" in row.id]
    assert len(of_channel) == 8
    assert all(row.metric in named for row in of_channel)
    changes = rows["error-paths-luo-3x400-bfa"].full.changes
    p = replace(Layers(), {name: changes[name] for name in changes if hasattr(Layers, name)})
    assert (p.row, p.layers, p.output) == ("BFA", "784-400-400-400-10", "softmax")
    assert varied(ROWS[p.row], p.constants).feedback.rate == 1
    assert changes["batch"] * 1e-4 == pytest.approx(p.learning_rate)


def test_predictions_name_figures_of_the_comparison() -> None:
    module = importlib.import_module("bioplaus.experiments.error_paths.representation_alignment")
    figures = module._figures({member: [0.05, 0.06] for member in module.MEMBERS})
    rows = [row for row in results("error_paths") if row.id.startswith("error-paths-asked")]
    assert len(rows) == 7
    for row in rows:
        assert row.metric in figures
        p = replace(module.Settings(), row.full.changes)
        asked = row.metric.split("_")[1]
        assert int(asked) <= p.questions
        assert ("ten" in row.id) == (p.hidden == 10)


def test_the_published_network_is_drawn_and_moved_as_its_authors_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Deviations 1/sqrt(pre + post); a bias moves by a 128th of the mean step of its weights."""

    class Few:
        def part(self, name: str) -> tuple[np.ndarray, np.ndarray]:
            rng = np.random.default_rng(0)
            count = 128 if name == "train" else 2
            return rng.random((count, 784), np.float32), rng.integers(0, 10, count)

    monkeypatch.setattr("bioplaus.tasks.load", lambda *_: Few())
    page = entering.page("error_paths.published_mirror")
    module = importlib.import_module("bioplaus.experiments.error_paths.published_mirror")
    run = entering.entered(page, method="backprop")
    taught = module._network(run.p, Run(run.p, 1, entering.Rows()))
    deviations = [a.std() for a in (*taught.net.w, *taught.net.b)]
    assert deviations[:3] == pytest.approx([1284**-0.5, 510**-0.5, 1284**-0.5], rel=0.1)
    x, labels = Few().part("train")
    before = taught.net.b[1].copy()
    error = taught.answer(x) - np.eye(10)[labels]
    module._pass(run.p, taught, x, labels)
    np.testing.assert_allclose(
        taught.net.b[1] - before, -0.2 * error.mean(axis=0) / 128, rtol=2e-3, atol=1e-7
    )
    assert module._angle(taught) == 0
    mirror = module._network(replace(run.p, {"method": "weight mirror"}), run)
    for _ in range(200):
        module._mirror(mirror)
    assert module._angle(mirror) < 87  # chance is 90 with a deviation of 0.8
