"""Equilibrium propagation learns handwritten digits in mini-batches (Scellier 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import analysis, plotting, tasks
from bioplaus.experiments.vector_field_ep.training import ImageExperiment
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.parameters import VectorField, check_vector_field
from bioplaus.parameters import parameter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


READ_AT = (1, 3, 10)
"""Epochs after which error and alignment are kept for the table of results."""


@dataclass(frozen=True)
class Settings(VectorField):
    """One hidden layer, independent feedback weights, random sign of the influence."""

    dataset: str = parameter("mnist", "images to learn", choices=tasks.IMAGE_SETS)
    epochs: int = parameter(3, "passes over the training images", low=1)
    start_mean: float = parameter(
        0.3, "mean drive of a hidden unit at the start, where start_spread is set", low=0.0
    )
    start_spread: float = parameter(
        0.0, "spread of the drives at the start (0: Glorot's weights and zero biases)", low=0.0
    )


class VectorFieldEpMnist(ImageExperiment):
    """Fixed order of examples, one segment an epoch, evaluation from zero states."""

    Parameters = Settings

    def check(self) -> None:
        """Fields that depend on one another."""
        check_vector_field(self.parameters)

    def build(self) -> vector_field_ep.Learner:
        """Draw the network, with room for the stored states."""
        self.readings: dict[str, float] = {}
        p = self.parameters
        learner = vector_field_ep.build_batched(p, self.rng, self.examples)
        if p.start_spread > 0:
            images = self.images.train_images[:1000]
            vector_field_ep.centre(learner.weights, images, p.start_mean, p.start_spread)
        return learner

    def advance(self, segment: int) -> Mapping[str, float]:
        """One pass over the training images, then the validation images."""
        import numpy as np

        learner, validation = self.learner, self.images.part("validation")
        report = learner.train(*self.images.part("train"), np.arange(self.examples))
        self.stop_if_not_finite(learner.arrays())
        learner.warn(report, validation[0][:20])
        metrics = {
            "validation_error": learner.error(*validation),
            "train_error": report.error,
            "residual": report.residual,
            "free_steps": report.steps,
            "silent_outputs": len(report.silent),
            **self._held(),
            **self._alignment(),
        }
        self._read(segment + 1, metrics)
        return metrics

    def _read(self, epoch: int, metrics: Mapping[str, float]) -> None:
        if epoch in READ_AT:
            names = ("validation_error", *self._alignment())
            self.readings |= {f"{name}_epoch_{epoch}": metrics[name] for name in names}
        self.readings["final_train_error"] = metrics["train_error"]
        self.readings["final_validation_error"] = metrics["validation_error"]
        self.readings["training_operations"] = self._operations(metrics["free_steps"])

    def _operations(self, free_steps: float) -> float:
        """Multiplications by a weight that one training image costs, weight changes left out."""
        weights, phases = self.learner.weights, self.learner.phases
        steps = free_steps + phases.nudged * (2 if phases.symmetric else 1)
        within = sum(w.size for w in (*weights.forward[1:], *weights.feedback))
        return float(weights.forward[0].size + steps * within)

    def _held(self) -> dict[str, float]:
        """Per hidden layer the share of states at a bound: they pass no error on."""
        hidden = self.learner.settle(self.images.validation_images[:200])[0][:-1]
        return {
            f"held_{layer}": float(((states <= 0) | (states >= 1)).mean())
            for layer, states in enumerate(hidden, start=1)
        }

    def _alignment(self) -> dict[str, float]:
        """Angle [degrees] and trace between the directions of each pair; the smallest trace."""
        weights = self.learner.weights
        pairs = list(zip(weights.forward[1:], weights.feedback, strict=True))
        angles = {
            f"angle_{pair}": float(analysis.alignment_angle(forward, feedback.T))
            for pair, (forward, feedback) in enumerate(pairs, start=1)
        }
        traces = {
            f"trace_{pair}": float((forward * feedback.T).sum())
            for pair, (forward, feedback) in enumerate(pairs, start=1)
        }
        return angles | traces | {"smallest_trace": min(traces.values())}

    def finish(self) -> Mapping[str, float]:
        """Error on the test images, and where training and alignment have come to."""
        alignment = self._alignment()
        fall = self.readings["angle_1_epoch_1"] - alignment["angle_1"]
        return {**super().finish(), **self.readings, **alignment, "angle_1_fall": fall}

    def state(self) -> Mapping[str, Any]:
        """Also what was read so far."""
        return {**super().state(), "readings": self.readings}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        super().restore(state)
        self.readings = dict(state["readings"])

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curve; angle and trace of each pair of layers over learning."""
        yield from super().figures(run)
        yield "alignment", _alignment_figure(run)


def _alignment_figure(run: RunReader) -> Figure:
    from matplotlib.ticker import MaxNLocator

    figure = plotting.figure("page")
    angle_axes, trace_axes = figure.subplots(1, 2)
    pairs = sorted(name for name in run.metrics if name.startswith("angle_"))
    for name in pairs:
        pair = name.removeprefix("angle_")
        label = f"layers {pair} and {int(pair) + 1}"
        epochs = run.metrics["epoch"]
        angle_axes.plot(epochs, run.metrics[name], marker=".", label=label)
        trace_axes.plot(epochs, run.metrics[f"trace_{pair}"], marker=".", label=label)
    angle_axes.set(xlabel="epoch", ylabel="angle forward to feedback (degrees)")
    trace_axes.set(xlabel="epoch", ylabel="trace of forward times feedback")
    for axes in (angle_axes, trace_axes):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    trace_axes.axhline(0, linewidth=0.8, color=plotting.GREY)
    angle_axes.legend()
    return figure


EXPERIMENT = VectorFieldEpMnist

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
