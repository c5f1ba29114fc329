"""Change by pairs of spikes depends on their frequency (Pfister and Gerstner 2006, figure 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.reward_stdp import pairs_figures
from bioplaus.models.reward_stdp import pairing, triplet_sum
from bioplaus.models.reward_stdp.parameters import SETS, Triplets
from bioplaus.parameters import parameter
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run

FREQUENCIES = (2.0, 5.0, 10.0, 12.5, 20.0, 25.0, 31.25, 40.0, 50.0)
LAGS = (10, -10)
STEP = 1e-3


@dataclass(frozen=True)
class Settings(Triplets):
    """Sixty pairs at each of nine frequencies, the later spike after 10 ms."""

    pairs: int = parameter(60, "pairs of spikes", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Largest difference of the network's changes from sums over all spikes."""
    pre = [100 + 1000 / f * np.arange(p.pairs) for f in FREQUENCIES for _ in LAGS]
    post = [train + lag for train, lag in zip(pre, LAGS * len(FREQUENCIES))]
    clocks = neurons.Clocks.of(STEP, 1.0)
    model = pairing.build(p, run.rng, {"pre": pairing.told(len(pre), clocks)}, clocks)
    run.live(model, pairing.live)
    found: dict[str, float] = {}
    run.keep(found=found)
    for _ in run.segments(1):
        steps = round(max(each[-1] for each in (*pre, *post))) + 2
        stimulus, command = (pairing.table(trains, steps) for trains in (pre, post))
        run.present(model, tasks.stretch(STEP, stimulus=stimulus, command=command))
        change = np.asarray(model.plastic["pre_to_post"].weights.diagonal())
        tau = [1e3 * float(to_quantity(getattr(p, name))) for name in ("tau_plus", "tau_minus")]
        amplitudes = (*SETS[p.amplitudes], *tau)
        nearest = "nearest" in p.amplitudes
        sums = [triplet_sum(np.rint(a), np.rint(b), amplitudes, nearest) for a, b in zip(pre, post)]
        expected = p.learning_rate * np.array(sums)
        axes = {"frequency": (np.array(FREQUENCIES), "Hz"), "lag": (np.array(LAGS), "ms")}
        run.put("change", change.reshape(-1, len(LAGS)), "1", **axes)
        run.put("summed", expected.reshape(-1, len(LAGS)), "1", **axes)
        found |= {
            "largest_difference": float(np.abs(change - expected).max()),
            "change_at_50_hz": float(change[-2]),
        }
        run.log(epoch=1, **found)
    return found


FORM = "network"
FIGURES = {"frequencies": pairs_figures.frequencies}
