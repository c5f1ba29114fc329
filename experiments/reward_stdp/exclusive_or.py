"""Exclusive or by spike timing and a reward of every output spike (Florian 2007, figures 3, 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.reward_stdp import figures
from bioplaus.models.reward_stdp import exclusive_or
from bioplaus.models.reward_stdp.parameters import ExclusiveOr
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run, Spikes, Trace

PATTERNS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
ANSWERS = np.array([0, 1, 1, 0])
FRAME = 0.5


@dataclass(frozen=True)
class Settings(ExclusiveOr):
    """The four patterns in chance order, 500 ms each."""

    epochs: int = parameter(200, "times that all four patterns are shown", low=1)
    evaluations: int = parameter(10, "segments; the last one is what counts", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Output rates of the four patterns, and by how much the right ones are above the others."""
    clocks = neurons.Clocks.of(1e-3, FRAME)
    source = exclusive_or.bits(p, clocks)
    model = exclusive_or.build(p, run.rng, {"input": source}, clocks)
    last: dict[str, float] = {}
    run.live(model, exclusive_or.live)
    run.keep(last=last)
    traces = [
        Trace("output", "v", cells=1),
        Trace("synapses", "c", cells=p.hidden),
        Trace("output", "reward", cells=1),
    ]
    run.record(*(Spikes(name) for name in ("input", "hidden", "output")), *traces,
               of=model, last="2 s")  # fmt: skip
    for segment in run.segments(p.evaluations):
        part = segment.of(p.epochs)
        rows = np.concatenate([run.rng.permutation(4) for _ in range(part.start, part.stop)])
        schedule = tasks.presentations(
            rows, {"images": PATTERNS}, presentation=FRAME, frame=FRAME, labels=ANSWERS[rows]
        )
        neurons.forget_responses(model.responses)
        shown = run.present(model, schedule)
        counts = neurons.read_responses(model.responses, shown, FRAME)[0][:, -1, 0]
        rates = [float(counts[rows == pattern].mean()) / FRAME for pattern in range(4)]
        last |= {f"rate_{a:.0f}{b:.0f}": rate for (a, b), rate in zip(PATTERNS, rates)}
        right, wrong = (np.array(rates)[answer == ANSWERS] for answer in (1, 0))
        last["margin_hz"] = float(right.min() - wrong.max())
        run.log(epoch=part.stop, **last)
    return last


FORM = "network"
FIGURES = {
    "learning-curve": figures.exclusive_or_curve,
    "raster": figures.exclusive_or_raster,
    "traces": figures.exclusive_or_traces,
}
