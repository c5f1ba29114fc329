"""Five populations of bursting cells that learn exclusive or (Payeur 2021; Greedy 2022).

    input 1, input 2 --W, excitation (plastic) and inhibition--> hidden 1, hidden 2
    hidden 1, hidden 2 --W, excitation (plastic) and inhibition--> output
    output --Y, bursts only--> dendrites of hidden 1 (net positive) and hidden 2 (net negative)
    output --Q, events only--> the same with the opposite sign, cancelling Y at rest (optional)

W and Q transmit the spike that opens an event, Y the burst mark: ideal decoders in place of
short-term depression and facilitation, with zero delay.

What is shown are ``stimulus`` (bit of each input), ``target``, ``teaching`` (0 or 1) and
``plasticity`` of the schedule, whose frame is ``p.slot``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, StateMonitor, Subgroup, Synapses

from bioplaus.models.burstccn.cells import background, bursting, every_spike
from bioplaus.models.burstccn.parameters import Spiking, check_spiking
from bioplaus.neurons.cell import Cell, Clocks, ShapeError
from bioplaus.parameters import quantities
from bioplaus.plasticity.burst_rule import BurstRule
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Projection, connect

__all__ = ["POPULATIONS", "BurstModel", "build", "live", "scaled_wiring", "time"]

POPULATIONS = ("input_1", "input_2", "hidden_1", "hidden_2", "output")
FLOORS = {"events": "E_bar", "spikes": "S_bar", "population": "rate_heard"}
"""The variable of a cell that ``floor_reads`` names."""


@dataclass(frozen=True)
class BurstModel(Model):
    """Each population is a slice of ``cells``; ``input_to_hidden`` and ``hidden_to_output`` learn.

    Attributes
    ----------
    cells
        All cells.
    readout
        For each population the events and bursts so far and its low-passed event rate [Hz];
        ``activity`` holds the counts at the end of every slot's first step.
    """

    cells: NeuronGroup
    readout: NeuronGroup
    activity: StateMonitor


def scaled_wiring(cells: int) -> tuple[float, float]:
    """Connection probability and factor on all network weights for a number of cells.

    Firing is driven by fluctuations, which come from the random wiring; (1 - p)/(N p) is kept at
    its value for N = 500, p = 0.2, and the mean input N p w is kept too.

    >>> scaled_wiring(500)
    (0.2, 1.0)
    """
    probability = 1 / (1 + 0.008 * cells)
    return probability, 100 / (cells * probability)


def time(p: Spiking) -> Clocks:
    """The step, and the slot as frame."""
    q = quantities(p)
    return Clocks.of(q.step, q.slot)


def live(p: Spiking) -> dict[str, Any]:
    """What may be set while the network runs: the learning rates, scaled like the weights."""
    scale = scaled_wiring(p.cells)[1]
    return {
        "input_to_hidden.eta": p.learning_rate_hidden * scale,
        "hidden_to_output.eta": p.learning_rate_output * scale,
    }


def build(
    p: Spiking, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> BurstModel:
    """Build the network.

    Wiring, initial state and noise are drawn by Brian2's own generator (``brian2.seed``), nothing
    by ``rng``.  There are no ``inputs``: input cells are bursting cells like all others.

    Raises
    ------
    ParameterError
        For a value that cannot be used.
    ShapeError
        If a population is given as input.
    """
    check_spiking(p)
    if inputs:
        raise ShapeError(f"the input cells are made here; {', '.join(inputs)} cannot be others")
    q, rule = quantities(p), _rule(p)
    own = Cell(
        "population : integer (constant)\nrate_heard : Hz",
        constants={
            "input_on": q.input_on,
            "input_off": q.input_off,
            "I_teacher": q.teacher_current,
        },
    )
    cell = bursting(p, clocks.step.dt, p.integration) + rule.pre() + rule.post() + own
    if p.floor_reads == "spikes":
        cell += every_spike(q.tau_floor)
    cells = cell.group(5 * p.cells, "cells", clocks)
    _set_populations(cells, p, q)
    populations = {name: _slice(cells, p, k, k + 1, name) for k, name in enumerate(POPULATIONS)}
    first = _slice(cells, p, 0, 2, "inputs")
    hidden = _slice(cells, p, 2, 4, "hidden")
    output = populations["output"]
    noise = [
        *background(first, "", 500, 0.35, 0.35, order=1),
        *background(hidden, "", 150, 0.385, 0.49, order=3),
        *background(output, "", 150, 0.35, 0.35, order=5),
        *background(cells, "_dend", 500, 0.05, 0.05, order=7),
    ]
    plastic = {
        name: _plastic(rule, pre, post, p, name, clocks)
        for name, pre, post in (
            ("input_to_hidden", first, hidden),
            ("hidden_to_output", hidden, output),
        )
    }
    fixed = [
        _fixed(first, hidden, "g_inh", p.inhibition_up, p),
        _fixed(hidden, output, "g_inh", p.inhibition_up, p),
        *_feedback(output, populations["hidden_1"], populations["hidden_2"], p),
    ]
    readout, activity, count = _readout(cells, p, q, clocks)
    teacher = [_teacher(output, p, clocks), *_hearing(readout, cells, p)]
    # The run_regularly of a slice belongs to the slice, which must stand in the network itself.
    show = first.run_regularly(
        "I_soma = input_off + (input_on - input_off)*stimulus(t - onset, population)",
        clock=clocks.frame,
        name="show",
    )
    learning = [each.synapses for each in plastic.values()]
    network = Network(cells, readout, activity, [*noise, *learning, *fixed, count, *teacher, show])
    model = BurstModel(network, populations, {**plastic}, clocks, cells, readout, activity)
    model.set(live(p))
    return model


def _slice(cells: NeuronGroup, p: Spiking, first: int, last: int, name: str) -> Subgroup:
    return Subgroup(cells, first * p.cells, last * p.cells, name=name)


def _set_populations(cells: NeuronGroup, p: Spiking, q: Any) -> None:
    """Constants in which the populations differ."""
    cells.population = np.repeat(np.arange(5), p.cells)
    for name, current, baseline in (
        ("hidden_1", q.dendrite_hidden_1, p.baseline_hidden_1),
        ("hidden_2", q.dendrite_hidden_2, p.baseline_hidden_2),
        ("output", q.dendrite_output, p.baseline_output),
    ):
        first = POPULATIONS.index(name) * p.cells
        cells.I_dend[first : first + p.cells] = current
        cells.p_b[first : first + p.cells] = baseline


def _rule(p: Spiking) -> BurstRule:
    q = quantities(p)
    return BurstRule(
        moving_average=p.rule == "burstprop",
        tau_pre=q.tau_pre,
        tau_average=q.tau_average,
        rate_min=q.rate_min,
        rate_max=q.rate_max,
        w_max=p.weight_max * scaled_wiring(p.cells)[1],
        floor_reads=FLOORS[p.floor_reads],
    )


def _plastic(
    rule: BurstRule, pre: Any, post: Any, p: Spiking, name: str, clocks: Clocks
) -> Projection:
    probability, scale = scaled_wiring(p.cells)
    made = connect(rule, pre, post, clocks, name=name, p=probability)
    made.synapses.w = p.weight_up * scale
    return made


def _fixed(
    pre: Any, post: Any, target: str, weight: float, p: Spiking, event: str = "spike"
) -> Synapses:
    """Projection of equal weights onto a conductance, carried by events or by burst marks."""
    probability, scale = scaled_wiring(p.cells)
    synapses = Synapses(
        pre,
        post,
        "w : 1 (shared)",
        on_pre=f"{target}_post += w",
        on_event=event,
        clock=pre.clock,
        name=f"{pre.name}_to_{post.name}_{target}_{event}",
    )
    synapses.connect(p=probability)
    synapses.w = weight * scale
    return synapses


def _feedback(output: Any, hidden_1: Any, hidden_2: Any, p: Spiking) -> list[Synapses]:
    down = [
        _fixed(output, hidden_1, "g_exc_dend", p.excitation_down_1, p, "burst"),
        _fixed(output, hidden_1, "g_inh_dend", p.inhibition_down_1, p, "burst"),
        _fixed(output, hidden_2, "g_exc_dend", p.excitation_down_2, p, "burst"),
        _fixed(output, hidden_2, "g_inh_dend", p.inhibition_down_2, p, "burst"),
    ]
    if p.q_pathway:
        down += [
            _fixed(output, hidden_1, "g_inh_dend", p.q_inhibition_1, p),
            _fixed(output, hidden_2, "g_exc_dend", p.q_excitation_2, p),
        ]
    return down


def _readout(
    cells: NeuronGroup, p: Spiking, q: Any, clocks: Clocks
) -> tuple[NeuronGroup, StateMonitor, Synapses]:
    """One element for each population that counts its events and bursts."""
    counter = Cell(
        """
        drate/dt = -rate/tau_readout : Hz
        n_events : 1
        n_bursts : 1
        """,
        method="exact",
        constants={"tau_readout": q.tau_readout},
    )
    readout = counter.group(len(POPULATIONS), "readout", clocks)
    each = np.arange(len(cells))
    count = Synapses(
        cells,
        readout,
        on_pre={
            "count_events": "n_events_post += 1; rate_post += 1/(members*tau_readout)",
            "count_bursts": "n_bursts_post += 1",
        },
        on_event={"count_events": "spike", "count_bursts": "burst"},
        clock=clocks.step,
        name="count",
        namespace={"members": p.cells, "tau_readout": q.tau_readout},
    )
    count.connect(i=each, j=each // p.cells)
    activity = StateMonitor(
        readout,
        ["n_events", "n_bursts"],
        record=True,
        clock=clocks.frame,
        when="end",
        name="activity",
    )
    return readout, activity, count


def _teacher(output: Any, p: Spiking, clocks: Clocks) -> Any:
    """Dendritic current of the output cells, renewed in every slot (Payeur 2021, released code).

    Target 1 calls for a rate of at least 9 Hz, target 0 for at most 3 Hz; in between the current
    falls as 1/(r - 2 Hz), or 1/(10 Hz - r), from its full size to nothing.
    """
    of_population = p.teacher_reads == "population"
    return output.run_regularly(
        f"""
        r = clip({"rate_heard" if of_population else "E_bar"}/Hz, 3, 9)
        bit = target(t - onset)
        more = int(r < 9)/(r - 2)
        less = int(r > 3)/(10 - r)
        I_teach = teaching(t - onset)*I_teacher*(bit*more - (1 - bit)*less)
        """,
        clock=clocks.frame,
        name="teach",
    )


def _hearing(readout: NeuronGroup, cells: NeuronGroup, p: Spiking) -> list[Synapses]:
    """What tells cells the rate of their population, where teacher or floor read it."""
    if "population" not in (p.floor_reads, p.teacher_reads):
        return []
    first = 0 if p.floor_reads == "population" else POPULATIONS.index("output")
    hear = Synapses(
        readout,
        cells,
        "rate_heard_post = rate_pre : Hz (summed)",
        clock=readout.clock,
        name="hear",
    )
    each = np.arange(first * p.cells, len(cells))
    hear.connect(i=each // p.cells, j=each)
    return [hear]
