"""What the FOLLOW pages share: the training protocol and the open-loop test after it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bioplaus import neurons, tasks
from bioplaus.models import follow
from bioplaus.parameters import ParameterError, parameter
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run, Segment

__all__ = ["Training", "duration_of", "segment_of", "settling_of", "slow_at_the_end"]

STEP = 1e-3
"""Of the network, and of what it is shown [s]."""
OUTSIDE_TOLERATED = 0.1
"""Share of the time that a reference may spend outside the represented radius unannounced."""
SHOWN_NEURONS = 50
"""Of the recurrent layer, whose spikes are recorded in a test."""
SHOWN_WEIGHTS = 20_000
SLOWER = 0.1
"""Learning rate of the last stretch, in units of the one before."""


def duration_of(default: str, source: str = "methods") -> Any:
    """The parameter that says for how long to learn."""
    return parameter(default, "learning time", source=source, low="1 second")


def segment_of(default: str = "100 second") -> Any:
    """The parameter that says how often metrics are taken and the state is kept."""
    return parameter(default, "time between two rows of metrics", low="1 second")


def settling_of() -> Any:
    """The parameter that says for how long the end of learning is slow."""
    return parameter(
        "0 second", "last part of the learning time, at a tenth of the rate", low="0 second"
    )


def slow_at_the_end(p: Any, segment: Segment) -> float:
    """Share of the learning rate: a tenth for the last ``settling`` seconds, so that the weights
    no longer chase the latest trajectory."""
    left = float(to_quantity(p.duration)) - segment.number * float(to_quantity(p.segment))
    return SLOWER if left <= float(to_quantity(p.settling)) else 1.0


class Training:
    """Learn with feedback on, then test with feedback and learning off.

    The first period runs without feedback and learning, the last segment is the open-loop test.
    A subclass says what the task is and what is tested.

    Metrics: ``learning_error`` is the mean square of the error that teaches (filtered by
    tau_error, feedback on), the quantity that the article plots; ``raw_error`` the mean square of
    target minus output, spike noise included; rates in Hz; ``outside`` the share of the time that
    the reference lies outside the represented radius; ``variance`` that of the reference.

    p : settings of a page; member : its name where a run has several, which are then not recorded
    and have a generator each, of the same seed.
    """

    period: ClassVar[float] = 2.0
    """Seconds of one trial."""

    def __init__(self, p: Any, run: Run, member: str = "") -> None:
        """Build the task and the network, and tell the run what it keeps."""
        from brian2 import SpikeMonitor, StateMonitor

        self.p, self.run, self.member = p, run, member
        self.rng = np.random.Generator(np.random.PCG64(run.seed)) if member else run.rng
        self._check_times()
        self.tracking = self.task()
        clocks = neurons.Clocks.of(STEP, STEP)
        self.model = follow.build(p, self.rng, follow.commands(p, clocks), clocks)
        self.populations = self.model.populations
        sample = self.populations["recurrent"][:SHOWN_NEURONS]
        self._output = StateMonitor(
            self.populations["output"], "decoded", record=True, name="test_output"
        )
        self._spikes = SpikeMonitor(sample, name="test_spikes")
        self.model.network.add(self._output, self._spikes)
        self.listen(False)
        self.tested: dict[str, float] = {}
        self.curve: list[float] = []
        self.latest: dict[str, float] = {}
        if member:
            run.keep(model=self.model)
        else:
            run.record(of=self.model)
        self.keep(
            rng=self.rng,
            task=self.tracking,
            curve=self.curve,
            tested=self.tested,
            latest=self.latest,
        )

    def keep(self, **objects: Any) -> None:
        """Keep more, under a name that is the member's own."""
        self.run.keep(**{f"{self.member} {name}".strip(): value for name, value in objects.items()})

    def task(self) -> Any:
        """System, commands and settings: a :class:`bioplaus.tasks.Tracking`."""
        raise NotImplementedError

    def test(self) -> Mapping[str, float]:
        """Open-loop figures after learning."""
        raise NotImplementedError

    @property
    def segments(self) -> int:
        """Segments of learning, and one of testing."""
        return round(float(to_quantity(self.p.duration) / to_quantity(self.p.segment))) + 1

    def advance(self, segment: Segment, share: float = 1.0) -> Mapping[str, float]:
        """Learn for a segment at a share of the rate, or test in the last one; its metrics."""
        if segment.last:
            self.listen(True)
            self.tested.update(self.test())
            self.listen(False)
            self._keep_weights()
            return dict.fromkeys(_METRICS, float("nan"))
        seconds = float(to_quantity(self.p.segment))
        if segment.first:
            self.show(self.training_stretch(self.period), gain=0.0)
            seconds -= self.period
        metrics = self.learn(seconds, share)
        self.curve.append(metrics["learning_error"])
        self.latest.update(metrics)
        return metrics

    def _check_times(self) -> None:
        p = self.p
        trials = float(to_quantity(p.segment)) / self.period
        if trials < 2 or not _is_whole(trials):
            raise ParameterError(
                f"segment = {p.segment} is not two or more whole trials of {self.period:g} s"
            )
        if not _is_whole(float(to_quantity(p.duration) / to_quantity(p.segment))):
            raise ParameterError(
                f"duration = {p.duration} is not a whole number of segments of {p.segment}"
            )

    def learn(self, seconds: float, share: float = 1.0) -> dict[str, float]:
        """Feedback on, learning at a share of the rate; metrics of the stretch."""
        output = self.populations["output"]
        layers = {"recurrent": "recurrent", "command": self.p.commands[0]}
        output.squared_error_[:] = 0.0
        output.squared_learning_error_[:] = 0.0
        before = {
            name: float(np.mean(self.populations[layer].fired_[:]))
            for name, layer in layers.items()
        }
        stretch = self.training_stretch(seconds)
        self.show(stretch, self.p.gain, share)
        rates = {
            f"rate_{name}": (float(np.mean(self.populations[layer].fired_[:])) - before[name])
            / seconds
            for name, layer in layers.items()
        }
        outside = float(np.mean(np.linalg.norm(stretch.target, axis=1) > self.p.radius))
        if outside > OUTSIDE_TOLERATED:
            warnings.warn(
                f"the reference was outside the represented radius of {self.p.radius:g} "
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

    def training_stretch(self, seconds: float) -> Any:
        """What is presented next, for learning."""
        return self.tracking.training(seconds)

    def show(self, stretch: Any, gain: float, share: float = 0.0) -> None:
        """Run through a stretch with a gain of the feedback, learning at a share of the rate."""
        self.model.set(
            {
                name: gain if name == "output.gain" else share * value
                for name, value in follow.live(self.p).items()
            }
        )
        signals = {field.name: getattr(stretch, field.name) for field in fields(stretch)}
        self.run.present(self.model, tasks.stretch(STEP, **signals))

    def close_loop(self, seconds: float) -> None:
        """Let the output settle on the reference, without learning, before the loop opens."""
        self.show(self.training_stretch(seconds), self.p.gain)

    def listen(self, active: bool) -> None:
        """Whether output and some spikes are recorded; they are not while the network learns."""
        self._output.active = self._spikes.active = active

    def open_loop(self, name: str | None, stretch: Any) -> NDArray[np.float64]:
        """Run through a stretch without feedback and learning; returns the output.

        (steps, dimensions).  The recording keeps it, and the target, if the test has a name.
        :meth:`listen` must be on.
        """
        begin = float(self.model.network.t_)
        self.show(stretch, gain=0.0)
        output = np.array(self._output.decoded[:, -len(stretch) :]).T
        if name is not None and not self.member:
            self._keep(name, begin, stretch, output)
        for monitor in (self._output, self._spikes):
            neurons.forget_responses(monitor)
        return output

    def _keep(self, name: str, begin: float, stretch: Any, output: NDArray[np.float64]) -> None:
        """Put output, target, the spikes of some neurons, and when it was into the recording."""
        times = begin + 1e-3 * np.arange(len(stretch))
        late = self._spikes.t_[:] >= begin
        spikes = (self._spikes.t_[late], np.array(self._spikes.i)[late])
        self.run.put_spikes("recurrent, open loop", *spikes)
        self.run.put_trace("output", "open loop", times, output.T, "1")
        self.run.put_trace("output", "reference", times, stretch.target.T, "1")
        self.run.put(name, times[[0, -1]], "s", bound=["first", "last"])

    def _keep_weights(self) -> None:
        """Put a random sample of the recurrent weights w = E M [ms] into the recording."""
        learned = self.model.plastic.get("recurrent_learning")
        if self.p.weights != "factorised" or learned is None or self.member:
            return
        post, pre = np.random.default_rng(self.run.seed).integers(
            self.p.neurons, size=(2, SHOWN_WEIGHTS)
        )
        encoders = self.model.state_tuning.encoders
        sample = 1e3 * np.sum(encoders[post] * learned.weights[pre], axis=1)
        self.run.put("recurrent weights, sample", sample, "ms", synapse=np.arange(len(sample)))

    def finals(self) -> Mapping[str, float]:
        """The test's figures, and learning error, rates and tracking of the first and last segment.

        ``tracking`` is raw error over variance, in units of the untrained loop's 1/(k + 1)^2.
        """
        latest = self.latest
        share = latest["raw_error"] / max(latest["variance"], 1e-300)
        return {
            "learning_error_first": self.curve[0],
            "learning_error_last": self.curve[-1],
            "learning_ratio": self.curve[-1] / max(self.curve[0], 1e-300),
            "tracking": share * (1.0 + self.p.gain) ** 2,
            "rate_recurrent": latest["rate_recurrent"],
            "rate_command": latest["rate_command"],
            **self.tested,
        }


def _is_whole(number: float) -> bool:
    return number >= 1 and abs(number - round(number)) < 1e-9


_METRICS = (
    "learning_error", "raw_error", "rate_recurrent", "rate_command", "outside", "variance"
)  # fmt: skip
