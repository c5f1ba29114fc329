"""Pages of the papers on gradients of spike trains: from first line to last figure, small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bioplaus import tasks
from bioplaus.parameters import ParameterError
from bioplaus.tasks.image_sets import ImageSet
from tests.papers.entering import execute, page


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten bars of noise, a class each, in place of MNIST."""

    def load(name: str, **options: Any) -> ImageSet:
        rng, parts = np.random.default_rng(1), {}
        for part, count in (("train", 60), ("validation", 30), ("test", 30)):
            labels = np.arange(count) % 10
            raw = np.zeros((count, 28, 28), np.uint8)
            for image, label in zip(raw, labels):
                image[3:25, 2 * label + 2 : 2 * label + 9] = rng.integers(150, 256, (22, 7))
            parts |= {f"{part}_raw": raw.reshape(count, -1), f"{part}_labels": labels}
        return ImageSet(name, (28, 28), 255, tuple("0123456789"), **parts)

    monkeypatch.setattr(tasks, "load", load)


def test_yin_yang_records_what_its_figures_show():
    journal, found = execute(page("eventprop.yin_yang"), epochs=2, points=160, feedback="random")
    rows = journal.rows
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["training_loss"] < rows[0]["training_loss"]
    assert 0 < found["angle_cell_input_to_hidden"] < 90
    # No error passes a synapse on its way there; 1e-8 is what rounding makes of a cosine of one.
    assert found["angle_hidden_to_output"] == pytest.approx(0, abs=1e-5)
    recording = journal.recordings[1]
    assert {"hidden", "output"} == set(recording.spikes)
    slope, gradient = (recording.arrays[name] for name in ("slope", "gradient"))
    assert slope.value.shape == gradient.value.shape
    assert slope.value.min() > 0


def test_the_network_on_a_clock_learns_and_is_judged_in_both_forms():
    """The engine; small batches of a single epoch."""
    journal, found = execute(
        page("eventprop.yin_yang_network"), backend="numba", epochs=1, points=640, validated=100
    )
    assert found["test_error"] < 0.6  # chance is 0.67
    assert abs(found["form_gap"]) < 0.35  # ties of first spikes are wrong on a clock
    assert journal.rows[0]["floored_spikes"] < 1
    shown = journal.recordings[0].presentations
    taught = shown.learning == 1
    assert np.count_nonzero(taught) == 640
    wrong = (shown.response != shown.label)[taught].mean()
    assert wrong == journal.rows[0]["training_error"]


def test_images_of_bars_are_told_apart(pictures):
    small = {"eventprop.images": {"layers": "784-40-10", "epochs": 12, "dropped": 0.0},
             "hm2bp.images": {"hidden": 40, "epochs": 6, "validated": 30, "aligned": 5},
             "normad.digits": {"epochs": 3, "validated": 30}}  # fmt: skip
    for name, changes in small.items():
        journal, found = execute(page(name), **changes)
        assert found["test_error"] < 0.5, name  # chance is 0.9
        assert journal.rows[-1]["training_error"] < journal.rows[0]["training_error"], name
    assert found["test_feature_spikes"] > 100


def test_angles_of_the_hybrid_update_are_taken_at_the_start_and_in_the_end(pictures):
    _, found = execute(
        page("hm2bp.images"), hidden=40, hidden_threshold=5.0, epochs=1, validated=10, aligned=10
    )
    for when in ("", "_at_start"):
        assert 0 < found[f"angle_cell_hidden_to_output{when}"] < 90
        assert 0 < found[f"angle_hidden_to_output{when}"] < 120


def test_the_forward_network_has_the_spikes_of_the_compiled_steps(pictures):
    _, found = execute(page("hm2bp.forward"), backend="numba", images=3, hidden=60)
    assert found["differing_images"] == 0
    assert found["hidden_spikes"] > 100


def test_trains_to_order_and_exclusive_or():
    journal, found = execute(page("normad.train_to_order"), presentations=100)
    assert found["correlation"] > 0.7
    assert len(journal.recordings[0].spikes["wanted"][0]) == found["wanted_spikes"]
    _, found = execute(page("normad.exclusive_or"), epochs=100)
    assert found["final_right"] >= 3


def test_images_of_another_size_are_refused(pictures):
    for name, changes, message in (
        ("eventprop.images", {"layers": "64-40-10"}, "have 784 pixels"),
        ("hm2bp.images", {"inputs": 64}, "have 784 pixels"),
    ):
        with pytest.raises(ParameterError, match=message):
            execute(page(name), **changes)
