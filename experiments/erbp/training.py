"""What the pages of event-driven random back-propagation share: showing images and testing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus import analysis, neurons, tasks
from bioplaus.models import erbp
from bioplaus.models.erbp.parameters import OneHiddenLayer
from bioplaus.parameters import ParameterError, quantities
from bioplaus.runs.pages.run import Run, Segment

__all__ = ["Training", "check_task"]

Floats = NDArray[np.float64]


class Training:
    """A network, what it is shown, and how it is judged.

    p : settings of the page ``images``, or of one that has the same.
    """

    def __init__(self, p: Any, run: Run, images: Any, rng: np.random.Generator) -> None:
        """Build the network and draw the order of the images."""
        self.p, self.q, self.run, self.images = p, quantities(p), run, images
        q = self.q
        durations = (q.presentation, q.pause, q.test_presentation, q.readout)
        self.frame = tasks.common_step(*map(float, durations))
        clocks = neurons.Clocks.of(q.time_step, self.frame)
        self.model = erbp.build(p, rng, {"pixel": erbp.pixels(p, clocks)}, clocks)
        count = len(images.train_labels)
        passes = [rng.permutation(count) for _ in range(-(-p.presentations // count))]
        self.order = np.concatenate(passes)[: p.presentations]
        self.strength = 1 - (1 - p.final_rate) * np.arange(p.presentations) / p.presentations
        self._tables: dict[str, Floats] = {}

    def learn(self, segment: Segment) -> dict[str, float]:
        """Train on the images of a segment; the metrics of its row."""
        part, labels = segment.of(self.p.presentations), self.images.train_labels
        shown, before = self.order[part], self._open_gates()
        counts, _, operations = self._show(
            "train",
            shown,
            presentation=float(self.q.presentation),
            labels=labels[shown],
            strength=self.strength[part],
            settling=float(self.q.settling),
            pause=float(self.q.pause),
            blank=len(labels),
        )
        frames, after = counts[..., 0].size, self._open_gates()
        return {
            "epoch": part.stop / len(labels),
            "training_error": float((counts[:, -1].argmax(axis=-1) != labels[shown]).mean()),
            "validation_error": self.test("validation", self.p.validated)["error"],
            "training_operations": operations,
            **{f"gate_open_{name}": (after[name] - before[name]) / frames for name in after},
        }

    def test(self, part: str, images: int) -> dict[str, float]:
        """Error of the spike count over the whole presentation and after each frame; how early it
        is reached; synaptic events of a presentation."""
        labels = self.images.part(part)[1][:images]
        counts, first, operations = self._show(
            part, np.arange(len(labels)), presentation=float(self.q.test_presentation)
        )
        wrong = (counts.argmax(axis=-1) != labels[:, None]).mean(axis=0)
        silent = np.full(len(labels), counts.shape[1] * self.frame)
        earliest = np.column_stack([first, silent])  # nothing said is as late as can be
        found = {
            "error": float(wrong[-1]),
            "latency_ms": float(np.median(np.nanmin(earliest, axis=1)) * 1e3),
            "operations": operations,
        }
        for number, error in enumerate(wrong[:-1], start=1):
            found[f"error_at_{number * self.frame * 1e3:g}_ms"] = float(error)
        return found

    def finals(self, part: str) -> dict[str, float]:
        """What is asked once, in the end."""
        tested = {f"{part}_{name}": value for name, value in self.test(part, self.p.tested).items()}
        angle = analysis.alignment_angle(*erbp.last_feedback(self.model))
        return {**tested, "feedback_angle": float(angle)}

    def _show(self, part: str, rows: Any, **options: Any) -> tuple[Floats, Floats, float]:
        """Counts and first spikes, see ``neurons.read_responses``, and synaptic events per
        presentation (those of labels left out)."""
        tables = {"images": self._table(part)}
        schedule = tasks.presentations(rows, tables, frame=self.frame, **options)
        before = erbp.spikes_so_far(self.model)
        neurons.forget_responses(self.model.responses)
        shown = self.run.present(self.model, schedule)
        counts, first = neurons.read_responses(self.model.responses, shown, self.frame)
        answers, right = counts[:, -1].argmax(axis=-1), self.images.part(part)[1][rows]
        self.run.put_answers(answers, learning="labels" in options, label=right)
        return counts, first, self._operations(before, counts)

    def _operations(self, before: Mapping[str, float], counts: Floats) -> float:
        after = erbp.spikes_so_far(self.model)
        spikes = {name: after[name] - before[name] for name in after}
        spikes["output"] = float(counts[:, -1].sum())
        events = sum(erbp.fan_out(self.model, name) * count for name, count in spikes.items())
        return float(events / len(counts))

    def _open_gates(self) -> dict[str, float]:
        """Frames so far in which the gate was open, mean over the neurons of each plastic layer."""
        return {
            name: float(group.gate_open_[:].mean())
            for name, group in self.model.populations.items()
            if "gate_open" in group.variables
        }

    def _table(self, part: str) -> Floats:
        """The images of one part, (rows, pixels), and an empty one at the end."""
        if part not in self._tables:
            grey = self.images.part(part)[0] * (255 / 256)
            self._tables[part] = np.concatenate([grey, np.zeros((1, grey.shape[1]))])
        return self._tables[part]


def check_task(p: OneHiddenLayer, images: Any) -> None:
    """Check that images and labels fit the network.

    Raises
    ------
    ParameterError
        If they do not.
    """
    if images.train_raw.shape[1] != p.inputs:
        raise ParameterError(
            f"inputs = {p.inputs}, but images of {images.name} have {images.train_raw.shape[1]} "
            "pixels"
        )
    for part in ("train", "validation", "test"):
        labels = images.part(part)[1]
        if labels.min() < 0 or labels.max() >= p.classes:
            raise ParameterError(
                f"{images.name} has a {part} label {labels.max()}, outside the {p.classes} classes "
                f"0 .. {p.classes - 1}; set classes to at least {labels.max() + 1}"
            )
