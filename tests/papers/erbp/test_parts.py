"""Neurons, error pairs and the rule of eRBP against figures worked out from their definitions.

Rates without noise follow from the interspike interval; statistical ones are compared with
figures measured beforehand by an independent program (tolerances are given there and here).
"""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    PoissonGroup,
    PoissonInput,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    kHz,
    ms,
    mV,
    second,
    seed,
    volt,
)

from bioplaus.neurons import dead_time_poisson, dendritic_lif
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import COUNT
from bioplaus.neurons.error_pair import error_pair
from bioplaus.plasticity.event_driven_random_backprop import EventDrivenRandomBackprop
from bioplaus.plasticity.rule import connect

STEP = 0.1 * ms
GATE = {"gate_low": -1.15 * volt, "gate_high": 1.15 * volt}
RULE = EventDrivenRandomBackprop(**GATE)
CELL = (
    dendritic_lif.dendritic_lif(
        tau_membrane=1 * ms,
        tau_synapse=1e20 * second,
        tau_dendrite=5 * ms,
        threshold=100 * mV,
        refractory=4 * ms,
    )
    + COUNT
)


@pytest.fixture(autouse=True)
def step_and_seed(engine_target):
    defaultclock.dt = STEP
    seed(11)


def clocks(frame=50 * ms) -> Clocks:
    return Clocks(defaultclock, Clocks.of(STEP, frame).frame)


def cells(count: int, learning_rate: float = 0.0):
    """Plastic neurons whose synaptic current stays as it is set."""
    group = (CELL + RULE.post()).group(count, "cells", clocks())
    group.learning_rate = learning_rate
    return group


def stimulus(plasticity: float = 1.0) -> dict:
    names = {"onset": 0 * second, "frame": 50 * ms}
    return names | {"plasticity": TimedArray([plasticity], dt=1e6 * second)}


def rates_at(currents: list[float], copies: int, duration, noise: bool = False) -> np.ndarray:
    group = cells(len(currents) * copies)
    group.current = np.repeat(currents, copies) * volt
    objects = [group]
    if noise:
        objects.append(PoissonInput(group, "v", N=20, rate=0.05 * kHz, weight=50 * mV))
    Network(*objects).run(duration, namespace=stimulus())
    counts = np.array(group.spike_count).reshape(len(currents), copies)
    return counts.mean(axis=1) / float(duration)


def test_rate_without_noise_follows_from_the_interval():
    """3.9 ms held and then ln(I/(I - 0.1)) membrane time constants; 1 step of 40 is 2.5 %."""
    currents = [0.15, 0.2, 0.3, 0.5, 1.0]
    expected = [dendritic_lif.firing_rate(i, 0.1, 1e-3, 3.9e-3) for i in currents]
    np.testing.assert_allclose(expected, [200.1, 217.7, 232.3, 242.5 - 2.1, 249.7], rtol=0.012)
    np.testing.assert_allclose(rates_at(currents, 1, 1 * second), expected, rtol=0.03)


def test_no_spike_up_to_the_threshold_and_never_above_the_ceiling():
    rates = rates_at([0.05, 0.0999, 2.0], 1, 0.5 * second)
    np.testing.assert_allclose(rates, [0, 0, 250], atol=2)


