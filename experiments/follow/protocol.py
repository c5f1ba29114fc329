"""What the FOLLOW experiments share: the training protocol and the open-loop test after it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.parameters import ParameterError, parameter, to_quantity
from bioplaus.training import NetworkExperiment

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bioplaus.models.follow import FollowModel
    from bioplaus.records import RunReader
    from bioplaus.tasks.tracking import Stretch, Tracking

__all__ = ["FollowExperiment", "duration_of", "segment_of"]

STEP = 1e-3
"""Of the network, and of what it is shown [s]."""
OUTSIDE_TOLERATED = 0.1
"""Share of the time that a reference may spend outside the represented radius unannounced."""


def duration_of(default: str, source: str = "methods") -> Any:
    """The parameter that says for how long to learn."""
    return parameter(default, "learning time", source=source, low="1 second")


def segment_of(default: str = "100 second") -> Any:
    """The parameter that says how often metrics are taken and the state is kept."""
    return parameter(default, "time between two rows of metrics", low="1 second")


class FollowExperiment(NetworkExperiment):
    """Learn with feedback on, then test with feedback and learning off.

    The first period runs without feedback and learning, the last segment is the open-loop test.
    A subclass says what the task is and what is tested.

    Metrics: ``learning_error`` is the mean square of the error that teaches (filtered by
    tau_error, feedback on), the quantity that the article plots; ``raw_error`` the mean square of
    target minus output, spike noise included; rates in Hz; ``outside`` the share of the time that
    the reference lies outside the represented radius; ``variance`` that of the reference.
    """

    form: ClassVar[str] = "network"
    period: ClassVar[float] = 2.0
    """Seconds of one trial."""
    shown_test: ClassVar[str] = "random input"
    shown_seconds: ClassVar[float] = 8.0
    shown_neurons: ClassVar[int] = 50
    shown_weights: ClassVar[int] = 20_000

    def task(self) -> Tracking:
        """System, commands and settings."""
        raise NotImplementedError

    def test(self) -> Mapping[str, float]:
        """Open-loop figures after learning."""
        raise NotImplementedError

    def setup(self) -> None:
        """Build the task and the network."""
        from brian2 import SpikeMonitor, StateMonitor

        from bioplaus.models import follow
        from bioplaus.neurons.cell import Clocks

        self._check_times()
        self.tracking = self.task()
        p, clocks = self.parameters, Clocks.of(STEP, STEP)
        self.model: FollowModel = follow.build(p, self.rng, follow.commands(p, clocks), clocks)
        self.network, self.populations = self.model.network, dict(self.model.populations)
        self.populations["sample"] = self.populations["recurrent"][: self.shown_neurons]
        self._output = StateMonitor(
            self.populations["output"], "decoded", record=True, name="test_output"
        )
        self._spikes = SpikeMonitor(self.populations["sample"], name="test_spikes")
        self.network.add(self._output, self._spikes)
        self.listen(False)
        self._tested: dict[str, float] = {}
        self.curve: list[float] = []
        self._latest: dict[str, float] = {}

    def _check_times(self) -> None:
        p = self.parameters
        trials = float(to_quantity(p.segment)) / self.period
        if trials < 2 or not _is_whole(trials):
            raise ParameterError(
                f"segment = {p.segment} is not two or more whole trials of {self.period:g} s"
            )
        if not _is_whole(float(to_quantity(p.duration) / to_quantity(p.segment))):
            raise ParameterError(
                f"duration = {p.duration} is not a whole number of segments of {p.segment}"
            )

    def segments(self) -> int:
        """Segments of learning, and one of testing."""
        learning = to_quantity(self.parameters.duration) / to_quantity(self.parameters.segment)
        return round(float(learning)) + 1

    def share(self, segment: int) -> float:
        """Share of the learning rate in a segment."""
        return 1.0

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn for a segment, or test."""
        if segment == self.segments() - 1:
            self.listen(True)
            self._tested = dict(self.test())
            self.listen(False)
            self._keep_weights()
            return dict.fromkeys(_METRICS, float("nan"))
        seconds = float(to_quantity(self.parameters.segment))
        if segment == 0:
            self.show(self.training_stretch(self.period), gain=0.0)
            seconds -= self.period
        metrics = self.learn(seconds, self.share(segment))
        self.curve.append(metrics["learning_error"])
        self._latest = metrics
        return metrics

    def learn(self, seconds: float, share: float = 1.0) -> dict[str, float]:
        """Feedback on, learning at a share of the rate; metrics of the stretch."""
        import numpy as np

        output = self.populations["output"]
        layers = {"recurrent": "recurrent", "command": self.parameters.commands[0]}
        output.squared_error_[:] = 0.0
        output.squared_learning_error_[:] = 0.0
        before = {
            name: float(np.mean(self.populations[layer].fired_[:]))
            for name, layer in layers.items()
        }
        stretch = self.training_stretch(seconds)
        self.show(stretch, self.parameters.gain, share)
        rates = {
            f"rate_{name}": (float(np.mean(self.populations[layer].fired_[:])) - before[name])
            / seconds
            for name, layer in layers.items()
        }
        outside = float(np.mean(np.linalg.norm(stretch.target, axis=1) > self.parameters.radius))
        if outside > OUTSIDE_TOLERATED:
            warnings.warn(
                f"the reference was outside the represented radius of {self.parameters.radius:g} "
                f"for {100 * outside:.0f} % of the time; neurons saturate there",
                stacklevel=2,
            )
        return {
            "learning_error": float(np.mean(output.squared_learning_error_[:])) / seconds,
            "raw_error": float(np.mean(output.squared_error_[:])) / seconds,
            **rates,
            "outside": outside,
            "variance": float(np.mean(np.var(stretch.target, axis=0))),
        }

    def training_stretch(self, seconds: float) -> Stretch:
        """What is presented next, for learning."""
        return self.tracking.training(seconds)

    def show(self, stretch: Stretch, gain: float, share: float = 0.0) -> None:
        """Run through a stretch with a gain of the feedback, learning at a share of the rate."""
        from bioplaus import tasks
        from bioplaus.models import follow

        self.model.set(
            {
                name: gain if name == "output.gain" else share * value
                for name, value in follow.live(self.parameters).items()
            }
        )
        signals = {field.name: getattr(stretch, field.name) for field in fields(stretch)}
        self.present(tasks.stretch(STEP, **signals))

    def close_loop(self, seconds: float) -> None:
        """Let the output settle on the reference, without learning, before the loop opens."""
        self.show(self.training_stretch(seconds), self.parameters.gain)

    def listen(self, active: bool) -> None:
        """Whether output and some spikes are recorded; they are not while the network learns."""
        self._output.active = self._spikes.active = active

    def open_loop(self, name: str | None, stretch: Any) -> NDArray[np.float64]:
        """Run through a stretch without feedback and learning; returns the output.

        (steps, dimensions).  The recording keeps it, and the target, under the test's name, if it
        has one.  :meth:`listen` must be on.
        """
        import numpy as np

        begin = float(self.network.t_)
        self.show(stretch, gain=0.0)
        output = np.array(self._output.decoded[:, -len(stretch) :]).T
        if name is not None:
            self._keep(name, begin, stretch, output)
        for monitor in (self._output, self._spikes):
            monitor.resize(0)
            monitor.variables["N"].set_value(0)
        return output

    def _keep(self, name: str, begin: float, stretch: Stretch, output: NDArray[np.float64]) -> None:
        """Put output, target and the spikes of some neurons into the recording."""
        import numpy as np

        times = begin + 1e-3 * np.arange(len(stretch))
        late = self._spikes.t_[:] >= begin
        self.put_recording(
            spikes={f"{name} sample": (self._spikes.t_[late], np.array(self._spikes.i)[late])},
            traces={
                (name, "output"): (times, output.T, "1"),
                (name, "target"): (times, stretch.target.T, "1"),
            },
        )

    def _keep_weights(self) -> None:
        """Put a random sample of the recurrent weights w = E M [ms] into the recording."""
        import numpy as np

        learned = self.model.plastic.get("recurrent_learning")
        if self.parameters.weights != "factorised" or learned is None:
            return
        post, pre = np.random.default_rng(self.seed).integers(
            self.parameters.neurons, size=(2, self.shown_weights)
        )
        encoders = self.model.state_tuning.encoders
        sample = 1e3 * np.sum(encoders[post] * learned.weights[pre], axis=1)
        self.put_recording(
            traces={("weights", "recurrent"): ([self.simulated_time], sample[:, None], "ms")}
        )

    def finish(self) -> Mapping[str, float]:
        """The test's figures, and learning error, rates and tracking of the first and last segment.

        ``tracking`` is raw error over variance, in units of the untrained loop's 1/(k + 1)^2.
        """
        latest = self._latest
        share = latest["raw_error"] / max(latest["variance"], 1e-300)
        return {
            "learning_error_first": self.curve[0],
            "learning_error_last": self.curve[-1],
            "learning_ratio": self.curve[-1] / max(self.curve[0], 1e-300),
            "tracking": share * (1.0 + self.parameters.gain) ** 2,
            "rate_recurrent": latest["rate_recurrent"],
            "rate_command": latest["rate_command"],
            **self._tested,
        }

    def state(self) -> Mapping[str, Any]:
        """Network, task, curve so far."""
        return {
            "network": super().state(),
            "task": self.tracking.state(),
            "curve": list(self.curve),
            "tested": dict(self._tested),
            "latest": dict(self._latest),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state."""
        super().restore(state["network"])
        self.tracking.restore(state["task"])
        self.curve = [float(value) for value in state["curve"]]
        self._tested = dict(state["tested"])
        self._latest = dict(state["latest"])

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curve, the open-loop test over time, raster."""
        from bioplaus.experiments.follow import figures as drawn

        yield "learning-curve", drawn.learning_curve(run)
        yield "open-loop", drawn.open_loop(run, self.shown_test, self.shown_seconds)
        yield "raster", drawn.raster(run, self.shown_test, self.shown_neurons)
        if run.parameters["weights"] == "factorised":
            yield "weights", drawn.weights(run)


def _is_whole(number: float) -> bool:
    return number >= 1 and abs(number - round(number)) < 1e-9


_METRICS = (
    "learning_error", "raw_error", "rate_recurrent", "rate_command", "outside", "variance"
)  # fmt: skip
