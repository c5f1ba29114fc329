"""A burst network in continuous time follows a hidden network (Greedy 2022, figure 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import plotting, tasks
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import Continuous
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.training import NetworkExperiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(Continuous):
    """3-50-1; 1,000 s without plasticity, 100,000 s with it, 1,000 s without."""

    rest: Quantity = parameter("1000 second", "before and after learning", low="1 second")
    learning: Quantity = parameter("100000 second", "with teacher and plasticity", low="1 second")
    parts: int = parameter(40, "segments of the learning", low=1)


class BurstccnRegression(NetworkExperiment):
    """First and last segment without teacher and plasticity."""

    Parameters = Settings
    quick = {"learning": "20000 second", "parts": 10}

    def setup(self) -> None:
        """Draw the hidden network, tabulate its answers, and build the learner."""
        import numpy as np

        from bioplaus.neurons.cell import Clocks

        p = self.parameters
        q = quantities(p)
        self.task = tasks.dynamic_regression(self.rng)
        clocks = Clocks.of(q.step, q.step)
        inputs = {"input": burstccn.signals(3, clocks)}
        self.model = burstccn.build_continuous(p, self.rng, inputs, clocks)
        self.network, self.populations = self.model.network, self.model.populations
        self.parts = [q.rest, *[q.learning / p.parts] * p.parts, q.rest]
        t = np.arange(round(float((2 * q.rest + q.learning) / q.step)) + 1) * float(q.step)
        stimulus = self.task.inputs(t)
        target = self.task.target(stimulus)[:, 0]
        learns = (t >= float(q.rest)) & (t < float(q.rest + q.learning))
        self.shown = {
            "stimulus": stimulus,
            "target": target,
            "plasticity": learns.astype(float),
        }
        self.losses: list[float] = []

    def segments(self) -> int:
        """One without learning, the learning in parts, one without."""
        return len(self.parts)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Mean squared error of the output over the segment."""
        output, duration = self.populations["output"], self.parts[segment]
        before = float(output.loss_[0])
        step = float(quantities(self.parameters).step)
        first = round(self.simulated_time / step)
        window = slice(first, first + round(float(duration) / step))
        self.present(
            tasks.stretch(step, **{name: each[window] for name, each in self.shown.items()})
        )
        self.losses.append((float(output.loss_[0]) - before) / float(duration))
        return {"squared_error": self.losses[-1]}

    def finish(self) -> Mapping[str, float]:
        """Error after learning over that before it, both without teacher."""
        first, last = self.losses[0], self.losses[-1]
        return {"first_error": first, "last_error": last, "share_left": last / first}

    def state(self) -> Mapping[str, Any]:
        """The network, and the errors so far."""
        return {"network": super().state(), "losses": self.losses}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        super().restore(state["network"])
        self.losses = [float(loss) for loss in state["losses"]]

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Squared error over time."""
        figure = plotting.figure()
        axes = figure.subplots()
        axes.semilogy(run.metrics["simulated_time_s"], run.metrics["squared_error"], marker=".")
        axes.set(xlabel="time (s)", ylabel="squared error")
        yield "learning-curve", figure


EXPERIMENT = BurstccnRegression

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
