"""A microcircuit learns a nonlinear function from a teacher network (Sacramento 2018, figure 2).

With the published soft rectifier rates are near 0.01 and ten million patterns are needed;
``teacher = tanh`` with a logistic student and higher rates is a variant of our own in which the
forward weights turn towards the fixed top-down weights within a thousand patterns (feedback
alignment).  ``forward_rates`` with a 0 in front is the shallow control.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bioplaus.experiments.sacramento.microcircuit import TRACES, MicrocircuitExperiment
from bioplaus.models.sacramento.parameters import Regression, area_sizes
from bioplaus.parameters import parameter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

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


class SacramentoRegression(MicrocircuitExperiment):
    """Show new patterns with the teacher's answer; test on others without noise or teacher."""

    Parameters = Settings
    quick = {
        "teacher": "tanh",
        "gain_hidden": 1.0,
        "gain_output": 2.0,
        "transfer": "logistic",
        "self_predicting": True,
        "weight_scale": "0.1",
        "lateral_rate": "0 / ms",
        "sigma": 0.1,
        "presentation": "20 ms",
        "forward_rates": "0.011875 0.005",
        "interneuron_rates": "0.011875",
        "patterns": 300,
        "evaluations": 3,
    }
    record = TRACES

    def setup(self) -> None:
        """Draw the teacher, unseen patterns (rates in -1 .. 1), and the network."""
        import numpy as np

        from bioplaus import tasks
        from bioplaus.neurons.rate_transfer import TRANSFERS

        p, sizes = self.parameters, area_sizes(self.parameters)
        self.build()
        self.phi = TRANSFERS[p.transfer]
        phi = np.tanh if p.teacher == "tanh" else TRANSFERS[p.teacher]
        layers = (sizes[0], p.teacher_hidden, sizes[-1])
        gains = (p.gain_hidden, p.gain_output)
        self.teacher = tasks.RandomTeacher.draw(layers, gains, phi, self.rng)
        self.unseen = self.rng.uniform(-1, 1, (p.tested, sizes[0]))

    def segments(self) -> int:
        """One for each test."""
        return int(self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Patterns so far."""
        p = self.parameters
        return float((self.segment + 1) * p.patterns // p.evaluations)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn from new patterns, then test."""
        p = self.parameters
        if segment == 0:
            self.demonstrate(self.unseen[0], self.teacher(self.unseen[0]))
        first, last = (s * p.patterns // p.evaluations for s in (segment, segment + 1))
        patterns = self.rng.uniform(-1, 1, (last - first, self.unseen.shape[1]))
        self.show(patterns, self.teacher(patterns))
        self.demonstrate(self.unseen[0], self.teacher(self.unseen[0]))
        return self._measure()

    def finish(self) -> Mapping[str, float]:
        """The last test again: its patterns were never shown."""
        return self._measure()

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Loss and angle over patterns; compartments; interneurons against their partners."""
        from bioplaus.experiments.sacramento import figures as draw

        yield "learning-curve", draw.loss_and_angle(run)
        if run.recordings():
            yield "compartments", draw.compartments(run)
            yield "interneurons", draw.interneurons(run)

    def _measure(self) -> dict[str, float]:
        from bioplaus.analysis import alignment_angle
        from bioplaus.models import sacramento

        wanted = self.phi(self.teacher(self.unseen))
        weights = sacramento.circuit_weights(self.model)
        rates = self.phi(self.free_output(self.unseen))
        constant = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=1).mean()
        loss = ((rates - wanted) ** 2).sum(axis=1).mean()
        return {
            "validation_loss": float(loss),
            "constant_loss": float(constant),
            "loss_over_constant": float(loss / constant),
            "angle_top_down": float(alignment_angle(weights.top_down[0], weights.forward[1].T)),
        }


EXPERIMENT = SacramentoRegression

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
