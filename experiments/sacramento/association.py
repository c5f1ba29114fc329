"""A microcircuit learns to associate one pattern with one target (Sacramento 2018, figure 1).

A teaching current asks random rates of the output while one random pattern is shown again and
again.  At first the apical dendrites report the error; when it is learned they are silent, with
and without the teacher.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bioplaus.experiments.sacramento.microcircuit import TRACES, MicrocircuitExperiment
from bioplaus.models.sacramento.parameters import Association, area_sizes
from bioplaus.parameters import parameter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(Association):
    """Rates on which two public implementations agree."""

    presentations: int = parameter(200, "presentations of the pattern", low=1)
    evaluations: int = parameter(10, "segments, each ended by a test", low=1)


class SacramentoAssociation(MicrocircuitExperiment):
    """Show, then settle without the teacher and measure."""

    Parameters = Settings
    quick = {"presentations": 100, "evaluations": 5}
    record = TRACES

    def setup(self) -> None:
        """Draw the pattern (rates in -1 .. 1), target rates (0.2 .. 0.8), and the network."""
        from bioplaus.neurons.rate_transfer import TRANSFERS

        self.build()
        sizes, self.phi = area_sizes(self.parameters), TRANSFERS[self.parameters.transfer]
        self.pattern = self.rng.uniform(-1, 1, (1, sizes[0]))
        self.wanted = self.rng.uniform(0.2, 0.8, (1, sizes[-1]))
        self.target = self.phi.invert(self.wanted)

    def segments(self) -> int:
        """One for each test."""
        return int(self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Presentations so far."""
        p = self.parameters
        return float((self.segment + 1) * p.presentations // p.evaluations)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn, test, demonstrate."""
        import numpy as np

        if segment == 0:
            self.demonstrate(self.pattern[0], self.target[0])
        p = self.parameters
        first, last = (s * p.presentations // p.evaluations for s in (segment, segment + 1))
        self.show(self.pattern, self.target, np.zeros(last - first))
        self.demonstrate(self.pattern[0], self.target[0])
        return self._measure()

    def finish(self) -> Mapping[str, float]:
        """The last test again."""
        return self._measure()

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Error over presentations; compartments before and after, teacher off and on."""
        from bioplaus.experiments.sacramento import figures as draw

        yield (
            "learning-curve",
            draw.decay(run, ["free_output_error", "nudged_apical", "free_apical"], "presentations"),
        )
        if run.recordings():
            yield "compartments", draw.compartments(run)

    def _measure(self) -> dict[str, float]:
        free, taught = self.settle(self.pattern), self.settle(self.pattern, self.target)
        return {
            "free_output_error": float(((self.phi(free.u[-1]) - self.wanted) ** 2).sum()),
            "free_apical": float((free.v_apical[0] ** 2).sum()),
            "nudged_apical": float((taught.v_apical[0] ** 2).sum()),
        }


EXPERIMENT = SacramentoAssociation

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
