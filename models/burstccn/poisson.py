"""The plasticity rule between Poisson spike trains (Greedy 2022, figure 1; Payeur 2021, figure 2).

At a rate r with intervals below T counted as bursts, the event rate is r exp(-rT), the burst rate
r exp(-rT)(1 - exp(-rT)), and p = 1 - exp(-rT): the weight stands still where p = p_b, that is at
r = -ln(1 - p_b)/T, and grows above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, second
from numpy.typing import NDArray

from bioplaus.models.burstccn.parameters import PoissonPairs, check_baseline
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.parameters import quantities
from bioplaus.plasticity.burst_rule import BurstRule
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect

__all__ = ["PoissonModel", "build_poisson"]

_CELL = """
rate : Hz (constant)
fires = int(rand() < rate*dt) : 1 (constant over dt)
t_last : second
in_burst : boolean
n_events : 1
n_bursts : 1
g_exc : 1
"""
# Half a step of slack: sums of time steps are not exact.
_OPENS = "t - t_last > window - 0.5*dt"


@dataclass(frozen=True)
class PoissonModel(Model):
    """Pairs of ``cells`` of equal rate, whose weights are ``pairs``.

    rates : (rate,) [Hz]; cells and pairs come in the order of their rates.
    """

    rates: NDArray[np.float64]


def build_poisson(
    p: PoissonPairs, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> PoissonModel:
    """Build rings of cells, one for each rate; each cell projects to the next of its ring.

    There are no ``inputs``, and nothing is drawn from ``rng``.

    Raises
    ------
    ParameterError
        For a value that cannot be used.
    """
    check_baseline("baseline", p.baseline)
    q = quantities(p)
    rule = BurstRule(
        moving_average=False,
        tau_pre=q.tau_pre,
        tau_average=2 * second,
        rate_min=0 / second,
        rate_max=1e6 / second,
        w_max=1e9,
        event="event",
    )
    rates = np.linspace(float(q.lowest), float(q.highest), p.rates)
    cell = Cell(
        _CELL,
        threshold="fires > 0",
        reset="in_burst = t - t_last < window - 0.5*dt\nt_last = t",
        method="euler",
        events={
            "event": f"fires > 0 and {_OPENS}",
            "burst": f"fires > 0 and not ({_OPENS}) and not in_burst",
        },
        on_event={"event": "n_events += 1", "burst": "n_bursts += 1"},
        constants={"window": q.burst_window},
        start={"rate": np.repeat(rates, p.pairs) / second, "t_last": -1 * second},
    )
    whole = cell + rule.pre() + rule.post() + Cell(start={"p_b": p.baseline})
    cells = whole.group(p.rates * p.pairs, "cells", clocks)
    here = np.arange(len(cells))
    following = here - here % p.pairs + (here + 1) % p.pairs
    pairs = connect(rule, cells, cells, clocks, name="pairs", i=here, j=following)
    pairs.synapses.w, pairs.synapses.eta = 1e6, 1.0
    network = Network(cells, pairs.synapses)
    return PoissonModel(network, {"cells": cells}, {"pairs": pairs}, clocks, rates)
