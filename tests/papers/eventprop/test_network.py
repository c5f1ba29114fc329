"""The Brian2 network: its spikes and gradient become those of the event-driven form as dt -> 0."""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import ms, prefs, second

import bioplaus.engine  # noqa: F401
from bioplaus import neurons
from bioplaus.analysis import alignment_angle
from bioplaus.models.eventprop import (
    Learner,
    build,
    change,
    on_clock,
    read_samples,
)
from bioplaus.models.eventprop.parameters import EventProp, sizes
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import ParameterError, replace
from bioplaus.tasks import latency_of_points, published_yin_yang

FRAME = 80e-3
P = EventProp()


def shown(samples, step, weights, target):
    """Spikes of the network for some Yin-Yang points, with its trains and labels."""
    prefs.codegen.target = target
    points, labels = published_yin_yang(samples, 42)
    trains = on_clock(latency_of_points(points, 30e-3), step)
    clocks = Clocks.of(step, FRAME)
    inputs = {"input": neurons.given_spikes(sizes(P)[0], clocks)}
    model = build(P, np.random.default_rng(0), inputs, clocks)
    model.set_weights(weights)
    model.give(trains, 0.0)
    model.network.run(samples * FRAME * second, namespace={})
    return read_samples(model, 0.0, samples), trains, labels


def learnt(epochs):
    """Weights of the event-driven form, as drawn or after some epochs."""
    learner = Learner(P, np.random.default_rng(0))
    points, labels = published_yin_yang(5000, 42)
    trains, rng = latency_of_points(points, 30e-3), np.random.default_rng(1)
    for _ in range(epochs):
        order = rng.permutation(5000)
        learner.learn(trains.select(order), labels[order])
    return learner


def compare(step, samples, learner, target):
    """Share of samples with all counts equal, share of equal answers, angles of the gradients."""
    found, trains, labels = shown(samples, step, learner.weights(), target)
    counts = answers = 0
    for sample, layers in enumerate(found):
        exact = learner.spikes(trains, sample)[1:]
        sizes = [w.shape[1] for w in learner.weights().values()]
        counts += all(
            np.array_equal(np.bincount(a.i, minlength=n), np.bincount(b.i, minlength=n))
            for a, b, n in zip(layers, exact, sizes)
        )
        answers += layers[-1].i[:1].tolist() == exact[-1].i[:1].tolist()
    clocked = change(P, found, trains, learner.weights(), labels)
    gradient = learner.gradient(trains, labels)
    angles = [float(alignment_angle(clocked.gradient[name], g)) for name, g in gradient.items()]
    return counts / samples, answers / samples, angles, clocked


def test_spikes_are_those_of_a_loop_written_out():
    """The definition of the cell, step by step, with NumPy alone: same steps, same currents."""
    samples, step = 3, 0.1e-3
    weights = Learner(P, np.random.default_rng(3)).weights()
    found, (start, t, i), _ = shown(samples, step, weights, "numpy")
    m, s, kappa = np.exp(-0.1 / 20), np.exp(-0.1 / 5), 5 / 15
    for sample, layers in enumerate(found):
        here = slice(start[sample], start[sample + 1])
        arriving = [(np.rint(t[here] / step).astype(int), i[here])]
        for w, spikes in zip(weights.values(), layers):
            v, current = np.zeros((2, w.shape[1]))
            steps, cells = arriving[-1]
            wanted = []
            for now in range(800):
                v, current = (v + kappa * current) * m - kappa * current * s, current * s
                fired = np.flatnonzero(v >= 1)
                wanted += [(now, j, current[j]) for j in fired]
                v[fired] = 0
                for j in cells[steps == now]:
                    current = current + w[j]
            at, who, of = map(np.array, zip(*wanted))
            assert np.array_equal(np.rint(spikes.t / step), at)
            assert np.array_equal(spikes.i, who)
            assert spikes.current == pytest.approx(of, rel=1e-12)
            arriving.append((at, who))


def test_finer_clocks_come_closer():
    """0.5 ms is useless, 0.1 ms a direction; seed and samples fixed."""
    learner = learnt(5)
    coarse = compare(0.5e-3, 50, learner, "numba")
    fine = compare(0.1e-3, 50, learner, "numba")
    assert coarse[0] < fine[0]
    assert coarse[1] <= fine[1]
    assert fine[0] >= 0.8
    assert fine[1] >= 0.96
    assert fine[2][0] < 20
    assert fine[2][1] < 6
    assert min(coarse[2]) > fine[2][1]


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [0, 5])
def test_the_limit_of_short_steps(epochs):
    """At 0.004 ms counts are equal in 90 % of the samples, the gradient a few degrees off."""
    counts, answers, angles, _ = compare(0.004e-3, 100, learnt(epochs), "numba")
    assert counts >= 0.9
    assert answers >= 0.95
    assert angles[0] < 4
    assert angles[1] < 1.5


def test_what_only_the_event_driven_form_has_is_refused():
    clocks = Clocks.of(0.1 * ms, FRAME)
    inputs = {"input": neurons.given_spikes(sizes(P)[0], clocks)}
    for changes in ({"loss": "maximum"}, {"refractory": "2 ms"}):
        with pytest.raises(ParameterError, match="event-driven"):
            build(replace(P, changes), np.random.default_rng(0), inputs, clocks)
    with pytest.raises(ParameterError, match="longer than tau_synapse"):
        build(replace(P, {"tau_synapse": "20 ms"}), np.random.default_rng(0), inputs, clocks)
    with pytest.raises(ParameterError, match="2 numbers for 1 projections"):
        build(replace(P, {"layers": "5-3"}), np.random.default_rng(0), inputs, clocks)
    with pytest.raises(ParameterError, match="no chain of sizes"):
        build(replace(P, {"layers": "5,3"}), np.random.default_rng(0), inputs, clocks)
