"""The event-driven learner: the authors' kept runs, the protocol, random feedback."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.models.eventprop import Learner
from bioplaus.models.eventprop.parameters import EventProp, LatencyImages
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import ParameterError, replace
from bioplaus.tasks import latency_of_images, latency_of_points, published_yin_yang
from tests.papers.learning import keeps_its_promises

ACCURACY = (0.803, 0.821, 0.807, 0.810, 0.783, 0.797, 0.792, 0.861, 0.825, 0.812)
LOSS = (
    0.580983, 0.560952, 0.580316, 0.534904, 0.558499,
    0.561707, 0.569332, 0.470044, 0.541533, 0.546787,
)  # fmt: skip
"""After epoch 1 of the authors' ten kept runs of Yin-Yang, on their 1,000 test points."""


def yin_yang(count, seed):
    points, labels = published_yin_yang(count, seed)
    return latency_of_points(points, 30e-3), labels


def test_the_ten_kept_runs_of_the_authors():
    """Their weights and orders again: one epoch of 157 updates ends in their figures."""
    trains, labels = yin_yang(5000, 42)
    for seed, (accuracy, loss) in enumerate(zip(ACCURACY, LOSS)):
        learner = Learner(EventProp(), np.random.default_rng(seed))
        w1, w2 = (np.random.default_rng(seed) for _ in range(2))  # the same seed for both
        learner.set_weights(
            {
                "input_to_hidden": w1.normal(1.5, 0.78, (5, 200)),
                "hidden_to_output": w2.normal(0.93, 0.1, (200, 3)),
            }
        )
        order = np.arange(5000)
        np.random.RandomState(seed).shuffle(order)
        learner.learn(trains.select(order), labels[order])
        found = learner.judge(*yin_yang(1000, 40))
        assert 1 - found.error == pytest.approx(accuracy, abs=1e-12)
        assert found.loss == pytest.approx(loss, abs=5e-6)


def test_the_published_points():
    points, labels = published_yin_yang(1000, 40)
    assert points.shape == (1000, 4)
    assert np.allclose(points[:, :2] + points[:, 2:], 1)
    assert np.hypot(*(points[:, :2] - 0.5).T).max() <= 0.5
    assert np.bincount(labels).min() > 280  # classes are drawn with equal chance
    again, _ = published_yin_yang(10, 40)
    assert np.array_equal(again, points[:10])


def test_a_learner_taken_up_goes_on_to_the_bit():
    trains, labels = yin_yang(500, 42)
    p = replace(EventProp(), {"feedback": "random"})
    one, other = (Learner(p, np.random.default_rng(seed)) for seed in (1, 2))
    orders = [np.random.default_rng(3).permutation(500) for _ in range(2)]
    one.learn(trains.select(orders[0]), labels[orders[0]])
    other.restore(one.state())
    again = trains.select(orders[1]), labels[orders[1]]
    results = [each.learn(*again) for each in (one, other)]
    assert results[0].loss == results[1].loss
    for name, w in one.weights().items():
        assert np.array_equal(w, other.weights()[name])


@pytest.mark.parametrize("p", [
    EventProp(), replace(EventProp(), {"feedback": "random"}),
    replace(EventProp(), {"loss": "maximum"}),
], ids=["exact", "random", "largest potentials"])  # fmt: skip
def test_it_keeps_what_every_learner_promises(p):
    """A batch of Yin-Yang; the answers are those of the spikes, one sample at a time."""
    trains, labels = yin_yang(20, 42)
    learner = Learner(replace(p, {"batch": 20}), np.random.default_rng(1))
    answers = learner.answer(trains)
    assert answers.shape == (20, 3)
    if p.loss == "first spike":
        for sample, first in enumerate(answers):
            last = learner.spikes(trains, sample)[-1]
            wanted = [min(last.t[last.i == cell], default=np.inf) for cell in range(3)]
            assert first.tolist() == wanted
    keeps_its_promises(learner, trains, labels)


