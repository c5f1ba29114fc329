"""Training time of bursts beside backpropagation of equal size (Greedy 2022, figure 5)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import plotting
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import Discrete
from bioplaus.parameters import parameter
from bioplaus.training import Experiment

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


class BurstccnTrainingTime(Experiment):
    """CPU time of an update, all cases in turn in every segment, so that load falls on each."""

    Parameters = Settings
    form = "batched"
    quick = {"updates": 50, "repeats": 3}

    def setup(self) -> None:
        """Draw networks and one batch."""
        from dataclasses import replace

        import numpy as np

        p = self.parameters
        self.x = self.rng.random((p.batch, 784), dtype=np.float32)
        self.target = np.eye(10, dtype=np.float32)[self.rng.integers(0, 10, p.batch)]
        learned = replace(p, feedback_rule="homeostatic q")
        self.networks = {
            case: burstccn.BatchedNetwork(
                learned if case == "burstccn_learned_q" else p, 784, 10, self.rng
            )
            for case in CASES
        }
        two = self.networks["burstccn_two_routes"]
        two.set_feedback(two.Y, [p.baseline * y for y in two.Y])
        self.best = dict.fromkeys(CASES, float("inf"))
        for case in CASES:
            self._time(case, 5)

    def segments(self) -> int:
        """Repeats."""
        return int(self.parameters.repeats)

    def advance(self, segment: int) -> Mapping[str, float]:
        """CPU milliseconds of one update of each case."""
        updates = self.parameters.updates
        figures = {f"{case}_ms": self._time(case, updates) for case in CASES}
        for case in CASES:
            self.best[case] = min(self.best[case], figures[f"{case}_ms"])
        return figures

    def _time(self, case: str, updates: int) -> float:
        network, rate = self.networks[case], 1e-3
        start = time.process_time()
        for _ in range(updates):
            if case == "backpropagation":
                network.forward(self.x)
                network.update(network.references(self.target, network.W[1:]), rate)
            else:
                network.learn(self.x, self.target, rate)
        return 1e3 * (time.process_time() - start) / updates

    def finish(self) -> Mapping[str, float]:
        """The shortest of the repeats, as seconds of an epoch, and the ratios."""
        p, best = self.parameters, self.best
        epoch = p.images / p.batch / 1e3
        return {
            **{f"{case}_epoch_s": best[case] * epoch for case in CASES},
            "time_over_backpropagation": best["burstccn"] / best["backpropagation"],
            "two_routes_over_backpropagation": best["burstccn_two_routes"]
            / best["backpropagation"],
            "learned_q_over_backpropagation": best["burstccn_learned_q"] / best["backpropagation"],
        }

    def state(self) -> Mapping[str, Any]:
        """The best times so far; the networks' values do not matter."""
        return {"best": self.best}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        self.best = dict(state["best"])

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Milliseconds of an update."""
        figure = plotting.figure()
        axes = figure.subplots()
        labels = [case.replace("_", "\n") for case in CASES]
        axes.bar(labels, [min(run.metrics[f"{case}_ms"]) for case in CASES])
        axes.set(ylabel="CPU time of an update (ms)")
        yield "times", figure


EXPERIMENT = BurstccnTrainingTime

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
