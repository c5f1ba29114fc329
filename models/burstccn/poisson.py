"""The plasticity rule between Poisson spike trains (Greedy 2022, figure 1; Payeur 2021, figure 2).

At a rate r with intervals below T counted as bursts, the event rate is r exp(-rT), the burst rate
r exp(-rT)(1 - exp(-rT)), and p = 1 - exp(-rT): the weight stands still where p = p_b, that is at
r = -ln(1 - p_b)/T, and grows above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Clock, Network, NeuronGroup, Synapses, ms, second

from bioplaus.models.burstccn.parameters import PoissonPairs, check_baseline
from bioplaus.parameters import quantities
from bioplaus.plasticity.burst_rules import AT_BURST, AT_EVENT, TRACES, BurstRule

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


@dataclass
class PoissonModel:
    """Pairs of cells of equal rate; ``rates`` : (rate,) [Hz], pairs in the order of their rates."""

    network: Network
    cells: NeuronGroup
    pairs: Synapses
    rates: Any


def build_poisson(p: PoissonPairs) -> PoissonModel:
    """Build rings of cells, one for each rate; each cell projects to the next of its ring.

    Raises
    ------
    ParameterError
        For a value that cannot be used.
    """
    check_baseline("baseline", p.baseline)
    q = quantities(p)
    names = {
        "window": q.burst_window,
        "tau_pre": q.tau_pre,
        "tau_average": 2 * second,
        "rate_min": 0 / second,
        "rate_max": 1e6 / second,
        "w_max": 1e9,
    }
    rates = np.linspace(float(q.lowest), float(q.highest), p.rates)
    cells = NeuronGroup(
        p.rates * p.pairs,
        _CELL + TRACES,
        threshold="fires > 0",
        reset="in_burst = t - t_last < window - 0.5*dt\nt_last = t",
        events={
            "event": f"fires > 0 and {_OPENS}",
            "burst": f"fires > 0 and not ({_OPENS}) and not in_burst",
        },
        method="euler",
        clock=Clock(0.1 * ms, name="step_clock"),
        name="cells",
        namespace=names,
    )
    cells.run_on_event("event", AT_EVENT + "n_events += 1")
    cells.run_on_event("burst", AT_BURST + "n_bursts += 1")
    cells.rate = np.repeat(rates, p.pairs) / second
    cells.t_last, cells.p_b = -1 * second, p.baseline
    pairs = Synapses(
        cells,
        cells,
        **BurstRule(moving_average=False, event="event").synapses(),
        clock=cells.clock,
        name="pairs",
        namespace=names,
    )
    here = np.arange(len(cells))
    following = here - here % p.pairs + (here + 1) % p.pairs
    pairs.connect(i=here, j=following)
    pairs.w, pairs.eta = 1e6, 1.0
    return PoissonModel(Network(cells, pairs), cells, pairs, rates)
