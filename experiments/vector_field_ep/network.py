"""The Brian2 network learns digits one at a time, in two phases (Scellier 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bioplaus import analysis, plotting, tasks
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.parameters import VectorField, check_vector_field
from bioplaus.parameters import parameter, replace
from bioplaus.training import NetworkExperiment, Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(VectorField):
    """One hidden layer, one example at a time, rates of a batch of 20 divided by 20."""

    layers: str = parameter("64-100-10", "units per layer, input first")
    learning_rates: str = parameter(
        "0.02, 0.005", "learning rate of each layer pair, input side first", symbol="alpha"
    )
    influence: float = parameter(1.0, "influence of the target", symbol="beta")
    nudging: str = parameter(
        "positive", "sign of the influence", choices=("random-sign", "positive", "symmetric")
    )
    batch: int = parameter(1, "examples per update", symbol="B", low=1, high=1)
    dataset: str = parameter(
        "digits", "images to learn", choices=("mnist", "fashion-mnist", "digits")
    )
    epochs: int = parameter(10, "passes over the training images", low=1)
    part: int = parameter(10_000, "examples of a segment, at most an epoch", low=1)


class VectorFieldEpNetwork(NetworkExperiment):
    """Fixed order; the weights are evaluated by relaxing batches from zero states."""

    Parameters = Settings
    quick = {"epochs": 2}
    record = (
        Trace("hidden", "s", cells=8, every="5 ms"),
        Trace("output", "s", cells=10, every="5 ms"),
    )
    record_window = "0.625 s"

    def setup(self) -> None:
        """Build the network and what it will be shown in the whole run."""
        import numpy as np

        p = self.parameters
        check_vector_field(p)
        self.images = tasks.load(p.dataset)
        self.examples = min(p.examples, len(self.images.train_labels))
        self.part = min(p.part, self.examples)
        self.parts = -(-self.examples // self.part)
        clocks = vector_field_ep.time(p)
        self.presentation = float(clocks.frame.dt_)
        stored = replace(p, {"examples": self.examples})
        inputs = {"pixels": vector_field_ep.pixels(p, clocks)}
        self.model = vector_field_ep.build(stored, self.rng, inputs, clocks)
        self.evaluated = vector_field_ep.build_batched(p, np.random.default_rng(0), 0)
        self.network, self.populations = self.model.network, self.model.populations
        self.influences = np.full(p.epochs * self.examples, self.evaluated.influence)
        if p.nudging == "random-sign":
            self.influences *= self.rng.choice([-1.0, 1.0], self.influences.size)
        classes = np.eye(len(self.populations["output"]))
        self.tables = {
            "images": self.images.train_images,
            "targets": classes[self.images.train_labels],
        }

    def segments(self) -> int:
        """One segment for each part of an epoch."""
        return int(self.parameters.epochs) * self.parts

    @property
    def epoch(self) -> float:
        """Passes over the training images so far."""
        return self.simulated_time / self.presentation / self.examples

    def advance(self, segment: int) -> Mapping[str, float]:
        """Present one part, then relax the validation images."""
        import numpy as np

        epoch, part = divmod(segment, self.parts)
        rows = np.arange(self.examples)[part * self.part :][: self.part]
        self.present(
            tasks.presentations(
                rows,
                self.tables,
                presentation=self.presentation,
                frame=self.presentation,
                strength=1.0,
                teaching=self.influences[epoch * self.examples + rows],
            )
        )
        weights = vector_field_ep.by_layer(self.parameters, self.model.weights())
        self.evaluated.take(weights)
        validation = self.images.part("validation")
        report = self.evaluated.answer(*validation)
        self.evaluated.warn(report, validation[0][:20])
        angle = analysis.alignment_angle(weights.forward[-1], weights.feedback[-1].T)
        return {
            "validation_error": report.error,
            "residual": report.residual,
            "silent_outputs": len(report.silent),
            "angle_to_output": float(angle),
        }

    def finish(self) -> Mapping[str, float]:
        """Error on the test images, and on the validation images at the end."""
        weights = self.model.weights()
        self.evaluated.take(vector_field_ep.by_layer(self.parameters, weights))
        return {
            "test_error": self.evaluated.error(*self.images.part("test")),
            "final_validation_error": self.evaluated.error(*self.images.part("validation")),
        }

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curve; relaxation of states through both phases of the last presentations."""
        figure = plotting.figure()
        axes = figure.subplots()
        plotting.learning_curve(axes, run.metrics["epoch"], run.metrics["validation_error"])
        yield "learning-curve", figure
        yield "relaxation", _relaxation_figure(run)


def _relaxation_figure(run: RunReader) -> Figure:
    """Free phase white, second phase grey; three presentations."""
    p = run.parameters
    figure = plotting.figure("page", height=3.6)
    signs = 2 if p["nudging"] == "symmetric" else 1
    free_steps = p["free_steps"]
    steps = 1 + free_steps + signs * p["nudged_steps"]
    for axes, population in zip(figure.subplots(2, 1, sharex=True), ("hidden", "output")):
        trace = run.trace(population, "s")
        t, value = trace.t, trace.value
        shown = t > t[-1] - 3 * steps * (t[1] - t[0])
        axes.plot((t[shown] - t[shown][0]) * 1e3, value[:, shown].T, linewidth=1)
        for k in range(3):
            begin = (k * steps + 1 + free_steps) * (t[1] - t[0]) * 1e3
            end = (k + 1) * steps * (t[1] - t[0]) * 1e3
            axes.axvspan(begin, end, color=plotting.GREY, alpha=0.25, linewidth=0)
        axes.set_ylabel(f"state, {population}")
    axes.set_xlabel("time (ms); grey: under the target's influence")
    return figure


EXPERIMENT = VectorFieldEpNetwork

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
