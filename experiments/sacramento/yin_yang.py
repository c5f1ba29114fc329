"""The Yin-Yang task in full dynamics, with and without a learning lag (on Sacramento 2018).

Always-on plasticity also learns from the transient after every change of pattern.  A lag pauses it
for the first 20 ms of each presentation; ``learning_lag = "0 ms"`` is the published rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus.experiments.sacramento.microcircuit import MicrocircuitExperiment
from bioplaus.models.sacramento.parameters import YinYang
from bioplaus.parameters import parameter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


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


class SacramentoYinYang(MicrocircuitExperiment):
    """Show points, validate on others, test once on yet others."""

    Parameters = Settings
    quick = {"points": 300, "tested": 300, "epochs": 1, "evaluations": 1}
    record = ()

    def setup(self) -> None:
        """Draw the three sets of points and the network."""
        import numpy as np

        from bioplaus import tasks
        from bioplaus.neurons.rate_transfer import TRANSFERS

        p = self.parameters
        self.build()
        counts = {"train": p.points, "validation": p.tested, "test": p.tested}
        self.parts = {part: tasks.yin_yang_points(n, self.rng) for part, n in counts.items()}
        invert = TRANSFERS[p.transfer].invert
        targets = np.full((3, 3), float(invert(p.other_rate)))
        np.fill_diagonal(targets, float(invert(p.target_rate)))
        self.targets = targets[self.parts["train"][1]]

    def segments(self) -> int:
        """One for each validation."""
        return int(self.parameters.epochs * self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Times every point has been shown."""
        return (self.segment + 1) / self.parameters.evaluations

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn from the next points of the epoch's order."""
        import numpy as np

        from bioplaus.models import sacramento

        each = self.parameters.evaluations
        if segment % each == 0:
            self.order = self.rng.permutation(self.parameters.points)
        part = np.array_split(self.order, each)[segment % each]
        fall = (1 - self.parameters.final_rate) * segment / max(self.segments() - 1, 1)
        rates = sacramento.live(self.parameters)
        self.model.set({name: (1 - fall) * rate for name, rate in rates.items()})
        self.show(self.parts["train"][0], self.targets, part)
        return {
            "validation_error": self._error("validation"),
            "free_apical": self.free_apical(self.parts["validation"][0]),
        }

    def finish(self) -> Mapping[str, float]:
        """Accuracy on the test points."""
        error = self._error("test")
        return {"test_error": error, "test_accuracy": 1 - error}

    def state(self) -> Mapping[str, Any]:
        """Also the order of the epoch."""
        return {**super().state(), "order": self.order}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take all of it up again."""
        super().restore(state)
        self.order = state["order"]

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Validation error over epochs."""
        from bioplaus.experiments.sacramento import figures as draw

        yield "learning-curve", draw.learning_curve(run)

    def _error(self, part: str) -> float:
        points, labels = self.parts[part]
        return float((self.free_output(points).argmax(axis=1) != labels).mean())


EXPERIMENT = SacramentoYinYang

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
