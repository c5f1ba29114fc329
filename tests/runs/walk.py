"""A random walk whose record can be checked by hand (Nobody 2000)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus.parameters import Quantity, parameter
from bioplaus.runs.pages.run import Run
from bioplaus.units import number, read_amount


@dataclass(frozen=True)
class Settings:
    """The walk."""

    steps: int = parameter(50, "steps in a segment", low=1)
    count: int = parameter(6, "segments", low=1)
    learning_rate: float = parameter(1.0, "size of a step", low=0.0, tunable=True)
    pause: Quantity = parameter("0 ms", "wall time that each segment takes", low="0 ms")
    burst_at: int = parameter(-1, "segment in which a value becomes infinite")
    dataset: str = parameter("", "what it is evaluated on")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Sum random numbers; every segment draws ``steps`` of them."""
    position, drawn_so_far = np.zeros(3), [0]
    run.keep(position=position, drawn_so_far=drawn_so_far)
    for segment in run.segments(p.count):
        time.sleep(number(read_amount(p.pause)))
        drawn = run.rng.standard_normal((p.steps, 3))
        position += run.p.learning_rate * drawn.sum(axis=0)
        if segment.number == p.burst_at:
            position[1] = np.inf
        run.check_finite({"position walker": position})
        drawn_so_far[0] += p.steps
        run.put_spikes("walker", segment.number + drawn[:, 0] ** 2, np.arange(len(drawn)))
        run.log(validation_error=float(np.abs(position).sum()))
    return {f"{run.part}_error": float(position.sum()), "steps": float(drawn_so_far[0])}


def draw_learning_curve(run: Any) -> Any:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot(run.metrics["epoch"], run.metrics["validation_error"])
    return figure


FORM = "batched"
FIGURES = {"learning-curve": draw_learning_curve}
