"""A spiking network learns handwritten digits with event-driven errors (Neftci 2017, figure 5).

Images of 8 x 8 pixels, shown one after another without a pause or a reset; learning is off at the
start of each presentation, while the last image still reverberates.  In validation and test,
labels and learning are off and the class is the output neuron with most spikes.

Without the engine (``--backend numpy``) use a coarser step and fewer images: ``time_step=1ms
background_before_threshold=true presentations=1200``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus.models.erbp.parameters import OneHiddenLayer
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities, replace
from bioplaus.tasks.image_sets import IMAGE_SETS
from bioplaus.training import NetworkExperiment, Spikes, Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader
    from bioplaus.tasks import Schedule


@dataclass(frozen=True)
class Settings(OneHiddenLayer):
    """The published network on small images, with settings that learn in minutes."""

    dataset: str = parameter("digits", "images", choices=IMAGE_SETS)
    inputs: int = parameter(64, "pixels", low=1)
    learning_rate: float = parameter(
        6e-3, "weight change per dendritic volt", symbol="eta", low=0, tunable=True
    )
    output_weights: float = parameter(0.3, "factor on the initial output weights", low=0)
    presentations: int = parameter(5000, "training images shown, over all passes", low=1)
    evaluations: int = parameter(4, "segments, each ended by a validation", low=1)
    validated: int = parameter(360, "validation images looked at in each segment", low=1)
    tested: int = parameter(10_000, "test images looked at in the end, if there are as many", low=1)
    presentation: Quantity = parameter("100 ms", "duration of a training image", low="1 ms")
    settling: Quantity = parameter("20 ms", "its start, in which nothing is learned", low="0 ms")
    test_presentation: Quantity = parameter("100 ms", "duration of a test image", low="1 ms")
    readout: Quantity = parameter(
        "100 ms", "how often a test image is read out while it is shown", low="1 ms"
    )
    pause: Quantity = parameter("0 ms", "blank after each training image", low="0 ms")
    final_rate: float = parameter(
        0.03, "learning rate at the end, as a fraction; the decay is linear", low=0, high=1
    )


class ErbpDigits(NetworkExperiment):
    """Train, validate after each segment, test once in the end."""

    Parameters = Settings
    quick = {"presentations": 600, "evaluations": 2, "tested": 200}
    record = (
        Spikes("pixel"),
        Spikes("hidden"),
        Spikes("output"),
        Spikes("error"),
        Trace("hidden", "u", cells=5),
        Trace("hidden", "current", cells=5),
    )
    record_window = "400 ms"

    def setup(self) -> None:
        """Build network and schedule."""
        import numpy as np

        from bioplaus import tasks
        from bioplaus.models import erbp
        from bioplaus.neurons.cell import Clocks

        p = self.parameters
        q = quantities(p)
        erbp.check_network(p)
        if q.settling >= q.presentation:
            raise ParameterError(
                f"settling = {p.settling} leaves nothing to learn in of "
                f"presentation = {p.presentation}"
            )
        self.data = tasks.load(p.dataset)
        check_task(p, self.data)
        self.frame = tasks.common_step(
            *map(float, (q.presentation, q.pause, q.test_presentation, q.readout))
        )
        clocks = Clocks.of(q.time_step, self.frame)
        self.model = erbp.build(p, self.rng, {"pixel": erbp.pixels(p, clocks)}, clocks)
        self.network, self.populations = self.model.network, self.model.populations
        passes = -(-p.presentations // len(self.data.train_labels))
        shuffled = [self.rng.permutation(len(self.data.train_labels)) for _ in range(passes)]
        self.order = np.concatenate(shuffled)[: p.presentations]
        self.strength = 1 - (1 - p.final_rate) * np.arange(p.presentations) / p.presentations
        self._tables: dict[str, Any] = {}

    def segments(self) -> int:
        """One segment for each validation."""
        return int(self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Passes over the training images so far."""
        return float(self._bounds(self.segment)[1] / len(self.data.train_labels))

    def advance(self, segment: int) -> Mapping[str, float]:
        """Train on the next images, then validate."""
        from bioplaus import tasks

        q, (start, stop) = quantities(self.parameters), self._bounds(segment)
        shown = self.order[start:stop]
        schedule = tasks.presentations(
            shown,
            {"images": self._table("train")},
            presentation=float(q.presentation),
            frame=self.frame,
            labels=self.data.train_labels[shown],
            strength=self.strength[start:stop],
            settling=float(q.settling),
            pause=float(q.pause),
            blank=len(self.data.train_labels),
        )
        before = self._open_gates()
        counts, _ = self._show(schedule)
        after = self._open_gates()
        wrong = (counts[:, -1].argmax(axis=-1) != self.data.train_labels[shown]).mean()
        operations = self.operations
        return {
            "training_error": float(wrong),
            "validation_error": self._test("validation", self.parameters.validated)["error"],
            "training_operations": operations,
            **{f"gate_open_{n}": (after[n] - before[n]) / counts[..., 0].size for n in after},
        }

    def _open_gates(self) -> dict[str, float]:
        """Frames so far in which the gate was open, mean over the neurons of each plastic layer."""
        return {
            name: float(group.gate_open_[:].mean())
            for name, group in self.populations.items()
            if "gate_open" in group.variables
        }

    def finish(self) -> Mapping[str, float]:
        """Error on the test images, and how early it is reached."""
        from bioplaus.analysis import alignment_angle
        from bioplaus.models import erbp

        found = self._test("test", self.parameters.tested)
        tested = {f"test_{name}": value for name, value in found.items()}
        angle = float(alignment_angle(*erbp.last_feedback(self.model)))
        return {**tested, "feedback_angle": angle}

    def evaluate(self, dataset: str, part: str) -> Mapping[str, float]:
        """Test the present weights on one part of a data set of the same size."""
        from bioplaus import tasks

        self.data = tasks.load(dataset)
        check_task(self.parameters, self.data)
        self._tables.clear()
        return {f"{part}_{name}": value for name, value in self._test(part, 10**9).items()}

    def tune(self, name: str, value: Any) -> None:
        """Change the learning rate of all layers."""
        from bioplaus.models import erbp

        changed = replace(self.parameters, {**self.tuned, name: value})
        self.model.set(erbp.live(changed))

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curve, raster of the last images, dendrites with the gate, error over time."""
        from bioplaus.experiments.erbp import figures as draw

        yield "learning-curve", draw.learning_curve(run)
        if run.recordings():
            yield "raster", draw.raster(run)
            yield "dendrites", draw.dendrites(run)
        if any("_at_" in name for name in run.summary.get("metrics", {})):
            yield "latency", draw.latency(run)

    def _bounds(self, segment: int) -> tuple[int, int]:
        """First and last training presentation of a segment."""
        p = self.parameters
        return (
            segment * p.presentations // p.evaluations,
            (segment + 1) * p.presentations // p.evaluations,
        )

    def _show(self, schedule: Schedule) -> tuple[Any, Any]:
        """Run presentations; returns counts and first spikes, see ``read_responses``.

        Leaves in ``operations`` the synaptic events per presentation (those of labels left out).
        """
        from bioplaus.models import erbp
        from bioplaus.neurons.counting import forget_responses, read_responses

        before = erbp.spikes_so_far(self.model)
        forget_responses(self.model.responses)
        shown = self.present(schedule)
        counts, first_spikes = read_responses(self.model.responses, shown, self.frame)
        self.operations = self._operations(before, counts)
        return counts, first_spikes

    def _operations(self, before: Mapping[str, float], counts: Any) -> float:
        """Synaptic events per presentation since ``before``."""
        from bioplaus.models import erbp

        after = erbp.spikes_so_far(self.model)
        spikes = {name: after[name] - before[name] for name in after}
        spikes["output"] = float(counts[:, -1].sum())
        events = sum(erbp.fan_out(self.model, name) * count for name, count in spikes.items())
        return float(events / len(counts))

    def _test(self, part: str, images: int) -> dict[str, float]:
        """Error of the spike count over the whole presentation, and after each frame."""
        import numpy as np

        from bioplaus import tasks

        labels = self.data.part(part)[1][:images]
        schedule = tasks.presentations(
            np.arange(len(labels)),
            {"images": self._table(part)},
            presentation=float(quantities(self.parameters).test_presentation),
            frame=self.frame,
        )
        counts, first = self._show(schedule)
        wrong = (counts.argmax(axis=-1) != labels[:, None]).mean(axis=0)
        silent = np.full(len(labels), counts.shape[1] * self.frame)
        earliest = np.column_stack([first, silent])  # nothing said is as late as can be
        found = {
            "error": float(wrong[-1]),
            "latency_ms": float(np.median(np.nanmin(earliest, axis=1)) * 1e3),
            "operations": self.operations,
        }
        for number, error in enumerate(wrong[:-1], start=1):
            found[f"error_at_{number * self.frame * 1e3:g}_ms"] = float(error)
        return found

    def _table(self, part: str) -> Any:
        """The images of one part, (rows, pixels), and an empty one at the end."""
        import numpy as np

        if part not in self._tables:
            grey = self.data.part(part)[0] * (255 / 256)
            self._tables[part] = np.concatenate([grey, np.zeros((1, grey.shape[1]))])
        return self._tables[part]


def check_task(p: Settings, data: Any) -> None:
    """Check that images and labels fit the network.

    Raises
    ------
    ParameterError
        If they do not.
    """
    if data.train_raw.shape[1] != p.inputs:
        raise ParameterError(
            f"inputs = {p.inputs}, but images of {data.name} have {data.train_raw.shape[1]} pixels"
        )
    if p.validated > len(data.validation_labels):
        raise ParameterError(
            f"validated = {p.validated}, but {data.name} has {len(data.validation_labels)} "
            f"validation images"
        )
    for part in ("train", "validation", "test"):
        labels = data.part(part)[1]
        if labels.min() < 0 or labels.max() >= p.classes:
            raise ParameterError(
                f"{data.name} has a {part} label {labels.max()}, outside the {p.classes} classes "
                f"0 .. {p.classes - 1}; set classes to at least {labels.max() + 1}"
            )


EXPERIMENT = ErbpDigits

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
