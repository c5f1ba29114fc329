"""Pairs and triplets of given spikes, beside closed forms and sums over all spikes."""

from __future__ import annotations

import json
from math import exp
from pathlib import Path

import numpy as np
import pytest
from brian2 import TimedArray, ms, second

from bioplaus.plasticity.pair_stdp import PairSTDP
from bioplaus.plasticity.reward_modulated_stdp import RewardModulatedSTDP
from bioplaus.plasticity.triplet_stdp import TripletSTDP
from tests.plasticity.spike_pairs import learned, weights

pytestmark = pytest.mark.usefixtures("engine_target")

PAIR = PairSTDP(20 * ms, 20 * ms, 0.01, 0.0105, low=-10, high=10)
FREQUENCIES = (10.0, 20.0, 40.0, 50.0)
SETS = {  # A2+, A3+, A2-, A3-, tau_x, tau_y [ms]
    "visual, all-to-all, full": (5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0),
    "visual, all-to-all, minimal": (0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0),
    "visual, nearest, full": (8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0),
    "hippocampal, all-to-all, full": (6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0),
}


def triplet(name: str) -> TripletSTDP:
    *amplitudes, tau_x, tau_y = SETS[name]
    taus = (16.8 * ms, 33.7 * ms, tau_x * ms, tau_y * ms)
    return TripletSTDP(*amplitudes, *taus, low=-10, high=10, nearest="nearest" in name)


def change(rule, pre, post, step=1e-3, **options):
    """Times in ms."""
    made = learned(
        rule,
        [[1e-3 * t for t in train] for train in pre],
        [[1e-3 * t for t in train] for train in post],
        step=step,
        start=0.0,
        **options,
    )
    return weights(made)


def test_the_window_of_one_pair() -> None:
    lags = [-60, -30, -10, -1, 1, 10, 30, 60]
    found = change(PAIR, [[100]] * len(lags), [[100 + lag] for lag in lags])
    closed = [0.01 * exp(-lag / 20) if lag > 0 else -0.0105 * exp(lag / 20) for lag in lags]
    assert found == pytest.approx(closed, abs=1e-14)
    assert closed[2] == pytest.approx(-0.006368571926982651, abs=1e-17)
    assert closed[5] == pytest.approx(0.006065306597126334, abs=1e-17)


def test_two_spikes_in_one_step_are_a_pair_whose_presynaptic_spike_came_first() -> None:
    assert change(PAIR, [[50]], [[50]]) == pytest.approx([0.01], abs=1e-15)
    minimal = triplet("visual, all-to-all, minimal")
    after_one = 6.5e-3 * exp(-20 / 114) * (1 + exp(-20 / 16.8)) - 7.1e-3 * exp(-20 / 33.7)
    assert change(minimal, [[50, 70]], [[50, 70]]) == pytest.approx([after_one], abs=1e-14)


@pytest.mark.parametrize("nearest", [False, True])
def test_all_spikes_pair_or_the_nearest(nearest) -> None:
    """Two before one: both pair with it, or the second alone; and the other way round."""
    rule = PairSTDP(20 * ms, 30 * ms, 0.01, 0.0105, low=-10, high=10, nearest=nearest)
    found = change(rule, [[10, 20], [40]], [[40], [10, 20]])
    one = 0 if nearest else 1
    assert found == pytest.approx(
        [0.01 * (exp(-1) + one * exp(-1.5)), -0.0105 * (exp(-2 / 3) + one * exp(-1))], abs=1e-14
    )


def test_weights_stay_within_their_bounds_and_move_on_from_there() -> None:
    """Three pairs up against the bound, then one down: it is taken from the bound."""
    rule = PairSTDP(20 * ms, 20 * ms, 0.5, 0.5, low=-0.25, high=0.75)
    down = 0.5 * exp(-5 / 20)
    found = change(rule, [[10, 300, 600, 905]], [[11, 301, 601, 900]])
    left = 0.75 - down
    assert found == pytest.approx([left], abs=1e-5)  # what is left of 300 ms: e^-15
    assert change(rule, [[15, 315]], [[10, 310]]) == pytest.approx([-0.25], abs=1e-15)


