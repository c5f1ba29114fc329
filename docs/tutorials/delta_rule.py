"""A delta rule at presynaptic spikes learns handwritten digits (tutorial)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.training import NetworkExperiment, Spikes


@dataclass(frozen=True)
class DeltaRule:
    """dw = eta (target - y) at each presynaptic spike; y is the filtered output, 1 at 100 Hz.

    w : (n_pre, n_post) [V].  Sign: a neuron that should fire and does not gains weight.
    """

    def synapses(self) -> dict[str, str]:
        """Keyword arguments of ``Synapses``."""
        return {
            "model": "w : volt\neta : volt (shared)",
            "on_pre": """
            w += plastic(t)*eta*(target(t, j) - y_post)
            v_post += w
            """,
        }


@dataclass(frozen=True)
class Settings:
    """Sixty-four Poisson pixels onto ten integrate-and-fire neurons."""

    learning_rate: Quantity = parameter(
        "0.1 mV", "weight change per spike at full error", symbol="eta", low="0 mV", tunable=True
    )
    tau_membrane: Quantity = parameter("20 ms", "membrane time constant", low="1 ms")
    tau_output: Quantity = parameter("50 ms", "filter of the output spikes", low="1 ms")
    threshold: Quantity = parameter("10 mV", "firing threshold", low="0.1 mV")
    pixel_rate: Quantity = parameter("60 Hz", "rate of a white pixel", low="1 Hz")
    presentation: Quantity = parameter("100 ms", "duration of an image", low="10 ms")
    images: int = parameter(1077, "training images shown in an epoch", low=1, high=1077)
    epochs: int = parameter(3, "passes", low=1)


class DeltaRuleDigits(NetworkExperiment):
    """Train for an epoch, validate; test once in the end."""

    Parameters = Settings
    quick = {"epochs": 1, "images": 300}
    record = (Spikes("output"),)
    record_window = "1 second"

    def setup(self) -> None:
        """Build the network and load the images."""
        from brian2 import Clock, Network, NeuronGroup, PoissonGroup, StateMonitor, Synapses

        from bioplaus import tasks

        q = quantities(self.parameters)
        self.data = tasks.load("digits")
        pixel = PoissonGroup(64, "pixel_rate*image(t, i)", name="pixel")
        output = NeuronGroup(
            10,
            """
            dv/dt = -v/tau_membrane : volt
            dy/dt = -y/tau_output : 1
            count : 1
            """,
            threshold="v > threshold",
            reset="v = 0*mV\ny += 0.01*second/tau_output\ncount += 1",
            method="exact",
            name="output",
            namespace={
                "tau_membrane": q.tau_membrane,
                "tau_output": q.tau_output,
                "threshold": q.threshold,
            },
        )
        pixel_to_output = Synapses(pixel, output, **DeltaRule().synapses(), name="pixel_to_output")
        pixel_to_output.connect()
        pixel_to_output.eta = q.learning_rate
        onset = Clock(q.presentation, name="presentation_clock")
        self.counts = StateMonitor(output, "count", record=True, clock=onset, name="counts")
        self.projection = pixel_to_output
        self.populations = {"pixel": pixel, "output": output}
        self.network = Network(pixel, output, pixel_to_output, self.counts)

    def segments(self) -> int:
        """One segment for each epoch."""
        return int(self.parameters.epochs)

    def advance(self, segment: int) -> Mapping[str, float]:
        """An epoch in random order, then the validation images."""
        order = self.rng.permutation(len(self.data.train_labels))[: self.parameters.images]
        self._show(self.data.train_images[order], self.data.train_labels[order], learn=True)
        return {"validation_error": self._error("validation")}

    def finish(self) -> Mapping[str, float]:
        """The error on the test images."""
        return {"test_error": self._error("test")}

    def tune(self, name: str, value: Any) -> None:
        """Change the learning rate between segments."""
        from bioplaus.parameters import to_quantity

        self.projection.eta = to_quantity(value)

    def figures(self, run: Any) -> Iterator[tuple[str, Any]]:
        """Learning curve and raster."""
        from bioplaus import plotting

        with plotting.style():
            figure = plotting.figure()
            axes = figure.add_subplot()
            plotting.learning_curve(axes, run.metrics["epoch"], run.metrics["validation_error"])
        yield "learning-curve", figure
        with plotting.style():
            figure = plotting.figure()
            plotting.raster(figure.add_subplot(), *run.spikes("output"))
        yield "raster", figure

    def _error(self, part: str) -> float:
        images, labels = self.data.part(part)
        return float((self._show(images, labels, learn=False).argmax(axis=1) != labels).mean())

    def _show(self, images: Any, labels: Any, learn: bool) -> Any:
        """Show images one after another; returns spike counts (image, class)."""
        import numpy as np
        from brian2 import TimedArray

        q = quantities(self.parameters)
        # Time goes on between calls, so the tables are padded to begin at the present moment.
        before = round(float(self.network.t / q.presentation))
        image = np.concatenate([np.zeros((before, 64)), images])
        target = np.concatenate([np.zeros((before, 10)), np.eye(10)[labels]])
        namespace = {
            "image": TimedArray(image, dt=q.presentation),
            "target": TimedArray(target, dt=q.presentation),
            "plastic": TimedArray([float(learn)], dt=q.presentation),
            "pixel_rate": q.pixel_rate,
        }
        self.run(len(labels) * q.presentation, namespace)
        output = self.populations["output"]
        sampled = np.column_stack([self.counts.count, output.count[:]])
        self.counts.resize(0)
        return np.diff(sampled, axis=1).T


EXPERIMENT = DeltaRuleDigits
