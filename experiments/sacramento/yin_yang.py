"""The Yin-Yang task in full dynamics, with and without a learning lag (on Sacramento 2018).

Always-on plasticity also learns from the transient after every change of pattern.  A lag pauses it
for the first 20 ms of each presentation; ``learning_lag = "0 ms"`` is the published rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.sacramento import figures
from bioplaus.experiments.sacramento.microcircuit import Circuit
from bioplaus.models import sacramento
from bioplaus.models.sacramento.parameters import YinYang
from bioplaus.neurons.rate_transfer import TRANSFERS
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(YinYang):
    """4-120-3, 100 ms a point."""

    points: int = parameter(6000, "training points", source="recorded public sweep", low=1)
    tested: int = parameter(600, "validation points, and as many test points", low=1)
    epochs: int = parameter(45, "times every point is shown", low=1)
    evaluations: int = parameter(2, "segments an epoch, each ended by a validation", low=1)
    final_rate: float = parameter(
        1.0, "learning rates at the end, as a fraction; the decay is linear", low=0, high=1
    )
    target_rate: float = parameter(0.8, "rate asked of the right class")
    other_rate: float = parameter(0.1, "rate asked of the others")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show points, validate on others, test once on yet others."""
    circuit = Circuit(p, run)
    counts = {"train": p.points, "validation": p.tested, "test": p.tested}
    parts = {part: tasks.yin_yang_points(n, run.rng) for part, n in counts.items()}
    invert = TRANSFERS[p.transfer].invert
    of_class = np.full((3, 3), float(invert(p.other_rate)))
    np.fill_diagonal(of_class, float(invert(p.target_rate)))
    targets = of_class[parts["train"][1]]
    order = np.zeros(p.points, np.int64)
    run.keep(order=order)

    def error(part: str) -> float:
        points, labels = parts[part]
        return float((circuit.free_output(points).argmax(axis=1) != labels).mean())

    each = p.evaluations
    for segment in run.segments(p.epochs * each):
        if segment.number % each == 0:
            order[:] = run.rng.permutation(p.points)
        fall = (1 - p.final_rate) * segment.number / max(segment.count - 1, 1)
        rates = sacramento.live(p)
        circuit.model.set({name: (1 - fall) * rate for name, rate in rates.items()})
        part = np.array_split(order, each)[segment.number % each]
        circuit.show(parts["train"][0], targets, part)
        run.log(
            epoch=(segment.number + 1) / each,
            validation_error=error("validation"),
            free_apical=circuit.free_apical(parts["validation"][0]),
        )
    return {"test_error": error("test"), "test_accuracy": 1 - error("test")}


FORM = "network"
FIGURES = {"learning-curve": figures.learning_curve}