def test_a_learning_rate_scales_and_nothing_moves_at_0() -> None:
    pre, post = [[10, 30, 37]], [[12, 31, 33]]
    whole = change(PAIR, pre, post)
    assert change(PAIR, pre, post, live={"learning_rate": 0.5}) == pytest.approx(whole / 2)
    assert change(PAIR, pre, post, live={"learning_rate": 0.0}).tolist() == [0.0]


def test_a_delay_counts_from_the_arrival() -> None:
    """5 ms under way: 10 ms after the presynaptic spike is a lag of 5, 3 ms one of -2."""
    found = change(PAIR, [[50], [50]], [[60], [53]], delay=5 * ms)
    assert found == pytest.approx([0.01 * exp(-5 / 20), -0.0105 * exp(-2 / 20)], abs=1e-14)


def test_a_spike_transmits_the_weight_that_it_found() -> None:
    """Post, pre, pre: the first presynaptic spike adds 1/2, the second what the first has left."""
    rule = PairSTDP(20 * ms, 20 * ms, 0.01, 0.1, drives="heard")
    made = learned(rule, [[0.02, 0.03]], [[0.01]], step=1e-3)
    first = 0.5 - 0.1 * exp(-10 / 20)
    assert made.synapses.target.heard[:] == pytest.approx([0.5 + first], abs=1e-14)
    assert weights(made) == pytest.approx([first - 0.1 * exp(-20 / 20)], abs=1e-14)


def summed(name: str, pre, post) -> float:
    """The change as a sum over spikes [ms], without traces that are carried along."""
    a2p, a3p, a2m, a3m, tau_x, tau_y = SETS[name]
    pre, post = np.asarray(pre, float), np.asarray(post, float)

    def trace(spikes, t, tau, same) -> float:
        before = spikes[spikes <= t] if same else spikes[spikes < t]
        if "nearest" in name:
            before = before[-1:]
        return float(np.exp(-(t - before) / tau).sum())

    grows = sum(
        trace(pre, t, 16.8, True) * (a2p + a3p * trace(post, t, tau_y, False)) for t in post
    )
    falls = sum(
        trace(post, t, 33.7, False) * (a2m + a3m * trace(pre, t, tau_x, False)) for t in pre
    )
    return grows - falls


@pytest.mark.parametrize("name", SETS)
def test_sixty_pairs_change_by_their_frequency(name) -> None:
    pre = [100 + 1000 / f * np.arange(60) for f in FREQUENCIES for _ in (10, -10)]
    post = [train + lag for train, lag in zip(pre, (10, -10) * len(FREQUENCIES))]
    expected = [summed(name, *trains) for trains in zip(pre, post)]
    assert np.abs(change(triplet(name), pre, post) - expected).max() < 1e-10


def test_the_minimal_set_in_closed_form() -> None:
    """Pairs at 10 Hz, 10 ms: geometric series."""
    k, m, q = (exp(-100 / tau) for tau in (16.8, 33.7, 114))
    n = np.arange(60)
    grows = exp(-10 / 16.8) * (1 - k ** (n + 1)) / (1 - k) * 6.5e-3 * q * (1 - q**n) / (1 - q)
    falls = 7.1e-3 * exp(-90 / 33.7) * (1 - m**n) / (1 - m)
    closed = float((grows - falls).sum())
    pre = 100 + 100 * np.arange(60)
    found = change(triplet("visual, all-to-all, minimal"), [pre], [pre + 10])
    assert found == pytest.approx([closed], abs=1e-12)
    assert closed == pytest.approx(0.11864129646880679, abs=1e-15)


