"""Effects of spike trains, the hybrid update, and the network that it learns in."""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import prefs, second
from numba import njit

import bioplaus.engine  # noqa: F401
from bioplaus import neurons
from bioplaus.layered.trains import train_of
from bioplaus.models.hm2bp import Learner, build, reweighted
from bioplaus.models.hm2bp.effects import effects, potentials
from bioplaus.models.hm2bp.parameters import HybridMacroMicro
from bioplaus.models.hm2bp.spikes import Cell, fire
from bioplaus.models.hm2bp.update import lateral_factor, regular_spikes
from bioplaus.neurons.cell import Clocks, ShapeError
from bioplaus.parameters import ParameterError, replace
from bioplaus.tasks import poisson_of_images
from tests.papers.learning import keeps_its_promises

STEPS = 400
SMALL = replace(HybridMacroMicro(), {"hidden": 60, "hidden_threshold": 5.0})


def pair_sum(out, into, cut=None):
    """The published sum over all pairs of an output and an input spike, written out."""
    total, reset = 0.0, 1
    for t_out in out:
        for t_in in into:
            old = cut is not None and t_in < max(1, int(t_out - cut * 64))
            if old or t_in + 2 > t_out:
                continue
            s, t = t_out - reset, t_out - (t_in + 2)
            both = np.exp(-min(s, t) / 64) - np.exp(-min(s, t) / 8)
            total += np.exp(-max(t - s, 0) / 8) * both / (1 - 8 / 64)
        reset = t_out + 2
    return total


def as_train(trains):
    """(at, i) of lists of steps, one for each cell."""
    events = sorted((t, cell) for cell, train in enumerate(trains) for t in train)
    step, i = map(np.array, zip(*events)) if events else (np.zeros(0, int), np.zeros(0, int))
    return train_of(step.astype(np.int16), i.astype(np.int16), STEPS)


def lists(at, i, cells):
    step = np.repeat(np.arange(STEPS), np.diff(at))
    return [step[i == cell].tolist() for cell in range(cells)]


def effects_of(out, into):
    z, e = np.empty((STEPS, len(into))), np.empty((len(out), len(into)))
    potentials(*as_train(into), np.arange(len(into)), z, 64.0, 8.0)
    effects(*as_train(out), z, np.exp(-1 / 64), 2, e)
    return e


def test_effect_of_a_pair():
    """Input at 10, output at 40; a second output at 60 adds what the current still remembers."""
    first = (np.exp(-28 / 64) - np.exp(-28 / 8)) / (7 / 8)
    second_adds = np.exp(-30 / 8) * (np.exp(-18 / 64) - np.exp(-18 / 8)) / (7 / 8)
    assert effects_of([[40]], [[10]])[0, 0] == pytest.approx(first, rel=1e-12)
    assert first == pytest.approx(0.7033727348635126, rel=1e-14)
    found = effects_of([[40, 60]], [[10]])[0, 0]
    assert found - first == pytest.approx(second_adds, rel=1e-9)
    assert second_adds == pytest.approx(0.01745528427995678, rel=1e-12)


def draw(rng, cells, most):
    chance = rng.uniform(0.005, most, cells)
    return [(1 + np.flatnonzero(rng.random(STEPS - 1) < p)).tolist() for p in chance]


def test_traces_are_the_sum_over_pairs():
    rng, worst, cut = np.random.default_rng(0), 0.0, 0.0
    for _ in range(5):
        into = draw(rng, 20, 0.15)
        at, i, _ = fire(rng.normal(0.3, 1, (20, 6)), *as_train(into), Cell(64.0, 8.0, 8.0, 2, 0.0))
        out = lists(at, i, 6)
        e = effects_of(out, into)
        for cell, train in enumerate(out):
            for j, source in enumerate(into):
                worst = max(worst, abs(e[cell, j] - pair_sum(train, source)))
                cut = max(cut, abs(e[cell, j] - pair_sum(train, source, cut=4)))
    assert worst < 1e-11
    assert cut < 0.3  # what is dropped there: inputs of 256 steps ago


