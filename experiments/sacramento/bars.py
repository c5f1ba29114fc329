"""Prospective coding learns bars at ten time steps a pattern (Haider 2021 on Sacramento 2018).

A pattern is shown for a fifth of a membrane time constant.  Cells that send ``u + tau du/dt``
follow it; with ``prospective = false`` the same network is judged, and learns, in transients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.sacramento import figures
from bioplaus.experiments.sacramento.microcircuit import Circuit
from bioplaus.models.sacramento.parameters import Bars
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(Bars):
    """9-30-3, eight bars, 1 ms each."""

    epochs: int = parameter(300, "times every bar is shown", low=1)
    evaluations: int = parameter(10, "segments, each ended by a test", low=1)
    target_on: float = parameter(1.0, "target potential of the right class", source="Haider 2021")
    target_off: float = parameter(0.1, "target potential of the others", source="Haider 2021")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show all bars in random order, again and again; test on the same eight."""
    circuit = Circuit(p, run)
    images, labels = tasks.bar_images()
    targets = np.full((8, 3), p.target_off)
    targets[np.arange(8), labels] = p.target_on

    def measure() -> dict[str, float]:
        settled = circuit.free_output(images).argmax(axis=1)
        return {"settled_accuracy": float((settled == labels).mean())}

    for segment in run.segments(p.evaluations):
        shown = segment.of(p.epochs)
        order = np.concatenate([run.rng.permutation(8) for _ in range(shown.start, shown.stop)])
        circuit.show(images, targets, order)
        run.put_answers(np.full(len(order), -1), learning=True, label=labels[order])
        run.log(epoch=float(shown.stop), **measure())
    answers = []  # at the end of the 1 ms of each; the task has no other bars
    for image, target, label in zip(images, targets, labels):
        circuit.show([image], [target], plastic=False, teach=False)
        answers.append(np.argmax(circuit.model.populations["output"].potential))
        run.put_answers(answers[-1:], learning=False, label=label)
    return {**measure(), "accuracy": float((answers == labels).mean())}


FORM = "network"
FIGURES = {"learning-curve": figures.bars_named}