def test_ten_protocols_of_nest() -> None:
    """What NEST's triplet synapse computed for the same spikes."""
    stored = json.loads((Path(__file__).parent / "oracle" / "stdp_nest.json").read_text())
    for name in {row["set"] for row in stored["triplet"]}:
        rows = [row for row in stored["triplet"] if row["set"] == name]
        found = change(triplet(name), [row["pre"] for row in rows], [row["post"] for row in rows])
        assert np.abs(found - [row["dw"] for row in rows]).max() < 1e-10


def test_rewards_move_weights_as_a_program_of_its_own_says() -> None:
    """Chance spikes and rewards, eight synapses, with and without memory, both kinds of pairing."""
    rng = np.random.default_rng(4)
    steps, cells = 400, 8
    pre, post = (rng.random((2, steps, cells)) < 0.06).astype(int)
    reward = rng.normal(size=(steps, 1)) * (rng.random((steps, 1)) < 0.1) * np.ones(cells)
    trains = [[np.flatnonzero(each[:, k]) for k in range(cells)] for each in (pre, post)]
    for kept, nearest in ((0.96, False), (0.96, True), (0.0, False)):
        rule = RewardModulatedSTDP(
            20 * ms, 15 * ms, 1.0, 1.2, kept, low=-0.3, high=0.4, nearest=nearest
        )
        signals = {"given": TimedArray(reward, dt=1e-3 * second, name="given")}
        found = change(
            rule, *trains, signals=signals, post_has="reward = given(t, i) : 1",
            live={"learning_rate": 0.1}, seconds=1e-3 * steps,
        )  # fmt: skip
        x, y, c, w = np.zeros((4, cells))
        for t in range(steps):
            x, y = x * exp(-1 / 20), y * exp(-1 / 15)
            c = c - 1.2 * y * pre[t]
            x = np.where(pre[t], 1.0, x) if nearest else x + pre[t]
            c = c + 1.0 * x * post[t]
            y = np.where(post[t], 1.0, y) if nearest else y + post[t]
            w = np.clip(w + 0.1 * reward[t] * c, -0.3, 0.4)
            c = kept * c
        assert np.abs(found - w).max() < 1e-12
        assert np.ptp(found) > 0.1


def test_weights_move_as_often_as_they_are_told_to() -> None:
    """Every 10 ms, and a half of the eligibility is left each time: 20, 30, .. 90 ms."""
    rule = RewardModulatedSTDP(
        20 * ms, 20 * ms, 1.0, 1.5, kept=0.5, every=10 * ms, low=-10, high=10
    )
    found = change(rule, [[12]], [[13]], post_has="reward : 1", live={"reward": 2.0}, seconds=0.1)
    assert found == pytest.approx([2.0 * exp(-1 / 20) * (2 - 0.5**7)], abs=1e-13)


def test_a_pulse_of_reward_after_a_pair_in_closed_form() -> None:
    """A pair at a lag of 10 ms, dopamine 1 s later: a geometric series, near the integral.

    exp(-D/tau) exp(-t/tau_c) p tau, with 1/tau = 1/tau_c + 1/tau_d (Izhikevich 2007).
    """
    step, kept, fades = 1e-3, exp(-1 / 1000), exp(-1 / 200)
    t = np.arange(6000)
    dopamine = np.where(t >= 1110, 0.004 * fades ** np.maximum(t - 1110, 0), 0.0)
    signals = {"given": TimedArray(dopamine, dt=step * second, name="given")}
    rule = RewardModulatedSTDP(20 * ms, 20 * ms, 1.0, 1.5, kept, low=-10, high=10)
    found = change(
        rule, [[100], [110]], [[110], [100]], signals=signals,
        post_has="reward = given(t) : 1", seconds=6.0,
    )  # fmt: skip
    series = exp(-0.5) * kept**1000 * 0.004 * (1 - (kept * fades) ** 4890) / (1 - kept * fades)
    assert found == pytest.approx([series, -1.5 * series], abs=1e-11)
    assert found[0] == pytest.approx(0.14875344009895322, rel=4e-3)  # half a step of 167 ms
