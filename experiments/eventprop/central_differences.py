"""Exact gradients against central differences in random networks (Wunderlich, Pehle 2021, eq. 2-5).

Cells fire several times; a pair of which one side has another pattern of spikes is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus.experiments.eventprop import figures
from bioplaus.layered.chain import layer_sizes
from bioplaus.models.eventprop import EventProp, Learner
from bioplaus.parameters import parameter, replace
from bioplaus.runs.pages.run import Run

NETWORKS = tuple(
    (layers, loss)
    for loss in ("first spike", "maximum")
    for layers in ("6-3", "8-12-3", "8-12-10-3")
)


@dataclass(frozen=True)
class Settings(EventProp):
    """Constants of the published network; sizes and losses are those of the page."""

    learning_rate: float = parameter(5e-3, "of Adam; nothing is learned here", low=0)
    trials: int = parameter(40, "random networks of each kind", low=1)
    weights: int = parameter(6, "weights moved in each projection", low=1)
    step: float = parameter(1e-6, "by which a weight is moved, both ways", low=1e-9)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A kind of network a segment; the worst error over the largest component of the gradient."""
    worst: list[float] = []
    counts = {"checked": 0.0, "left_out": 0.0, "most_spikes": 0.0}
    run.keep(worst=worst, counts=counts)
    for segment in run.segments(len(NETWORKS)):
        layers, loss = NETWORKS[segment.number]
        errors = []
        for _ in range(p.trials):
            learner, trains = drawn(p, layers, loss, run.rng)
            while not any(g.any() for g in learner.gradient(trains, LABEL).values()):
                learner, trains = drawn(p, layers, loss, run.rng)
            errors += differences(p, learner, trains, run.rng, counts)
        worst.append(max(errors))
        run.log(worst_error=worst[-1], checked=float(len(errors)))
    return {"worst_error": max(worst), **counts}


LABEL = np.zeros(1, np.int64)


def drawn(p: Settings, layers: str, loss: str, rng: np.random.Generator) -> tuple[Learner, Any]:
    """A network and 1 to 3 spikes of each input within 30 ms."""
    changes = {"layers": layers, "loss": loss}
    sizes = layer_sizes(layers)
    scales = [4 / size if size > 6 else 1.0 for size in sizes[:-1]]
    means, spreads = ([scale * value for scale in scales] for value in (1.5, 0.8))
    if loss == "maximum":
        means[-1], spreads[-1] = 0.2, 0.5
    for name, values in (("weight_means", means), ("weight_spreads", spreads)):
        changes[name] = ", ".join(f"{value:g}" for value in values)
    learner = Learner(replace(p, changes), rng)
    i = np.repeat(np.arange(sizes[0]), rng.integers(1, 4, sizes[0]))
    t = rng.uniform(0, 30e-3, len(i))
    order = np.argsort(t)
    return learner, (np.array([0, len(t)]), t[order], i[order])


def differences(
    p: Settings, learner: Learner, trains: Any, rng: np.random.Generator, counts: dict[str, float]
) -> list[float]:
    """Errors of some weights of each projection, over the largest component of the gradient."""
    gradient, pattern = learner.gradient(trains, LABEL), fired(learner, trains)
    largest = max(np.abs(g).max() for g in gradient.values())
    counts["most_spikes"] = max(counts["most_spikes"], float(sum(map(len, pattern))))
    found = []
    for name, weights in learner.weights().items():
        for _ in range(p.weights):
            at = tuple(rng.integers(weights.shape))
            losses, same = [], True
            for move in (p.step, -p.step):
                moved = weights.copy()
                moved[at] += move
                learner.set_weights({name: moved})
                same = same and fired(learner, trains) == pattern
                losses.append(learner.judge(trains, LABEL).loss)
            learner.set_weights({name: weights})
            if not same:
                counts["left_out"] += 1
                continue
            slope = (losses[0] - losses[1]) / (2 * p.step)
            found.append(float(abs(slope - gradient[name][at]) / largest))
            counts["checked"] += 1
    return found


def fired(learner: Learner, trains: Any) -> list[list[int]]:
    """Which cells fired how often, layer by layer."""
    return [sorted(spikes.i.tolist()) for spikes in learner.spikes(trains, 0)[1:]]


FORM = "event-driven"
FIGURES = {"errors": figures.errors}
