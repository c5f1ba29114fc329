"""The eRBP network as a whole: what must never change, feedback paths, responses, bad input.

Tiny networks on Brian2's numpy target; noise and input are random but seeded.
"""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import SpikeMonitor, prefs, seed

from bioplaus import tasks
from bioplaus.models import erbp
from bioplaus.models.erbp import feedback
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import ParameterError, quantities, replace
from bioplaus.plasticity.model import Model
from bioplaus.runs.finite import NonFiniteState
from tests.papers import entering, showing

FRAME = 0.05
SMALL = {
    "inputs": 12,
    "hidden": 8,
    "classes": 3,
    "time_step": "1 ms",
    "background_before_threshold": True,
    "learning_rate": 6e-3,
}


@pytest.fixture(autouse=True)
def numpy_target():
    prefs.codegen.target = "numpy"
    seed(3)


def build(**changes) -> Model:
    p = replace(erbp.OneHiddenLayer(), {**SMALL, **changes})
    clocks = Clocks.of(quantities(p).time_step, FRAME)
    rng = np.random.Generator(np.random.PCG64(5))
    return erbp.build(p, rng, {"pixel": erbp.pixels(p, clocks)}, clocks)


def show(model: Model, rows=(0, 1, 2, 0), *, taught: bool = True, strength: float = 1.0):
    images = np.kron(np.eye(3), np.ones(4)) * 0.9
    schedule = tasks.presentations(
        rows,
        {"images": images},
        presentation=2 * FRAME,
        frame=FRAME,
        labels=np.array(rows) if taught else None,
        strength=strength,
        settling=0.02,
    )
    return showing.responses(model, schedule)


def weights(model: Model) -> dict[str, np.ndarray]:
    return {name: w for name, w in model.weights().items() if "error" not in name}


def test_weights_change_only_while_learning_is_on():
    model = build()
    start = weights(model)
    show(model, strength=0.0)
    assert all(np.array_equal(start[name], w) for name, w in weights(model).items())
    show(model)
    assert all(not np.array_equal(start[name], w) for name, w in weights(model).items())


def test_weights_decay_while_labels_are_shown_and_not_in_a_test():
    """No learning: 4 presentations of 0.1 s at 0.5 Hz leave exp(-0.2) of every weight."""
    model = build(learning_rate=0.0, weight_decay="0.5 Hz")
    before = weights(model)
    show(model, taught=False)
    assert all(np.array_equal(w, before[name]) for name, w in weights(model).items())
    show(model)
    for name, w in weights(model).items():
        np.testing.assert_allclose(w, before[name] * np.exp(-0.5 * 8 * FRAME), rtol=1e-12)


def test_a_label_alone_raises_the_weights_of_its_class():
    """Output silenced by its weights: E+ of class 0 fires, so only weights to output 0 grow."""
    model = build(output_weights=0.0, background_weight="0 mV")
    show(model, rows=(0,))
    change = weights(model)["hidden_to_output"]
    assert change[:, 0].max() > 0
    assert change[:, 0].min() >= 0
    assert np.array_equal(change[:, 1:], np.zeros((8, 2)))


def test_counts_and_first_spikes_are_those_of_the_output():
    model = build()
    monitor = SpikeMonitor(model.populations["output"])
    model.network.add(monitor)
    show(model, rows=(2,))  # something before, whose counts must not leak
    began = float(model.network.t)
    counts, first = show(model, rows=(0, 1))
    t, i = np.array(monitor.t_) - began, np.array(monitor.i)
    for n in range(2):
        for frame in range(2):
            until = 2 * FRAME * n + FRAME * (frame + 1)
            seen = (t > 2 * FRAME * n - 1e-9) & (t < until - 1e-9)
            assert np.array_equal(counts[n, frame], np.bincount(i[seen], minlength=3))
        for neuron in range(3):
            own = t[(i == neuron) & (t > 2 * FRAME * n - 1e-9) & (t < 2 * FRAME * (n + 1) - 1e-9)]
            if len(own):
                assert first[n, neuron] == pytest.approx(own[0] - 2 * FRAME * n, abs=1e-9)
            else:
                assert np.isnan(first[n, neuron])


def test_same_seed_same_bits():
    ends = []
    for _ in range(2):
        seed(9)
        model = build()
        show(model)
        ends.append(weights(model))
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_random_feedback_is_blind_to_an_error_of_all_classes():
    q = quantities(replace(erbp.OneHiddenLayer(), SMALL))
    g = feedback.feedback_weights(q, np.random.default_rng(1), 11, 3)
    np.testing.assert_allclose(g.sum(axis=0), 0, atol=1e-15)
    assert np.abs(g).max() < 2 * np.sqrt(7 / 11)


def test_sparse_feedback_hears_as_many_classes_as_asked():
    q = quantities(replace(erbp.OneHiddenLayer(), {**SMALL, "feedback": "sparse"}))
    g = feedback.feedback_weights(q, np.random.default_rng(1), 11, 3)
    assert np.array_equal(np.count_nonzero(g, axis=0), np.full(8, 2))


def mirror_of(model: Model, name: str) -> tuple[np.ndarray, np.ndarray]:
    both = np.split(model.weights()[name], 2)
    return both[0], both[1]


def test_symmetric_feedback_stays_the_transpose():
    """Forward and feedback weight receive the same increments at the same spikes: equal bits."""
    model = build(feedback="symmetric")
    show(model)
    forward = weights(model)["hidden_to_output"]
    plus, minus = mirror_of(model, "error_to_hidden")
    assert np.array_equal(plus.T, forward)
    assert np.array_equal(minus, plus)


