"""Training time of bursts beside backpropagation of equal size (Greedy 2022, figure 5)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import Discrete
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

CASES = ("backpropagation", "burstccn", "burstccn_two_routes", "burstccn_learned_q")


@dataclass(frozen=True)
class Settings(Discrete):
    """784-500-500-500-10 on random numbers."""

    learning_rate: float = parameter(0.3, "of W", symbol="eta_W", low=0)
    updates: int = parameter(200, "updates timed in one segment", low=1)
    repeats: int = parameter(5, "segments; the shortest counts", low=1)
    images: int = parameter(50_000, "images of the epoch that is quoted", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """CPU time of an update, all cases in turn in every segment, so that load falls on each."""
    x = run.rng.random((p.batch, 784), dtype=np.float32)
    target = np.eye(10, dtype=np.float32)[run.rng.integers(0, 10, p.batch)]
    learned = replace(p, feedback_rule="homeostatic q")
    networks = {
        case: burstccn.BatchedNetwork(
            learned if case == "burstccn_learned_q" else p, 784, 10, run.rng
        )
        for case in CASES
    }
    two = networks["burstccn_two_routes"]
    two.set_feedback(two.Y, [p.baseline * y for y in two.Y])

    def timed(case: str, updates: int) -> float:
        """CPU milliseconds of one update."""
        network = networks[case]
        start = time.process_time()
        for _ in range(updates):
            if case == "backpropagation":
                network.forward(x)
                network.update(network.references(target, network.W[1:]), p.learning_rate)
            else:
                network.learn(x, target)
        return 1e3 * (time.process_time() - start) / updates

    best = dict.fromkeys(CASES, float("inf"))
    run.keep(best=best)  # the networks' values do not matter
    for case in CASES:
        timed(case, 5)
    for _ in run.segments(p.repeats):
        found = {case: timed(case, p.updates) for case in CASES}
        best |= {case: min(best[case], found[case]) for case in CASES}
        run.log(**{f"{case}_ms": value for case, value in found.items()})
    epoch, reference = p.images / p.batch / 1e3, best["backpropagation"]
    return {
        **{f"{case}_epoch_s": best[case] * epoch for case in CASES},
        "time_over_backpropagation": best["burstccn"] / reference,
        "two_routes_over_backpropagation": best["burstccn_two_routes"] / reference,
        "learned_q_over_backpropagation": best["burstccn_learned_q"] / reference,
    }


def times(run: RunReader) -> Figure:
    """Milliseconds of an update."""
    figure = plotting.figure()
    axes = figure.subplots()
    labels = [case.replace("_", "\n") for case in CASES]
    axes.bar(labels, [min(run.metrics[f"{case}_ms"]) for case in CASES])
    axes.set(ylabel="CPU time of an update (ms)")
    return figure


FORM = "batched"
FIGURES = {"times": times}
