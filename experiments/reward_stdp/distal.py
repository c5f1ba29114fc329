"""A reward that comes seconds later finds the synapse that earned it (Izhikevich 2007)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.reward_stdp import figures
from bioplaus.models.reward_stdp import distal
from bioplaus.models.reward_stdp.parameters import Distal
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run, Spikes, Trace

NEVER = 1e6
"""The time of what did not happen [s]."""


@dataclass(frozen=True)
class Settings(Distal):
    """1,000 cells, an hour."""

    seconds: int = parameter(3600, "simulated time [s]", low=1)
    evaluations: int = parameter(60, "segments", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """When the chosen weight reached its bound, where it ends among all, and how the others do."""
    clocks = neurons.Clocks.of(1e-3, 1.0)
    model = distal.build(p, run.rng, {}, clocks)
    cells, dopamine = model.populations["cells"], model.populations["dopamine"]
    last: dict[str, float] = {"reached_s": NEVER}
    run.live(model, distal.live)
    run.keep(last=last)
    traces = [
        Trace("cells", "v", cells=1),
        Trace("synapses", "c", cells=distal.CHOSEN + 1),
        Trace("dopamine", "level", cells=1),
    ]
    run.record(Spikes("cells"), *traces, of=model, last="10 s")
    synapses = model.plastic["cells_to_cells"].synapses  # type: ignore[union-attr]
    for segment in run.segments(p.evaluations):
        part, before = segment.of(p.seconds), float(cells.spike_count_[:].sum())
        run.present(model, tasks.Schedule(float(part.stop - part.start), 1.0, {}))
        w = synapses.w_[:]
        chosen = float(w[distal.CHOSEN])
        if chosen >= 0.99 * p.largest and last["reached_s"] == NEVER:
            last["reached_s"] = float(part.stop)
        others = np.delete(w, distal.CHOSEN)
        spikes = float(cells.spike_count_[:].sum()) - before
        last |= {
            "chosen": chosen / p.largest,
            "above_chosen": float((others > chosen).mean()),
            "others_strong": float((others > 0.9 * p.largest).mean()),
            "others_mean": float(others.mean()) / p.largest,
            "rate_hz": spikes / len(cells) / (part.stop - part.start),
            "rewards": float(dopamine.rewards_[0]),
        }
        if segment.last:
            run.put("weights", w, "1", synapse=np.arange(len(w)))
        run.log(epoch=part.stop, **last)
    return last


FORM = "network"
FIGURES = {
    "learning-curve": figures.distal_curve,
    "weights": figures.weights,
    "raster": figures.distal_raster,
    "traces": figures.distal_traces,
}
