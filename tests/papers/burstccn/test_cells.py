"""Bursting cells and rules, one at a time (Payeur 2021).

On the engine.  Statistical tests say how many events they rest on.
"""

from dataclasses import replace

import brian2 as b2
import numpy as np
import pytest
from brian2 import Hz, ms, mV, pA, second

from bioplaus.analysis import find_bursts
from bioplaus.models.burstccn.cell_parameters import SimplifiedCell
from bioplaus.models.burstccn.cells import background, bursting
from bioplaus.models.burstccn.network import scaled_wiring
from bioplaus.models.burstccn.parameters import PoissonPairs, Spiking, check_spiking
from bioplaus.models.burstccn.poisson import build_poisson
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.parameters import ParameterError
from bioplaus.plasticity.burst_rule import BurstRule
from bioplaus.plasticity.rule import connect


@pytest.fixture(autouse=True)
def seeded(engine_target):
    b2.seed(1)


RULE = {"tau_pre": 100 * ms, "rate_min": 0 * Hz, "rate_max": 100 * Hz, "w_max": 100}


def always():
    return {"plasticity": b2.TimedArray([1.0], dt=100 * second), "onset": 0 * second}


def bursting_cells(count, p, step=0.1, method="euler"):
    clocks = Clocks.of(step * ms, step * ms)
    return bursting(p, step * ms, method).group(count, "cells", clocks)


def noisy_cells(currents, count, step, method="euler"):
    """``count`` cells for each dendritic current [pA], with the background of the output."""
    cells = bursting_cells(count * len(currents), SimplifiedCell(), step, method)
    cells.I_dend = np.repeat(currents, count) * pA
    noise = background(cells, "", 150, 0.35, 0.35) + background(cells, "_dend", 500, 0.05, 0.05)
    return cells, noise


def rates_and_probabilities(currents, count, step, method="euler", seconds=2.0):
    cells, noise = noisy_cells(currents, count, step, method)
    cells.I_soma = 150 * pA
    monitors = [b2.EventMonitor(cells, name, record=False) for name in ("spike", "burst")]
    b2.Network(cells, noise, monitors).run(seconds * second)
    events, bursts = (np.array(m.count).reshape(len(currents), count).sum(axis=1) for m in monitors)
    return events / (count * seconds), bursts / events


@pytest.mark.parametrize(("step", "method"), [(0.2, "euler"), (1.0, "exponential_euler")])
def test_dendrite_sets_the_burst_probability_and_soma_the_rate(step, method):
    """T12, against a curve measured with an independent implementation at 0.1 ms.

    About 1,100 events for each current: sd of p at most 0.015, of the rate 0.085 Hz; four sd.
    """
    rate, p = rates_and_probabilities([0, 200, 400, 600, 800], 200, step, method)
    assert p == pytest.approx([0.095, 0.214, 0.406, 0.623, 0.780], abs=0.06)
    assert rate == pytest.approx(2.80, abs=0.34)


def test_static_dendrite_moves_by_the_current_over_leak_and_adaptation():
    """T15: 400 pA / (170 pF / 7 ms + 13 nS) = 10.73 mV."""
    cells = bursting_cells(1, SimplifiedCell())
    cells.I_dend = 400 * pA
    b2.Network(cells).run(400 * ms)
    assert cells.v_dend[0] / mV == pytest.approx(-70 + 400 / (170 / 7 + 13), abs=1e-3)


def test_simplified_cell_has_pairs_that_the_offline_criterion_finds():
    """Its own event and burst marks equal 16 ms criterion on all of its spikes."""
    cells, noise = noisy_cells([400], 100, 0.2)
    cells.I_soma = 150 * pA
    opening, second_spike = (b2.EventMonitor(cells, name) for name in ("spike", "burst"))
    b2.Network(cells, noise, opening, second_spike).run(2 * second)
    t = np.concatenate([opening.t_, second_spike.t_])
    i = np.concatenate([opening.i, second_spike.i])
    found = find_bursts(t, i)
    # a burst whose second spike falls behind the end of the run is in neither count
    assert len(found.start) == len(opening.t_) > 300
    assert found.is_burst.sum() == len(second_spike.t_) > 100
    assert found.spikes.max() == 2
    gaps = (found.end - found.start)[found.is_burst]
    assert gaps.min() >= 5e-3 - 1e-9
    assert gaps.max() <= 15e-3 + 1e-9


