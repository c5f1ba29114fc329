"""One harness for the mean change of every rule: hold what it reads, let events come, compare.

What a rule reads is held in two bare cells; spikes and bursts are independent Poisson events.
Where chance plays no part the change is exact; elsewhere it is compared within four standard
errors, estimated from the cells of both sides, which are independent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from brian2 import Hz, Network, TimedArray, linked_var, ms, second, seed, volt

from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.leaky_integrator import STEP, phases
from bioplaus.plasticity.burst_rule import BurstRate, BurstRule
from bioplaus.plasticity.dendritic_prediction import DendriticPrediction
from bioplaus.plasticity.error_path import DecoderRule, ForwardRule, MirroredRule, SignRule
from bioplaus.plasticity.event_driven_random_backprop import EventDrivenRandomBackprop, Mirror
from bioplaus.plasticity.follow import Explicit, Factorised
from bioplaus.plasticity.pair_stdp import PairSTDP
from bioplaus.plasticity.reward_modulated_stdp import RewardModulatedSTDP
from bioplaus.plasticity.rule import NoDrift, Rule, connect
from bioplaus.plasticity.triplet_stdp import TripletSTDP
from bioplaus.plasticity.two_phase import Differential, TwoPhase
from bioplaus.plasticity.voltage_stdp import VoltageSTDP

pytestmark = pytest.mark.usefixtures("engine_target")

STEP_S = 1e-3
CELLS = 20
COUNTS = phases(10, 5)
"""Sixteen steps a presentation."""


@dataclass
class Side:
    """A bare cell: what is held there [SI], its units, and the rates of its events [Hz]."""

    held: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, Any] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    def cell(self) -> Cell:
        events = {name: f"rand() < {rate}*Hz*dt" for name, rate in self.rates.items()}
        lines = [f"{name} : {'volt' if name in self.units else 1}" for name in self.held]
        values = {
            f"{name}_held": value * self.units.get(name, 1) for name, value in self.held.items()
        }
        put_back = "\n".join(f"{name} = {name}_held" for name in self.held)
        again = {"held": Operation(put_back, when="before_synapses", order=-1)} if put_back else {}
        return Cell(
            "\n".join([*lines, *([STEP] if self.counts else [])]),
            threshold=events.pop("spike", ""),
            method="euler",
            events=events,
            operations=again,
            constants=values | dict(self.counts),
            start={name: values[f"{name}_held"] for name in self.held},
        )


def change(rule: Rule, pre: Side, post: Side, live: Mapping[str, float], seconds: float) -> Any:
    """Change per second of every weight, (pre, post), after a second in which traces come in."""
    seed(7)
    clocks = Clocks.of(STEP_S, 0.1)
    a = (pre.cell() + rule.pre()).group(CELLS, "a", clocks)
    b = (post.cell() + rule.post()).group(CELLS, "b", clocks)
    others = []
    if isinstance(rule, Mirror):
        judged = Cell("signal : volt", start={"signal": 2e-5 * volt}).group(CELLS, "judged", clocks)
        a.judged_signal = linked_var(judged, "signal")
        others.append(judged)
    made = connect(rule, a, b, clocks)
    made.set_weights(np.full((CELLS, CELLS), 0.5))
    for owner in (b, made.synapses):
        for name, value in live.items():
            if name in owner.variables and not owner.variables[name].read_only:
                getattr(owner, f"{name}_")[:] = value
    names = {
        "onset": 0 * second,
        "frame": 0.1 * second,
        "plasticity": TimedArray([1.0], dt=1e6 * second),
        "teaching": TimedArray([-0.5], dt=1e6 * second),
        "label": TimedArray([-1.0], dt=1e6 * second),
    }
    network = Network(a, b, made.synapses, *others)
    network.run(1.024 * second, namespace=names)
    before = made.weights
    network.run(seconds * second, namespace=names)
    return (made.weights - before) / seconds


VOLTS = {"u": volt, "current": volt}
GATE = {"gate_low": -1.15 * volt, "gate_high": 1.15 * volt}
BURSTS = {"tau_pre": 20 * ms, "tau_average": 2 * second, "rate_min": 0 * Hz, "rate_max": 100 * Hz}
TRACE = {"decay": float(np.exp(-1 / 20)), "jump": (1 - float(np.exp(-1 / 20))) / ms}
ETA = {"learning_rate": 1e-3}
PAIR = (40 * ms, 30 * ms, 0.01, 0.004)

RANDOM = {
    "eRBP": (
        EventDrivenRandomBackprop(**GATE),
        Side(rates={"spike": 40.0}),
        Side({"u": 0.02, "current": 0.5}, VOLTS),
        ETA,
    ),
    "peRBP": (
        EventDrivenRandomBackprop(**GATE, transmission=0.65),
        Side(rates={"spike": 40.0}),
        Side({"u": -0.02, "current": 0.5}, VOLTS),
        ETA,
    ),
    "eRBP, a grid": (
        EventDrivenRandomBackprop(**GATE, levels=256, largest=1 * volt),
        Side(rates={"spike": 40.0}),
        Side({"u": 0.02, "current": 0.5}, VOLTS),
        ETA,
    ),
    "mirror": (
        Mirror(),
        Side({"side": 1.0}, rates={"spike": 1.0}),
        Side({"u": 0.0}, VOLTS, {"spike": 40.0}),
        {},
    ),
    "BurstCCN": (
        BurstRule(False, **BURSTS, w_max=1e3),
        Side(rates={"spike": 10.0, "burst": 1.0}),
        Side({"g_exc": 0.0}, rates={"spike": 8.0, "burst": 4.0}),
        {"p_b": 0.2, "eta": 1e-3},
    ),
    "pairs": (
        PairSTDP(*PAIR),
        Side(rates={"spike": 20.0}),
        Side(rates={"spike": 20.0}),
        ETA,
    ),
    "pairs, nearest": (
        PairSTDP(*PAIR, nearest=True),
        Side(rates={"spike": 20.0}),
        Side(rates={"spike": 20.0}),
        ETA,
    ),
    "voltage": (
        VoltageSTDP(
            0.14 / volt,
            3 / volt**2,
            -0.07 * volt,
            -0.045 * volt,
            10 * ms,
            7 * ms,
            100 * ms,
            4 * ms,
        ),
        Side(rates={"spike": 20.0}),
        Side(
            {"v": -0.02, "u_minus_before": -0.06, "u_plus_before": -0.04},
            dict.fromkeys(("v", "u_minus_before", "u_plus_before"), volt),
        ),
        ETA,
    ),
    "triplets": (
        TripletSTDP(0.002, 0.02, 0.004, 0.001, 40 * ms, 30 * ms, 60 * ms, 80 * ms),
        Side(rates={"spike": 20.0}),
        Side(rates={"spike": 20.0}),
        ETA,
    ),
    "pairs, rewarded": (
        RewardModulatedSTDP(*PAIR, kept=0.98),
        Side(rates={"spike": 20.0}),
        Side({"reward": 0.5}, rates={"spike": 20.0}),
        {"learning_rate": 1e-5},
    ),
    "FOLLOW, factorised": (
        Factorised(**TRACE),
        Side(rates={"spike": 60.0}),
        Side({"learning_error": 0.1}),
        {"learning_rate": 1e-2},
    ),
    "FOLLOW, every weight": (
        Explicit(**TRACE),
        Side(rates={"spike": 60.0}),
        Side({"error_current": -0.1}),
        {"learning_rate": 1e-2},
    ),
}


def arguments(pre: Side, post: Side, live: Mapping[str, float]) -> tuple[Any, Any]:
    """What ``drift`` is told."""
    own = {"rate": pre.rates.get("spike", 0.0), "N": CELLS, "judged_signal": 2e-5}
    behind = {"event_rate": post.rates.get("spike", 0.0), "burst_rate": post.rates.get("burst", 0)}
    rate = {"rate": post.rates.get("spike", 0.0)}
    return {**pre.held, **own}, {**post.held, **behind, **rate, "teaching": -0.5, **live}


@pytest.mark.parametrize("name", RANDOM)
def test_mean_change_is_the_drift(name):
    rule, pre, post, live = RANDOM[name]
    found = change(rule, pre, post, live, seconds=5.0)
    sides = (found.mean(axis=axis) for axis in (0, 1))
    error = np.sqrt(sum(means.var(ddof=1) / len(means) for means in sides))
    expected = rule.drift(*arguments(pre, post, live))
    assert expected != 0
    assert error < 0.2 * abs(expected)
    assert abs(found.mean() - expected) < 4 * error


def test_nothing_moves_outside_the_gate():
    rule, pre, _, live = RANDOM["eRBP"]
    closed = Side({"u": 0.02, "current": 2.0}, VOLTS)
    assert rule.drift(*arguments(pre, closed, live)) == 0
    assert not change(rule, pre, closed, live, seconds=0.5).any()


TWO = {"rate_free": 0.5, "rate_plus": 0.6, "rate_minus": 0.5, "rate_before": 0.5}
MOVES = {"rate_plus": 0.3, "rate_minus": 0.4, "change": -0.1, "moved": -0.02}
HELD = {
    "vector field": (TwoPhase(1), Side(TWO, counts=COUNTS), Side(MOVES)),
    "energy based": (TwoPhase(2, "energy-based"), Side(TWO, counts=COUNTS), Side(MOVES)),
    "differential": (Differential(1), Side(TWO, counts=COUNTS), Side({**MOVES, "s": 0.0})),
}


@pytest.mark.parametrize("name", HELD)
def test_change_of_a_presentation_is_exact(name):
    """Sixteen steps of 1 ms each; the differential rule sums five nudged steps."""
    rule, pre, post = HELD[name]
    if name == "differential":
        post = Side({**post.held, "s_before": 0.0})
    found = change(rule, pre, post, ETA, seconds=0.16) * 0.016
    told = {**MOVES, "moved": 5 * MOVES["moved"], "teaching": -0.5, **ETA}
    expected = rule.drift(TWO, told)
    assert expected != 0
    np.testing.assert_allclose(found, expected, rtol=1e-9)


AT_LEARN = {
    "forward": (ForwardRule(), {"rate": 0.5}, {"u": -0.1}),
    "mirrored": (MirroredRule(), {"u": -0.1}, {"rate": 0.5}),
    "signs": (SignRule(), {"u": -0.1}, {"rate": 0.5}),
}


@pytest.mark.parametrize("name", AT_LEARN)
def test_change_at_the_end_of_a_presentation_is_exact(name):
    rule, pre, post = AT_LEARN[name]
    found = change(rule, Side(pre, counts=COUNTS), Side(post), ETA, seconds=0.16) * 0.016
    np.testing.assert_allclose(found, rule.drift(pre, post | ETA), rtol=1e-9)


def test_a_decoder_follows_its_own_prediction():
    """All weights are alike and move by the drift at the label that they sum to."""
    rule, weight, passed = DecoderRule(), 0.5, []
    found = change(rule, Side({"wanted": 0.1}, counts=COUNTS), Side({"rate": 0.5}), ETA, 0.16)
    for _ in range(74):
        passed.append(weight)
        behind = {"rate": 0.5, "label": CELLS * 0.1 * weight, **ETA}
        weight += rule.drift({"wanted": 0.1}, behind)
    np.testing.assert_allclose(0.16 * found, weight - passed[64], rtol=1e-9)


@pytest.mark.parametrize(
    ("rule", "pre", "post", "live"),
    [
        (DendriticPrediction("error_apical"), {"rate": 0.4}, {"error_apical": -0.3}, {"eta": 2.0}),
        (
            DendriticPrediction("error_basal", 30 * ms),
            {"rate": 0.4},
            {"error_basal": 0.3},
            {"eta": 2.0},
        ),
        (BurstRate(10 * second), {"rate": 0.4}, {"change": -0.3}, {}),
    ],
    ids=["microcircuit", "microcircuit, filtered", "BurstCCN of rates"],
)
def test_change_in_continuous_time_is_exact(rule, pre, post, live):
    """A second is 33 time constants of the filter."""
    found = change(rule, Side(pre), Side(post), live, seconds=0.5)
    np.testing.assert_allclose(found, rule.drift(pre, {**post, **live}), rtol=1e-9)


def test_a_rule_without_expectation_says_why():
    with pytest.raises(NoDrift, match="P_bar follows"):
        BurstRule(True, **BURSTS, w_max=1.0).drift({"rate": 1.0}, {})