def test_potentials_of_one_spike_and_a_strong_weight():
    at, i, count = fire(np.array([[100.0]]), *as_train([[1]]), Cell(64.0, 8.0, 8.0, 2, 0.0))
    assert lists(at, i, 1) == [[2, 5, 9, 14, 24]]
    assert count.tolist() == [5]
    # v after one spike of weight 1: 1/8; then times 63/64 plus (7/8)/8; ...
    v, current, wanted = 0.0, 1.0, []
    for _ in range(3):
        v, current = v * 63 / 64 + current / 8, current * 7 / 8
        wanted.append(v)
    assert wanted == pytest.approx([0.125, 0.232421875, 0.324493408203125], rel=1e-15)
    for step, level in enumerate(wanted, start=2):
        for above, fires in ((1 - 1e-12, True), (1 + 1e-12, False)):
            at, i, _ = fire(
                np.array([[1.0]]), *as_train([[1]]), Cell(64.0, 8.0, level * above, 2, 0.0)
            )
            assert (step in lists(at, i, 1)[0]) == fires


def test_weighted_effects_are_the_potentials_before_the_resets():
    """With the kernel of the stepped cell itself, sum_j w_ij e_ij is the sum of v at the spikes."""
    rng = np.random.default_rng(1)
    into, w = draw(rng, 20, 0.15), rng.normal(0.3, 1, (20, 6))
    at, i, count = fire(w, *as_train(into), Cell(64.0, 8.0, 8.0, 2, 0.0))
    arriving = np.zeros((STEPS, 20))
    for j, train in enumerate(into):
        arriving[train, j] = 1
    z, x = np.zeros((STEPS, 20)), np.zeros(20)
    for t in range(1, STEPS):
        x = x * 7 / 8 + arriving[t - 1]
        z[t] = z[t - 1] * 63 / 64 + x / 8
    e, out = np.empty((6, 20)), lists(at, i, 6)
    effects(at, i, z, 63 / 64, 2, e)
    assert np.count_nonzero(count) >= 4
    for cell in range(6):
        v = current = total = 0.0
        held = 0
        for t in range(1, STEPS):
            current = current * 7 / 8 + arriving[t - 1] @ w[:, cell]
            v = 0.0 if held else v * 63 / 64 + current / 8
            held = max(held - 1, 0)
            if t in out[cell]:
                total, v, held = total + v, 0.0, 2
        assert e[cell] @ w[:, cell] == pytest.approx(total, abs=1e-9)


@njit
def mean_count(w, chance, tau_m, held, repeats, rng):
    """Mean spikes of one cell with Poisson inputs: threshold 4, tau_s 8, 400 steps."""
    total = 0
    for _ in range(repeats):
        v, current, wait = 0.0, 0.0, 0
        for _ in range(1, 400):
            current -= current / 8
            for j in range(len(w)):
                if rng.random() < chance[j]:
                    current += w[j]
            v += current / 8 - v / tau_m
            if wait > 0:
                v, wait = 0.0, wait - 1
            if v > 4.0:
                total, v, wait = total + 1, 0.0, held
    return total / repeats


@pytest.mark.slow
def test_effects_have_the_direction_of_the_derivative_of_the_mean_count():
    """Right within a cell (correlation), wrong in size where it leaks; in the integrator both."""
    for tau_m, held, drive, low, high in ((1e6, 0, 0.6, 0.85, 1.05), (64.0, 2, 1.2, 0.6, 0.85)):
        rng = np.random.default_rng(0)
        chance, w = rng.uniform(0.03, 0.12, 12), rng.uniform(0.3, 1.6, 12) * drive
        w[:3] *= -0.5
        slope = np.array(
            [
                (
                    mean_count(w + 0.02 * unit, chance, tau_m, held, 8000, np.random.default_rng(1))
                    - mean_count(
                        w - 0.02 * unit, chance, tau_m, held, 8000, np.random.default_rng(1)
                    )
                )
                / 0.04
                for unit in np.eye(12)
            ]
        )
        sums, repeats = np.zeros(12), 200
        for _ in range(repeats):
            into = [(1 + np.flatnonzero(rng.random(399) < p)).tolist() for p in chance]
            cell = Cell(tau_m, 8.0, 4.0, held, 0.0)
            at, i, _ = fire(w[:, None], *as_train(into), cell)
            z, e = np.empty((STEPS, 12)), np.empty((1, 12))
            potentials(*as_train(into), np.arange(12), z, tau_m, 8.0)
            effects(at, i, z, np.exp(-1 / tau_m), held, e)
            sums += e[0] / 4 / repeats
        assert np.corrcoef(slope, sums)[0, 1] > 0.98
        assert low < slope @ sums / (sums @ sums) < high