def test_adaptive_feedback_learns_what_the_forward_weights_learn():
    model = build(feedback="adaptive")
    forward, (mirror, _) = weights(model)["hidden_to_output"], mirror_of(model, "error_to_hidden")
    show(model)
    learned = weights(model)["hidden_to_output"] - forward
    mirrored = mirror_of(model, "error_to_hidden")[0] - mirror
    assert np.abs(learned).max() > 1e-4
    np.testing.assert_allclose(mirrored.T, learned, atol=1e-15)


@pytest.mark.parametrize("choice", ["layer by layer", "sign concordant"])
def test_two_hidden_layers_learn_layer_by_layer(choice):
    model = build(layers=2, feedback=choice)
    start = weights(model)
    show(model)
    assert list(start) == ["pixel_to_hidden", "hidden_to_hidden2", "hidden2_to_output"]
    assert all(not np.array_equal(start[name], w) for name, w in weights(model).items())
    assert model.populations["hidden2_error"].spike_count_[:].sum() > 0


def test_quantised_weights_stay_on_their_grid():
    model = build(levels=256)
    show(model)
    for name, largest in (("pixel_to_hidden", 0.75), ("hidden_to_output", 1.0)):
        levels = weights(model)[name] / (2 * largest / 256)
        changed = weights(model)[name] != 0
        assert np.abs(levels).max() <= 128
        if name == "hidden_to_output":  # the initial grid over 2 V is a part of this one
            np.testing.assert_allclose(levels[changed], np.round(levels[changed]), atol=1e-6)


def test_blank_out_lets_the_stated_fraction_pass():
    """Mean synaptic current is proportional to p: 0.65, 20 % allowed (about 3,000 events)."""
    means = []
    for p in (1.0, 0.65):
        model = build(transmission=p, background_weight="0 mV", hidden=60)
        model.set_weights({name: np.full(w.shape, 0.001) for name, w in weights(model).items()})
        show(model, strength=0.0, taught=False)
        means.append(float(model.populations["hidden"].current_[:].mean()))
    assert means[1] / means[0] == pytest.approx(0.65, rel=0.2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gate_low": "1 V", "gate_high": "-1 V"}, "upside down"),
        ({"levels": 1}, "two levels"),
        ({"transmission": 1.2}, "out of range"),
        ({"tau_synapse": "-4 ms"}, "out of range"),
        ({"tau_synapse": "4 mV"}, "wrong unit"),
        ({"background_before_threshold": False}, "noise has no effect"),
        ({"feedback_fan_in": 4}, "more than the 3 classes"),
        ({"label_period": "0.5 ms"}, "shorter than time_step"),
        ({"feedback": "backprop"}, "not one of"),
        ({"weight_decay": "1 Hz", "levels": 16}, "off a grid"),
        ({"weight_decay": "1 Hz", "feedback": "symmetric"}, "mirror"),
    ],
)
def test_impossible_settings_are_refused(changes, words):
    with pytest.raises(ParameterError, match=words):
        build(**changes)


def test_a_row_outside_the_image_table_is_refused():
    with pytest.raises(ValueError, match="row 3 of images"):
        show(build(), rows=(0, 3))


def test_labels_outside_the_classes_are_refused():
    with pytest.raises(ParameterError, match="outside the 7 classes"):
        entering.entered(entering.page("erbp.images"), classes=7)


def test_presentations_in_frames_and_ticks():
    schedule = tasks.presentations(
        [4, 7],
        {"images": np.zeros((10, 1))},
        presentation=0.1,
        frame=0.05,
        labels=[1, 2],
        strength=[1.0, 0.5],
        settling=0.02,
        pause=0.05,
        blank=9,
    )
    steps = {name: step for name, (step, _) in schedule.signals.items()}
    values = {name: given.tolist() for name, (_, given) in schedule.signals.items()}
    assert values["order"] == [4, 4, 9, 7, 7, 9]
    assert values["label"] == [1, 1, -1, 2, 2, -1]
    assert values["fresh"] == [1, 0, 0, 1, 0, 0]
    assert steps["plasticity"] == pytest.approx(0.01)
    assert values["plasticity"] == [0] * 2 + [1] * 8 + [0] * 5 + [0] * 2 + [0.5] * 8 + [0] * 5
    assert schedule.duration == pytest.approx(0.3)
    np.testing.assert_allclose(schedule.shown, [[0, 0.15, 1], [0.15, 0.3, 2]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"presentation": 0.12}, "whole number"), ({"settling": 0.2}, "longer than")],
)
def test_impossible_presentations_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        tasks.presentations([0], {}, **{"presentation": 0.1, "frame": 0.05, **changes})


def test_common_step_divides_all():
    assert tasks.common_step(0.1, 0.25, 0.0) == 0.05
    with pytest.raises(ValueError, match="negative"):
        tasks.common_step(0.1, -0.1)


def test_learning_rate_too_large_stops_the_run():
    """Weights beyond what a float can hold: the first value that is not finite ends the run."""
    tiny = {"hidden": 20, "presentations": 20, "evaluations": 1, "validated": 5, "tested": 5}
    coarse = {"time_step": "1 ms", "background_before_threshold": True}
    with pytest.raises(NonFiniteState, match="simulated time"):
        entering.execute(entering.page("erbp.images"), learning_rate=1e308, **tiny, **coarse)
