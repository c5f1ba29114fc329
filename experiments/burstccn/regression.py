"""A burst network in continuous time follows a hidden network (Greedy 2022, figure 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import neurons, plotting, tasks
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import Continuous
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(Continuous):
    """3-50-1; 1,000 s without plasticity, 100,000 s with it, 1,000 s without."""

    rest: Quantity = parameter("1000 second", "before and after learning", low="1 second")
    learning: Quantity = parameter("100000 second", "with teacher and plasticity", low="1 second")
    parts: int = parameter(40, "segments of the learning", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Follow a hidden network; first and last segment without teacher and plasticity."""
    q = quantities(p)
    step = float(q.step)
    task = tasks.dynamic_regression(run.rng)
    clocks = neurons.Clocks.of(q.step, q.step)
    inputs = {"input": burstccn.signals(3, clocks)}
    model = burstccn.build_continuous(p, run.rng, inputs, clocks)
    run.record(of=model)
    parts = [q.rest, *[q.learning / p.parts] * p.parts, q.rest]
    t = np.arange(round(float((2 * q.rest + q.learning) / q.step)) + 1) * step
    stimulus = task.inputs(t)
    learns = (t >= float(q.rest)) & (t < float(q.rest + q.learning))
    shown = {
        "stimulus": stimulus,
        "target": task.target(stimulus)[:, 0],
        "plasticity": learns.astype(float),
    }
    output = model.populations["output"]
    losses: list[float] = []
    run.keep(losses=losses)
    for segment in run.segments(len(parts)):
        duration, before = float(parts[segment.number]), float(output.loss_[0])
        first = round(run.time / step)
        window = slice(first, first + round(duration / step))
        signals = {name: each[window] for name, each in shown.items()}
        run.present(model, tasks.stretch(step, **signals))
        losses.append((float(output.loss_[0]) - before) / duration)
        run.log(squared_error=losses[-1])
    first_error, last_error = losses[0], losses[-1]
    return {
        "first_error": first_error,
        "last_error": last_error,
        "share_left": last_error / first_error,
    }


def learning_curve(run: RunReader) -> Figure:
    """Squared error over time."""
    figure = plotting.figure()
    axes = figure.subplots()
    axes.semilogy(run.metrics["simulated_time_s"], run.metrics["squared_error"], marker=".")
    axes.set(xlabel="time (s)", ylabel="squared error")
    return figure


FORM = "network"
FIGURES = {"learning-curve": learning_curve}
