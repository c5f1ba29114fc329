"""Exact gradients against cases worked out on paper and against central differences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bioplaus.models.eventprop.adjoint import backward, backward_from_maxima
from bioplaus.models.eventprop.events import Constants, fire, largest
from bioplaus.models.eventprop.losses import FirstSpike
from bioplaus.models.eventprop.presenting import gradient_of_spikes, show

MS = 1e-3
LOSS = FirstSpike(0.5 * MS, 6.4 * MS, 3e-3)
STEP = 1e-6


def constants(tau_synapse=5.0, refractory=0.0):
    return Constants(20 * MS, tau_synapse * MS, 1.0, refractory * MS)


def one_input(weight, c, at=0.0):
    """Time [ms], current, dt/dw [ms] and dt/dt_in of each spike of a cell with one input."""
    w, t, i = np.array([[weight]]), np.array([at * MS]), np.zeros(1, np.int64)
    spikes = fire(w, t, i, np.inf, c)
    found = []
    for m in range(len(spikes.t)):
        error, gradient, error_in = np.eye(len(spikes.t))[m], np.zeros((1, 1)), np.zeros(1)
        backward(w, t, i, spikes, error, c, gradient, error_in)
        found.append((spikes.t[m] / MS, spikes.current[m], gradient[0, 0] / MS, error_in[0]))
    return np.array(found)


def test_one_spike_against_the_closed_form():
    # tau_m = 2 tau_s: V = 5 (x - x^2) with x = e^(-t/20 ms), so V = 1 at x = (1 + sqrt(1/5))/2.
    x = (1 + np.sqrt(0.2)) / 2
    t, slope = -20 * np.log(x), 5 * (2 * x - 1) * x / 20
    wanted = [t, 5 * x**2, -(x - x**2) / slope, 1.0]
    assert one_input(5.0, constants(10.0)) == pytest.approx(np.array([wanted]), rel=1e-13)


@pytest.mark.parametrize("at", [0.0, 7.5])
def test_two_spikes_of_one_input(at):
    found = one_input(12.0, constants(), at)
    assert found[:, 0] - at == pytest.approx([2.178666415870436, 6.550509004007726], rel=1e-13)
    assert found[:, 1] == pytest.approx([7.761482553173128, 3.237511078617042], rel=1e-13)
    assert found[:, 2] == pytest.approx([-0.2464942641735442, -1.4320274884382422], rel=1e-12)
    assert found[:, 3] == pytest.approx(1.0)


def test_the_smallest_weight_that_fires():
    # Peak of w (x - x^4)/3 at x = 4^(-1/3): w = 4 * 4^(1/3).
    smallest = 4 * 4 ** (1 / 3)
    assert len(one_input(smallest * (1 - 1e-9), constants())) == 0
    ((t, _, _, shift),) = one_input(smallest * (1 + 1e-9), constants())
    assert t == pytest.approx(20 * np.log(4) / 3, abs=1e-3)
    assert shift == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("weights", "value", "time", "kind", "by_weight", "by_time"),
    [
        ((2.0, 1.0), 0.4634674896922174, 11.05083160181971, 0,
         (0.15526763450375458, 0.1529322206847082), 0.0045585229922818),
        ((2.0, -1.5), 0.2462678593071735, 4.0, 1,
         (0.12313392965358674, 0.0), -0.03261950344636348),
    ],
)  # fmt: skip
def test_the_largest_potential(weights, value, time, kind, by_weight, by_time):
    w, t, i = np.array(weights)[:, None], np.array([0.0, 4 * MS]), np.arange(2)
    maxima = largest(w, t, i, np.inf, constants())
    gradient, error_in = np.zeros((2, 1)), np.zeros(2)
    backward_from_maxima(w, w, t, i, maxima, np.ones(1), constants(), gradient, error_in)
    assert maxima.value[0] == pytest.approx(value, rel=1e-13)
    assert maxima.time[0] / MS == pytest.approx(time, rel=1e-13)
    assert maxima.kind[0] == kind
    assert gradient[:, 0] == pytest.approx(by_weight, rel=1e-12)
    assert error_in * MS == pytest.approx([by_time, -by_time], rel=1e-10)


def test_a_maximum_at_the_end_of_the_window_stays_there():
    w, t, i, c = np.array([[2.0]]), np.zeros(1), np.zeros(1, np.int64), constants()
    end = 3 * MS
    maxima = largest(w, t, i, end, c)
    assert maxima.kind[0] == 2
    assert maxima.time[0] == end
    x = np.exp(-3 / 20)
    assert maxima.value[0] == pytest.approx(2 * (x - x**4) / 3)


def test_a_cell_that_is_only_inhibited_has_no_maximum():
    maxima = largest(np.array([[-1.0]]), np.zeros(1), np.zeros(1, np.int64), np.inf, constants())
    assert maxima.last[0] == -1
    assert maxima.value[0] == 0


def loss_and_gradient(weights, t, i, maximum, c):
    """Loss, the pattern of spikes, dL/dw, and how many spikes there were."""
    trains = tuple(show(weights, t, i, c, maximum))
    gradients = tuple(np.zeros_like(w) for w in weights)
    loss, *_ = gradient_of_spikes(weights, weights, trains, 0, c, LOSS, maximum, 1.0, gradients)
    pattern = [tuple(np.bincount(s.i, minlength=1)) for s in trains[1:]]
    if maximum:
        found = largest(weights[-1], trains[-1].t, trains[-1].i, np.inf, c)
        pattern += [tuple(found.last), tuple(found.kind)]
    return loss, pattern, gradients, sum(len(s.t) for s in trains[1:])


def draw(rng, sizes, maximum):
    weights = [
        rng.normal(1.5, 0.8, shape) * (4 / shape[0] if shape[0] > 6 else 1)
        for shape in itertools.pairwise(sizes)
    ]
    if maximum:
        weights[-1] = rng.normal(0.2, 0.5, weights[-1].shape)
    i = np.repeat(np.arange(sizes[0]), rng.integers(1, 4, sizes[0]))
    t = rng.uniform(0, 30 * MS, len(i))
    order = np.argsort(t)
    return tuple(weights), t[order], i[order]


@pytest.mark.parametrize("refractory", [0.0, 2.0])
@pytest.mark.parametrize("maximum", [False, True])
@pytest.mark.parametrize("sizes", [(6, 3), (8, 12, 3), (8, 12, 10, 3)])
def test_gradient_against_central_differences(sizes, maximum, refractory):
    """Cells fire several times; where a side has another pattern of spikes, it is left out."""
    rng, c = np.random.default_rng(0), constants(refractory=refractory)
    worst, checked, skipped, spikes, twice, trials = 0.0, 0, 0, 0, 0, 0
    while trials < 12:
        weights, t, i = draw(rng, sizes, maximum)
        loss, pattern, gradients, count = loss_and_gradient(weights, t, i, maximum, c)
        scale = max(np.abs(g).max() for g in gradients)
        if np.isnan(loss) or scale == 0:  # the label, or all that could answer, is silent
            continue
        trials += 1
        spikes = max(spikes, count)
        layers = len(sizes) - 2 if maximum else len(sizes) - 1
        twice += sum(max(counts) > 1 for counts in pattern[:layers])
        for w, gradient in zip(weights, gradients):
            for _ in range(5):
                at = tuple(rng.integers(w.shape))
                kept, sides = w[at], []
                for h in (STEP, -STEP):
                    w[at] = kept + h
                    sides.append(loss_and_gradient(weights, t, i, maximum, c)[:2])
                w[at] = kept
                if any(other != pattern for _, other in sides):
                    skipped += 1
                    continue
                difference = (sides[0][0] - sides[1][0]) / (2 * STEP)
                worst = max(worst, abs(difference - gradient[at]) / scale)
                checked += 1
    assert worst < 1e-6
    assert checked > 50
    assert skipped < 0.05 * checked
    if not (maximum and len(sizes) == 2):  # where there is a layer that spikes
        assert twice > 5
        assert spikes >= 10


@pytest.mark.parametrize("refractory", [0.0, 2.0, 5.0])
def test_every_spike_of_a_cell_against_central_differences(refractory):
    """Weights and input times; the loss is a random sum of all of 3 to 7 spike times."""
    rng, c = np.random.default_rng(1), constants(refractory=refractory)
    worst, counts = 0.0, []
    for _ in range(60):
        w, t = rng.normal(3, 3, (12, 1)), np.sort(rng.uniform(0, 40 * MS, 12))
        i = np.arange(12)
        spikes = fire(w, t, i, 80 * MS, c)
        if len(spikes.t) == 0:
            continue
        counts.append(len(spikes.t))
        error, gradient, error_in = rng.normal(size=len(spikes.t)), np.zeros((12, 1)), np.zeros(12)
        backward(w, t, i, spikes, error, c, gradient, error_in)
        for changed, found, h in ((w[:, 0], gradient[:, 0], 1e-7), (t, error_in, 1e-10)):
            scale = np.abs(found).max()
            for k in range(12):
                kept, sides = changed[k], []
                for move in (h, -h):
                    changed[k] = kept + move
                    sides.append(fire(w, t, i, 80 * MS, c).t)
                changed[k] = kept
                if {len(side) for side in sides} == {len(spikes.t)}:
                    difference = error @ (sides[0] - sides[1]) / (2 * h)
                    worst = max(worst, abs(difference - found[k]) / scale)
    assert np.mean(counts) > 2.5
    assert worst < 2e-6


def test_a_shift_of_all_inputs_shifts_every_spike():
    """The sum over input spikes of dt_out/dt_in is 1, whatever the layer."""
    rng, c = np.random.default_rng(2), constants()
    for _ in range(20):
        (w,), t, i = draw(rng, (8, 5), False)
        spikes = fire(w, t, i, np.inf, c)
        for m in range(len(spikes.t)):
            error, error_in = np.eye(len(spikes.t))[m], np.zeros(len(t))
            backward(w, t, i, spikes, error, c, np.zeros_like(w), error_in)
            assert error_in.sum() == pytest.approx(1.0, rel=1e-6)


def test_inputs_at_one_time_act_together():
    c, i = constants(), np.array([0, 1])
    both = fire(np.array([[7.0], [5.0]]), np.zeros(2), i, np.inf, c)
    one = fire(np.array([[12.0]]), np.zeros(1), i[:1], np.inf, c)
    assert np.array_equal(both.t, one.t)


def test_buffers_grow():
    """A strong input makes hundreds of spikes, more than there was room for."""
    spikes = fire(np.array([[3e3]]), np.zeros(1), np.zeros(1, np.int64), np.inf, constants())
    assert len(spikes.t) > 400
    assert np.all(np.diff(spikes.t) > 0)
    assert np.all(spikes.current > 1)


def test_an_input_at_the_time_of_a_spike_came_after_it():
    """On a clock; the adjoint leaves it out of that spike."""
    c, w = constants(), np.array([[12.0], [1.0]])
    spikes = fire(w[:1], np.zeros(1), np.zeros(1, np.int64), np.inf, c)
    first = type(spikes)(*(array[:1] for array in spikes))
    t, gradient, error_in = np.array([0.0, first.t[0]]), np.zeros((2, 1)), np.zeros(2)
    backward(w, t, np.arange(2), first, np.ones(1), c, gradient, error_in)
    assert gradient[1, 0] == 0
    assert error_in[1] == 0
    assert gradient[0, 0] < 0