@pytest.mark.parametrize("moving_average", [False, True])
@pytest.mark.parametrize("probability", [0.3, 0.6])
def test_drift_is_proportional_to_burst_probability_above_the_baseline(moving_average, probability):
    """T16: dw/dt = eta E (P - p0) times the mean presynaptic trace, zero at P = p0 = 0.3.

    20 Hz in steps of 1 ms give the trace a mean of 2; 100 cells of 8 Hz for 8 s make 6,400 events:
    the sum of marks has an sd of about 1.3 % of eta E T.
    """
    rule = BurstRule(moving_average, tau_average=1e7 * second, **RULE)
    marked = Cell(
        "g_exc : 1\nrate : Hz\nP : 1\ndue : integer",
        threshold="rand() < rate*dt",
        reset="due = 2*int(rand() < P)",
        method="euler",
        # A burst mark a step after its event: the mark and the event of one step stay apart.
        events={"burst": "due == 1"},
        operations={"later": Operation("due = clip(due - 1, 0, 2)")},
    )
    clocks = Clocks.of(1e-3, 1e-3)
    cells = (marked + rule.pre() + rule.post()).group(101, "cells", clocks)
    cells.rate, cells.P, cells.p_b = 8 * Hz, probability, 0.3
    cells.rate[100] = 20 * Hz
    cells.E_bar, cells.B_bar = 10 * Hz, 3 * Hz
    synapses = connect(rule, cells, cells, clocks, i=100, j=np.arange(100)).synapses
    synapses.w, synapses.eta = 50, 0.01
    net = b2.Network(cells, synapses)
    net.run(1 * second, namespace=always())
    synapses.w = 50
    net.run(8 * second, namespace=always())
    drift = float(np.mean(synapses.w) - 50) / (0.01 * 8 * 8 * 2)
    # the one presynaptic cell fires 160 times: its mean trace is known to 8 %
    assert drift == pytest.approx(probability - 0.3, abs=0.02 + 0.3 * abs(probability - 0.3))


def test_poisson_pairs_have_the_rates_of_the_formula_and_opposite_drifts():
    """T10: events r exp(-rT), bursts r exp(-rT)(1 - exp(-rT)); dw < 0 at 25 Hz, > 0 at 80 Hz.

    50 cells for 1.5 s: at least 400 bursts, sd 5 %, four of which are allowed.
    """
    clocks = Clocks.of(1e-4, 10.0)
    pairs = PoissonPairs(rates=2, pairs=50)
    model = build_poisson(pairs, np.random.default_rng(0), {}, clocks)
    model.network.run(1.5 * second, namespace=always())
    cells = model.populations["cells"]
    events = np.asarray(cells.n_events).reshape(2, 50).mean(axis=1) / 1.5
    bursts = np.asarray(cells.n_bursts).reshape(2, 50).mean(axis=1) / 1.5
    short = 1 - np.exp(-np.array([25, 80]) * 16e-3)
    formula = np.array([25, 80]) * (1 - short)
    assert events == pytest.approx(formula, rel=0.12)
    assert bursts == pytest.approx(formula * short, rel=0.2)
    drift = model.plastic["pairs"].weights.data.reshape(2, 50).mean(axis=1) - 1e6
    assert drift[0] < 0 < drift[1]


def test_weight_without_any_event_stays():
    """Burst probability is undefined without an event: nothing moves and nothing breaks."""
    rule = BurstRule(True, tau_average=2 * second, **RULE)
    quiet = Cell(
        "g_exc : 1", threshold="i == 0 and t > 10*ms", method="euler", events={"burst": "False"}
    )
    clocks = Clocks.of(1e-4, 1e-4)
    cells = (quiet + rule.pre() + rule.post()).group(2, "cells", clocks)
    synapses = connect(rule, cells, cells, clocks, i=0, j=1).synapses
    synapses.w, synapses.eta = 0.5, 0.1
    b2.Network(cells, synapses).run(20 * ms, namespace=always())
    assert synapses.w[0] == 0.5
    assert cells.P_bar[1] == 0


def test_floor_acts_at_presynaptic_events_by_what_the_rate_it_reads_lacks():
    """Four events: w grows by 4 eta (2 - 0.5), and not at all where the rate read is above 2 Hz."""
    settings = {**RULE, "rate_min": 2 * Hz, "tau_average": 2 * second}
    rule = BurstRule(False, **settings, floor_reads="heard")
    quiet = Cell(
        "g_exc : 1\nheard : Hz",
        threshold="i == 0 and int(t/ms + 0.5) % 5 == 0",
        method="euler",
        events={"burst": "False"},
    )
    clocks = Clocks.of(1e-3, 1e-3)
    cells = (quiet + rule.pre() + rule.post()).group(3, "cells", clocks)
    cells.heard = [0, 0.5, 3] * Hz
    synapses = connect(rule, cells, cells, clocks, i=0, j=[1, 2]).synapses
    synapses.w, synapses.eta = 0.5, 0.01
    b2.Network(cells, synapses).run(20 * ms, namespace=always())
    assert np.asarray(synapses.w) == pytest.approx([0.5 + 4 * 0.01 * 1.5, 0.5])


def test_wiring_keeps_mean_and_variance_of_the_input():
    for cells in (50, 100, 200, 500, 2000):
        probability, scale = scaled_wiring(cells)
        assert cells * probability * scale == pytest.approx(100)
        assert (1 - probability) / (cells * probability) == pytest.approx(0.8 / 100)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extra_to": "25 ms"}, "does not fit into the refractory period"),
        ({"burst_window": "25 ms"}, "events and bursts cannot be told apart"),
        ({"baseline_output": 0.7}, "at most 0.5"),
        ({"baseline_hidden_1": 0.0}, "above 0"),
        ({"step": "1 ms"}, "raises the rates"),
        ({"cells": 1}, "cells = 1 is out of range"),
        ({"input_on": "-400 pA"}, "bit 1 must drive"),
    ],
)
def test_impossible_settings_are_refused_with_a_reason(changes, message):
    with pytest.raises(ParameterError, match=message):
        check_spiking(replace(Spiking(), **changes))
