"""The learned network is no reservoir with a good readout (Gilra, Gerstner 2017, figure 2-3).

``true_error``, ``shuffled_error``: squared error over variance of readouts learned anew.  Feedback
is off; the readout is learned from zero on learned weights, and again on weights whose presynaptic
neurons are shuffled.  The last 20 s are judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.analysis.open_loop import normalised_error
from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.linear_training import LinearSettings, LinearTraining
from bioplaus.models import follow
from bioplaus.parameters import Quantity, parameter
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(LinearSettings):
    """Learn the weights as ever, then a new readout, by the delta rule."""

    neurons: int = parameter(1000, "neurons in each of the two layers", symbol="N", low=1)
    learning_rate: Quantity = parameter("1e-2 second", "learning rate of the weights")
    reading_time: Quantity = parameter(
        "200 second", "time for which each new readout is learned", low="20 second"
    )
    reading_rate: Quantity = parameter(
        "1e-4 second", "learning rate of the readout", source="figure 2, supplement 3"
    )


class RelearnedReadout(LinearTraining):
    """Learns the weights as ever; in the end a readout is learned from zero on them."""

    def __init__(self, p: Settings, run: Run) -> None:
        """Add the second readout."""
        from brian2 import StateMonitor

        super().__init__(p, run)
        self.reader = follow.add_reader(self.model)
        self._read = StateMonitor(self.reader.group, "drive", record=True, name="read")
        self._read.active = False
        self.model.network.add(self._read)

    def test(self) -> Mapping[str, float]:
        """A new readout of learned weights, then of shuffled ones."""
        tested = dict(super().test())
        true = self._relearn()
        for projection in reversed(self.model.plastic.values()):
            projection.set_weights(self.rng.permuted(projection.weights.T, axis=1).T)
        shuffled = self._relearn()
        ratio = shuffled / true
        return {**tested, "true_error": true, "shuffled_error": shuffled, "shuffled_ratio": ratio}

    def _relearn(self) -> float:
        p = self.p
        self.reader.forget()
        self.reader.set_rate(float(to_quantity(p.reading_rate)))
        self.show(self.tracking.training(float(to_quantity(p.reading_time))), gain=0.0)
        stretch = self.tracking.training(20.0)
        self._read.active = True
        self.show(stretch, gain=0.0)
        self._read.active = False
        self.reader.set_rate(0.0)
        output = self._read.drive[:, -len(stretch) :].T
        return normalised_error(output, stretch.target)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn; test, and learn new readouts, in the last segment."""
    training = RelearnedReadout(p, run)
    for segment in run.segments(training.segments):
        run.log(**training.advance(segment))
    return training.finals()


FORM = "network"
FIGURES = figures.of_test("random input")