def images(count, seed=0):
    rng = np.random.default_rng(seed)
    raw = np.where(rng.random((count, 784)) < 0.15, rng.integers(1, 256, (count, 784)), 0)
    labels = rng.integers(0, 10, count)
    return poisson_of_images(raw.astype(np.uint8), STEPS, 1 / 5.5, np.arange(count)), labels


def test_pixels_spike_by_their_grey_value():
    raw = np.repeat(np.array([[0], [51], [255]], np.uint8), 200, axis=1)
    start, step, i = poisson_of_images(raw, STEPS, 1 / 5.5, np.arange(3))
    counts = np.diff(start)
    assert counts[0] == 0
    for grey, count in ((51, counts[1]), (255, counts[2])):
        p = grey / 255 / 5.5
        mean = 200 * 399 * p
        assert count == pytest.approx(mean, abs=4 * np.sqrt(mean * (1 - p)))
    assert step.min() >= 1
    assert step.max() < STEPS
    assert len(np.unique(i)) == 200
    again = poisson_of_images(raw[1:2], STEPS, 1 / 5.5, np.array([1]))
    assert np.array_equal(again.step, step[start[1] : start[2]])  # its own seed, not its place
    other = poisson_of_images(raw[1:2], STEPS, 1 / 5.5, np.array([2]))
    assert not np.array_equal(again.step, other.step)


@pytest.mark.parametrize(("precision", "target"), [("float64", "numba"), ("float32", "numba"),
                                                   ("float64", "numpy")])  # fmt: skip
def test_the_network_is_the_compiled_steps_spike_for_spike(precision, target):
    prefs.codegen.target = target
    prefs.core.default_float_dtype = np.dtype(precision).type
    count = 6 if target == "numba" else 2
    trains, _ = images(count)
    learner = Learner(SMALL, np.random.default_rng(1), precision)
    clocks = Clocks.of(1e-3, 0.4)
    inputs = {"input": neurons.given_spikes(SMALL.inputs, clocks)}
    model = build(SMALL, np.random.default_rng(1), inputs, clocks)
    model.set_weights(learner.weights())
    model.give((trains[0], trains[1] * 1e-3, trains[2]), 0.0)
    model.network.run(count * 0.4 * second, namespace={})
    total = 0
    for image, layers in enumerate(
        zip(*(model.heard(name, 0.0, count) for name in ("hidden", "output")))
    ):
        wanted = learner.spikes(trains, image)[1:]
        for (at, cells), (wanted_at, wanted_cells) in zip(layers, wanted):
            assert np.array_equal(at, wanted_at)
            assert np.array_equal(cells, wanted_cells)
        total += len(layers[1][1])
    assert total > 5 * count  # outputs that inhibit one another


def test_no_error_leaves_only_the_regularisation():
    """Counts within the margin of what is wanted: no gradient; w shrinks by its pull alone."""
    trains, labels = images(1)
    p = replace(SMALL, {"margin": 100, "regularisation": 0.0})
    learner = Learner(p, np.random.default_rng(0))
    before = learner.weights()
    learner.learn(trains, labels)
    assert all(np.array_equal(w, before[name]) for name, w in learner.weights().items())
    learner = Learner(replace(p, {"regularisation": 10.0}), np.random.default_rng(0))
    learner.learn(trains, labels)
    for name, w in learner.weights().items():
        toward_zero = np.sign(before[name]) * (before[name] - w)
        assert toward_zero.min() > 0


