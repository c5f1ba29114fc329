"""Pairs of spikes over their frequency, learned by voltage (Clopath and others 2010, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.reward_stdp import pairs_figures
from bioplaus.models.reward_stdp import pairing, voltage
from bioplaus.models.reward_stdp.parameters import Voltage
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run, Trace

FREQUENCIES = (10.0, 20.0, 30.0, 40.0, 50.0)
ORDERS = (0, 1)
"""The postsynaptic spike is the first of a pair; the presynaptic one is."""
STEP = 1e-4
NEST = (
    (57.82638671, 57.42647124, 72.16730055, 103.86890091, 149.43359308),
    (103.30409261, 112.53592707, 124.03641586, 138.94654361, 157.02883397),
)
"""Weights [%] after the default protocol, by order and frequency, by NEST 3.10
(``aeif_psc_delta_clopath`` with ``clopath_synapse``)."""


@dataclass(frozen=True)
class Settings(Voltage):
    """Five pairs, 10 ms apart, at each of five frequencies, in both orders."""

    pairs: int = parameter(5, "pairs of spikes", low=1)
    repetitions: int = parameter(15, "times that the protocol stands for", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Weight at the last presynaptic spike [% of the first]."""
    pre, post = _protocol(p.pairs)
    clocks = neurons.Clocks.of(STEP, 0.1)
    model = voltage.build(p, run.rng, {"pre": voltage.told(p, len(pre), clocks)}, clocks)
    run.live(model, voltage.live)
    traces = [Trace("post", name, len(pre), "0.1 ms") for name in ("v", "u_plus_before")]
    run.record(*traces, Trace("synapses", "w", len(pre), "0.1 ms"), of=model)
    found: dict[str, float] = {}
    run.keep(found=found)
    for _ in run.segments(1):
        steps = max(train[-1] for train in (*pre, *post)) + 100
        stimulus, command = (pairing.table(trains, steps) for trains in (pre, post))
        run.present(model, tasks.stretch(STEP, stimulus=stimulus, command=command))
        change = np.asarray(model.plastic["pre_to_post"].weights.diagonal()) / p.first_weight - 1
        weight = 100 * (1 + p.repetitions * change).reshape(len(ORDERS), -1)
        axes = {"order": (np.array(ORDERS), "1"), "frequency": (np.array(FREQUENCIES), "Hz")}
        run.put("weight", weight, "1", **axes)
        run.put("weight_by_nest", np.array(NEST), "1", **axes)
        found |= {
            "largest_difference": float(np.abs(weight - NEST).max()),
            "post_first_10_hz": weight[0, 0],
            "post_first_50_hz": weight[0, -1],
        }
        run.log(epoch=1, **found)
    return found


def _protocol(pairs: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Steps at whose end there is a spike, of each synapse.

    Where the presynaptic spike is the first, one more of them reads the weight.
    """
    pre, post = [], []
    for order in ORDERS:
        for f in FREQUENCIES:
            first = np.rint((20 + 1000 / f * np.arange(pairs + 1)) * 10).astype(int)
            pre.append(first if order else first[:-1] + 100)
            post.append(first[:-1] + 100 * order)
    return [train - 1 for train in pre], post


FORM = "network"
FIGURES = {"frequencies": pairs_figures.voltages, "traces": pairs_figures.voltage_traces}
