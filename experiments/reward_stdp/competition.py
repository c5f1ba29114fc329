"""Inputs of one cell compete by spike timing (Song, Miller and Abbott 2000, figures 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.reward_stdp import figures
from bioplaus.models.reward_stdp import competition
from bioplaus.models.reward_stdp.parameters import Competition
from bioplaus.parameters import parameter, quantities
from bioplaus.runs.pages.run import Run, Spikes, Trace


@dataclass(frozen=True)
class Settings(Competition):
    """1,000 inputs of 20 Hz, 1,000 seconds."""

    seconds: int = parameter(1000, "simulated time [s]", low=1)
    evaluations: int = parameter(20, "segments", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Shares of weak and strong weights, and the output rate, of the last segment."""
    q = quantities(p)
    clocks = neurons.Clocks.of(q.time_step, 1.0)
    inputs = {
        "excitation": competition.poisson(p.inputs, q.rate, "excitation", clocks),
        "inhibition": competition.poisson(p.inhibitory, q.inhibitory_rate, "inhibition", clocks),
    }
    model = competition.build(p, run.rng, inputs, clocks)
    last: dict[str, float] = {}
    run.live(model, competition.live)
    run.keep(last=last)
    traces = (Trace("cell", name, cells=1) for name in ("v", "ge"))
    run.record(Spikes("excitation"), Spikes("cell"), *traces, of=model, last="500 ms")
    for segment in run.segments(p.evaluations):
        part, before = segment.of(p.seconds), _spikes(model)
        seconds = part.stop - part.start
        run.present(model, tasks.Schedule(float(seconds), 1.0, {}))
        w = model.weights()["excitation_to_cell"]
        last |= {
            "weak": float((w < 0.2).mean()),
            "strong": float((w > 0.8).mean()),
            "between": float(((w >= 0.2) & (w <= 0.8)).mean()),
            "output_hz": (_spikes(model) - before) / seconds,
        }
        run.put("weights", np.ravel(w), "1", input=np.arange(w.size))
        run.log(epoch=part.stop, **last)
    return last


def _spikes(model: Any) -> float:
    return float(model.populations["cell"].spike_count_[0])


FORM = "network"
FIGURES = {
    "learning-curve": figures.competition_curve,
    "weights": figures.weights,
    "raster": figures.competition_raster,
}