def test_background_makes_the_threshold_smooth():
    """50 s per current (100 cells for 0.5 s), 6 Hz or 5 % allowed; seed 11."""
    currents = [-0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    measured_beforehand = np.array([0, 3, 90, 183, 223, 235])
    rates = rates_at(currents, 100, 0.5 * second, noise=True)
    assert np.all(abs(rates - measured_beforehand) < np.maximum(6, 0.05 * measured_beforehand))


def test_dendrite_never_reaches_the_membrane():
    group = cells(2)
    group.u = [0, 5] * volt
    group.current = 0.12 * volt
    monitor = StateMonitor(group, "v", record=True)
    Network(group, monitor).run(50 * ms, namespace=stimulus())
    assert np.array_equal(monitor.v[0], monitor.v[1])


GREY = [0.1, 0.3, 0.43, 0.5, 0.6, 0.7, 0.8, 0.9, 0.996]
PIXEL = {
    "dead_time": 4e-3,
    "hazard_at_threshold": 100.0,
    "drive_gain": 0.5,
    "grey_offset": 0.43,
    "drive_threshold": 0.1,
    "drive_width": 0.05,
}


def test_pixel_rate_is_dead_time_plus_exponential_interval():
    expected = [dead_time_poisson.rate(grey, **PIXEL) for grey in GREY]
    np.testing.assert_allclose(expected, [0.5, 3.6, 12.8, 24.6, 57, 112, 172, 214, 235], rtol=0.06)


@pytest.mark.parametrize("step", [0.1 * ms, 1 * ms])
def test_pixel_rates_do_not_depend_on_the_time_step(step):
    """200 copies for 1 s, the image refreshed every 50 ms: 4 standard errors of a Poisson count."""
    defaultclock.dt = step
    copies, grey = 200, [0.0, *GREY[1:]]
    units = {"dead_time": ms * 4, "hazard_at_threshold": 100 * Hz, "silent_drive": 1 * volt}
    volts = {k: PIXEL[k] * volt for k in ("drive_gain", "drive_threshold", "drive_width")}
    cell = dead_time_poisson.dead_time_poisson(**units, **volts, grey_offset=0.43)
    group = cell.group(copies * len(grey), "pixels", clocks())
    monitor = SpikeMonitor(group)
    shown = {
        "images": TimedArray([np.repeat(grey, copies)], dt=50 * ms),
        "order": TimedArray([0.0], dt=50 * ms),
        "frame": 50 * ms,
        "onset": 0 * second,
    }
    Network(group, monitor).run(1 * second, namespace=shown)
    counts = np.array(monitor.count).reshape(len(grey), copies).sum(axis=1)
    expected = np.array([0, *(copies * dead_time_poisson.rate(g, **PIXEL) for g in grey[1:])])
    assert np.all(abs(counts - expected) <= 4 * np.sqrt(expected) + 1)
    trains = [t for t in monitor.spike_trains().values() if len(t) > 1]
    assert min(float(np.diff(t).min()) for t in trains) > 4e-3 - 1.01 * float(step)


def error_rates(label, prediction, copies: int, duration, shared: bool = False):
    """Rates of E+ and E- for Poisson label and prediction trains; shared: one train for both."""
    pairs = error_pair(copies, threshold=100 * mV).group(2 * copies, "pairs", clocks())
    labels = PoissonGroup(copies, label * Hz)
    predictions = labels if shared else PoissonGroup(copies, prediction * Hz)
    objects = [pairs, labels, predictions]
    for source, effect in ((labels, 1), (predictions, -1)):
        synapses = Synapses(
            source,
            pairs,
            on_pre="balance_post += effect*side_post*90*mV",
            namespace={"effect": effect},
        )
        synapses.connect(j="i + k*N_pre for k in range(2)")
        objects.append(synapses)
    monitor = SpikeMonitor(pairs, record=False)
    Network(*set(objects), monitor).run(duration)
    counts = np.array(monitor.count).reshape(2, copies)
    return counts.mean(axis=1) / float(duration)


@pytest.mark.parametrize(
    ("label", "prediction", "plus", "minus"),
    [(250, 0, 225.7, 0), (100, 50, 65.7, 16.0), (100, 100, 49.4, 48.9), (0, 100, 0, 89.5)],
)
def test_error_pair_rates(label, prediction, plus, minus):
    """100 s (100 pairs for 1 s); within 4 standard errors of a Poisson count plus 1 %."""
    rates = error_rates(label, prediction, 100, 1 * second)
    for rate, expected in zip(rates, (plus, minus), strict=True):
        assert abs(rate - expected) <= 4 * np.sqrt(max(expected, 0) / 100) + 0.01 * expected
    net, difference = abs(rates[0] - rates[1]), abs(label - prediction)
    assert 0.9 * difference - 3 <= net <= difference + 3


def test_equal_trains_make_no_error_at_all():
    assert np.array_equal(error_rates(100, 100, 20, 0.5 * second, shared=True), [0, 0])


def test_nine_error_spikes_for_ten_label_spikes():
    """90 mV per spike, threshold 100 mV, overshoot kept; one spike of slack for ties."""
    pairs = error_pair(1, threshold=100 * mV).group(2, "pairs", clocks())
    label = SpikeGeneratorGroup(1, np.zeros(50, int), np.arange(50) * 4 * ms)
    synapses = Synapses(label, pairs, on_pre="balance_post += side_post*90*mV")
    synapses.connect()
    monitor = SpikeMonitor(pairs)
    Network(pairs, label, synapses, monitor).run(0.21 * second)
    assert set(monitor.i) == {0}
    assert 43 <= monitor.num_spikes <= 45
    assert 1 < monitor.t[0] / (4 * ms) <= 1.2  # not the first label spike, but the second


def drift(*currents: float, transmission: float = 1.0, eta: float = 6e-4, copies: int = 20):
    """Mean weight change [V] per second of each current, at 50 Hz input and 225 Hz errors."""
    held = np.repeat(currents, copies)
    copies = len(held)
    holding = Cell(
        equations="held : volt (constant)",
        operations={"holding": Operation("current = held", when="before_synapses", order=-1)},
    )
    post = (CELL + RULE.post() + holding).group(copies, "cells", clocks())
    post.learning_rate, post.held = eta, held * volt
    pre, error = PoissonGroup(copies, 50 * Hz), PoissonGroup(copies, 225 * Hz)
    rule = EventDrivenRandomBackprop(transmission=transmission, **GATE)
    plastic = connect(rule, pre, post, clocks(), name="plastic", j="i").synapses
    to_dendrite = Synapses(error, post, on_pre="u_post += 90*mV")
    to_dendrite.connect(j="i")
    net = Network(pre, post, error, plastic, to_dendrite)
    net.run(50 * ms, namespace=stimulus(0.0))
    assert np.all(np.array(plastic.w) == 0)
    net.run(1 * second, namespace=stimulus())
    return np.array(plastic.w_).reshape(len(currents), -1).mean(axis=1)


@pytest.mark.parametrize("transmission", [1.0, 0.65])
def test_weight_drift_at_constant_error(transmission):
    """200 s in all: 10,000 input spikes and as much noise from the error; 6 % allowed."""
    rule = EventDrivenRandomBackprop(transmission=transmission, **GATE)
    dendrite = 225 * 0.09 * 5e-3  # a leaky sum: rate x height x time constant
    expected = rule.drift({"rate": 50}, {"u": dendrite, "current": 0.0, "learning_rate": 6e-4})
    assert expected == pytest.approx({1.0: 3.04e-3, 0.65: 1.97e-3}[transmission], rel=0.005)
    assert drift(0.0, transmission=transmission, copies=200) == pytest.approx(expected, rel=0.06)


def test_gate_is_open_strictly_inside_only():
    found = drift(-1.3, -1.15, -1.1499, 1.1499, 1.15, 1.3)
    assert np.all(found[[2, 3]] > 2e-3)
    assert np.all(found[[0, 1, 4, 5]] == 0)


def test_flipped_sign_of_the_learning_rate_flips_the_drift():
    assert drift(0.0, eta=-6e-4) < -2e-3


def test_random_rounding_keeps_the_mean():
    """0.0123 V on a grid of 1.5/256 V: 20,000 draws, standard error 0.00002 V."""
    post = cells(20_000)
    pre = SpikeGeneratorGroup(1, [0], [0] * ms)
    rule = EventDrivenRandomBackprop(levels=256, largest=0.75 * volt, **GATE)
    step = 1.5 / 256
    synapses = connect(rule, pre, post, clocks(), name="rounded").synapses
    synapses.w = "(1 - 2*(j % 2))*0.0123*volt"
    Network(pre, post, synapses).run(0.2 * ms, namespace=stimulus(0.0))
    w = np.array(synapses.w_)
    assert np.allclose(w / step, np.round(w / step), atol=1e-9)
    assert w[::2].mean() == pytest.approx(0.0123, abs=1e-4)
    assert w[1::2].mean() == pytest.approx(-0.0123, abs=1e-4)
