"""A microcircuit learns a nonlinear function from a teacher network (Sacramento 2018, figure 2).

With the published soft rectifier rates are near 0.01 and ten million patterns are needed;
``teacher = tanh`` with a logistic student and higher rates is a variant of our own in which the
forward weights turn towards the fixed top-down weights within a thousand patterns (feedback
alignment).  ``forward_rates`` with a 0 in front is the shallow control.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import analysis, tasks
from bioplaus.experiments.sacramento import figures
from bioplaus.experiments.sacramento.microcircuit import TRACES, Circuit
from bioplaus.models import sacramento
from bioplaus.models.sacramento.parameters import Regression, area_sizes
from bioplaus.neurons.rate_transfer import TRANSFERS
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

TEACHERS = ("soft rectifier", "tanh")


@dataclass(frozen=True)
class Settings(Regression):
    """30-50-10, random start that is not self-predicting."""

    teacher: str = parameter("soft rectifier", "hidden cells of the teacher", choices=TEACHERS)
    teacher_hidden: int = parameter(20, "hidden cells of the teacher", source="section 3.2", low=1)
    gain_hidden: float = parameter(2.0, "gain of its hidden input", symbol="k_1", source="sec. 3.2")
    gain_output: float = parameter(10.0, "gain of its output", symbol="k_2", source="section 3.2")
    patterns: int = parameter(10_000_000, "patterns shown, none twice", source="figure 2", low=1)
    evaluations: int = parameter(1000, "segments, each ended by a test on unseen patterns", low=1)
    tested: int = parameter(500, "unseen patterns", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show new patterns with the teacher's answer; test on others without noise or teacher."""
    circuit, sizes = Circuit(p, run, *TRACES), area_sizes(p)
    phi = TRANSFERS[p.transfer]
    teacher = tasks.RandomTeacher.draw(
        (sizes[0], p.teacher_hidden, sizes[-1]),
        (p.gain_hidden, p.gain_output),
        np.tanh if p.teacher == "tanh" else TRANSFERS[p.teacher],
        run.rng,
    )
    unseen = run.rng.uniform(-1, 1, (p.tested, sizes[0]))

    def measure() -> dict[str, float]:
        wanted = phi(teacher(unseen))
        weights = sacramento.circuit_weights(circuit.model)
        rates = phi(circuit.free_output(unseen))
        constant = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=1).mean()
        loss = ((rates - wanted) ** 2).sum(axis=1).mean()
        angle = analysis.alignment_angle(weights.top_down[0], weights.forward[1].T)
        return {
            "validation_loss": float(loss),
            "constant_loss": float(constant),
            "loss_over_constant": float(loss / constant),
            "angle_top_down": float(angle),
        }

    for segment in run.segments(p.evaluations):
        if segment.first:
            circuit.demonstrate(unseen[0], teacher(unseen[0]))
        shown = segment.of(p.patterns)
        patterns = run.rng.uniform(-1, 1, (shown.stop - shown.start, unseen.shape[1]))
        circuit.show(patterns, teacher(patterns))
        circuit.demonstrate(unseen[0], teacher(unseen[0]))
        run.log(epoch=float(shown.stop), **measure())
    return measure()


FORM = "network"
FIGURES = {
    "learning-curve": figures.loss_and_angle,
    "compartments": figures.compartments,
    "interneurons": figures.interneurons,
}