def test_random_feedback_changes_what_is_below_and_nothing_else():
    trains, labels = yin_yang(50, 42)
    exact = Learner(EventProp(), np.random.default_rng(5))
    relative = Learner(replace(EventProp(), {"feedback": "random"}), np.random.default_rng(5))
    assert np.array_equal(
        exact.weights()["hidden_to_output"], relative.weights()["hidden_to_output"]
    )
    a, b = (each.gradient(trains, labels) for each in (exact, relative))
    assert np.array_equal(a["hidden_to_output"], b["hidden_to_output"])
    assert not np.array_equal(a["input_to_hidden"], b["input_to_hidden"])
    assert np.array_equal(a["input_to_hidden"] == 0, b["input_to_hidden"] == 0)


def test_wider_feedback_is_the_same_draw_stretched_about_its_mean():
    one, ten = (
        Learner(replace(EventProp(), {"feedback": "random", "feedback_spread": spread}),
                np.random.default_rng(5)).state()
        for spread in (1.0, 10.0)
    )  # fmt: skip
    for name, mean in (("input_to_hidden", 1.5), ("hidden_to_output", 0.93)):
        stretched = mean + 10 * (one[f"back {name}"] - mean)
        assert ten[f"back {name}"] == pytest.approx(stretched, abs=1e-12)
        assert np.array_equal(ten[name], one[name])


def test_a_silent_label_cell_moves_nothing():
    trains, labels = yin_yang(1, 42)
    learner = Learner(EventProp(), np.random.default_rng(0))
    w = learner.weights()["hidden_to_output"]
    w[:, labels[0]] = -1
    learner.set_weights({"hidden_to_output": w})
    found = learner.judge(trains, labels)
    assert found.silent == 1
    assert found.error == 1
    assert not any(g.any() for g in learner.gradient(trains, labels).values())


def test_judging_moves_nothing_and_strength_is_a_share_of_the_rate():
    trains, labels = yin_yang(32, 42)
    moved = []
    for strength in (1.0, 0.5):
        learner = Learner(EventProp(), np.random.default_rng(0))
        before = learner.weights()["input_to_hidden"]
        learner.judge(trains, labels)
        assert np.array_equal(before, learner.weights()["input_to_hidden"])
        learner.learn(trains, labels, strength)
        moved.append(learner.weights()["input_to_hidden"] - before)
    assert moved[1] == pytest.approx(0.5 * moved[0], rel=1e-9)


def test_pixels_are_early_when_bright_and_dropped_by_chance():
    raw = np.array([[0, 1, 2, 255, 128, 255], [0, 0, 0, 0, 0, 0]], np.uint8)
    start, t, i = latency_of_images(raw, 20e-3)
    assert start.tolist() == [0, 4, 4]
    assert i.tolist() == [3, 5, 4, 2]
    assert t == pytest.approx([0, 0, 20e-3 * (1 - 128 / 255), 20e-3 * (1 - 2 / 255)])
    full = np.full((50, 784), 200, np.uint8)
    rng = np.random.default_rng(0)
    kept = len(latency_of_images(full, 20e-3, dropped=0.2, rng=rng).t)
    assert kept == pytest.approx(0.8 * full.size, abs=4 * np.sqrt(full.size * 0.16))
    with pytest.raises(ParameterError, match="generator"):
        latency_of_images(full, 20e-3, dropped=0.2)


def test_images_of_two_classes_are_learned():
    """Two pictures that share no pixel: the loss of the largest potentials falls to nothing."""
    raw = np.zeros((40, 784), np.uint8)
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    for k, label in enumerate(labels):
        raw[k, 392 * label + rng.choice(392, 100, replace=False)] = 255 - rng.integers(0, 100, 100)
    trains = latency_of_images(raw, 20e-3)
    learner = Learner(replace(LatencyImages(), {"layers": "784-60-10"}), rng)
    for _ in range(40):
        order = rng.permutation(40)
        learner.learn(trains.select(order), labels[order])
    found = learner.judge(trains, labels)
    assert found.error == 0
    assert found.loss < 0.1


def test_wrong_shapes_are_refused():
    learner = Learner(EventProp(), np.random.default_rng(0))
    with pytest.raises(ParameterError, match="input_to_hidden"):
        learner.set_weights({"hidden": np.zeros((5, 200))})
    with pytest.raises(ParameterError, match=r"\(5, 200\)"):
        learner.set_weights({"input_to_hidden": np.zeros((200, 5))})
    with pytest.raises(ShapeError, match="spike trains for 3 labels"):
        learner.judge(latency_of_points(np.zeros((2, 4)), 30e-3), np.zeros(3, np.int64))