def test_gradient_of_a_layer_by_hand():
    """One image, formulas of the paper with NumPy and the pair sum, bracket on and off."""
    trains, _ = images(1, seed=3)
    label = np.array([2])
    for bracket in (True, False):
        p = replace(SMALL, {"bracket": bracket, "lateral_factor": False})
        learner = Learner(p, np.random.default_rng(4), np.float64)
        w1, w2 = learner.weights().values()
        layers = learner.spikes(trains, 0)
        into, hidden, out = (lists(at, i, n) for (at, i), n in zip(layers, (784, 60, 10)))
        count = np.array([len(train) for train in out])
        wanted = np.where(np.arange(10) == 2, 35, 5)
        g2 = np.where(np.abs(count - wanted) > 5, (count - wanted) / 8.0, 0.0)
        g2 *= 8 / (8 - 1e-6)
        if count[2] == 0:
            out[2] = list(range(11, 400, 11))
        e2 = np.array([[pair_sum(o, h) if o else 0.1 * bool(h) for h in hidden] for o in out])
        count = np.array([len(train) for train in out])
        n1 = np.array([len(train) for train in hidden])
        alive = np.outer(count > 0, n1 > 0)
        ratio = np.where(alive, e2 / np.maximum(n1, 1), 1.0)
        g1 = ((g2[:, None] * w2.T) * ratio).sum(axis=0) / (5.0 - 1e-6)
        effect = np.where(count > 0, (w2.T * e2).sum(1) / np.maximum(count, 1), 0.5 * w2.sum(0))
        own = 1 + effect / (8 - 1e-6) if bracket else 1.0
        found = learner.gradient(trains, label)
        assert pytest.approx((g2 * own)[:, None] * e2, rel=1e-6) == found["hidden_to_output"].T
        for j in np.flatnonzero(n1)[:5]:
            e1 = np.array([pair_sum(hidden[j], train) for train in into])
            own = 1 + (w1[:, j] @ e1) / n1[j] / (5 - 1e-6) if bracket else 1.0
            assert found["input_to_hidden"][:, j] == pytest.approx(g1[j] * own * e1, rel=1e-6)


def test_a_silent_cell_of_the_class_gets_regular_spikes():
    at, i = regular_spikes(*as_train([[5], []]), 1, 35)
    assert lists(at, i, 2) == [[5], list(range(11, 400, 11))]
    assert len(i) == 37


def test_inhibition_raises_the_gradient_of_those_that_hear_each_other():
    """Two cells that fire alike; a silent one that is not the class has no part in it."""
    train, count = as_train([[50, 100], [50, 100], []]), np.array([2, 2, 0])
    factor = lateral_factor(*train, count, 0, Cell(64.0, 8.0, 8.0, 2, 1.0), np.dtype("float64"))
    e = pair_sum([50, 100], [50, 100]) / 2
    assert factor == pytest.approx([1 / (1 - e * e / 64)] * 2 + [1.0], rel=1e-9)


def test_samples_that_were_wrong_count_more():
    weights = reweighted(np.ones(4), np.array([True, False, False, False]), np.array([1, 1, 0, 0]))
    assert weights == pytest.approx([np.exp(0.5 / 20), 1, 1, 1])


def test_learning_images_taken_up_goes_on_to_the_bit_and_learns():
    trains, labels = images(20)
    one, other = (Learner(SMALL, np.random.default_rng(seed)) for seed in (1, 2))
    rng = np.random.default_rng(3)

    def learned(learner, order):
        return learner.learn(trains.select(order), labels[order])

    first = learned(one, rng.permutation(20))
    other.restore(one.state())
    order = rng.permutation(20)
    for each in (one, other):
        learned(each, order)
    assert all(np.array_equal(w, other.weights()[name]) for name, w in one.weights().items())
    for _ in range(15):
        last = learned(one, rng.permutation(20))
    assert last.cost < 0.5 * first.cost
    assert one.judge(trains, labels).wrong.mean() < 0.3


def test_it_keeps_what_every_learner_promises():
    trains, labels = images(1)
    learner = Learner(SMALL, np.random.default_rng(0))
    _, cells = learner.spikes(trains, 0)[-1]
    assert learner.answer(trains).tolist() == [np.bincount(cells, minlength=10).tolist()]
    keeps_its_promises(learner, trains, labels)


def test_as_many_trains_labels_and_weights_are_needed():
    """Compiled code would read beside them."""
    trains, labels = images(2)
    learner = Learner(SMALL, np.random.default_rng(0))
    for wrong in ((labels[:1], 1.0), (labels, 1.0, np.ones(3))):
        with pytest.raises(ShapeError, match="2 spike trains"):
            learner.learn(trains, *wrong)


def test_wrong_parameters_are_refused():
    for changes, message in (
        ({"presentation": "400.5 ms"}, "whole number of steps"),
        ({"wanted": 140}, "at most 133"),
        ({"unwanted": 40}, "more than unwanted"),
        ({"tau_synapse": "64 ms"}, "longer than tau_synapse"),
    ):
        with pytest.raises(ParameterError, match=message):
            Learner(replace(SMALL, changes), np.random.default_rng(0))
