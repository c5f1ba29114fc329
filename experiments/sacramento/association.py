"""A microcircuit learns to associate one pattern with one target (Sacramento 2018, figure 1).

A teaching current asks random rates of the output while one random pattern is shown again and
again.  At first the apical dendrites report the error; when it is learned they are silent, with
and without the teacher.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.sacramento import figures
from bioplaus.experiments.sacramento.microcircuit import TRACES, Circuit
from bioplaus.models.sacramento.parameters import Association, area_sizes
from bioplaus.neurons.rate_transfer import TRANSFERS
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(Association):
    """Rates on which two public implementations agree."""

    presentations: int = parameter(200, "presentations of the pattern", low=1)
    evaluations: int = parameter(10, "segments, each ended by a test", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show, then settle without the teacher and measure."""
    circuit = Circuit(p, run, *TRACES)
    sizes, phi = area_sizes(p), TRANSFERS[p.transfer]
    pattern = run.rng.uniform(-1, 1, (1, sizes[0]))
    wanted = run.rng.uniform(0.2, 0.8, (1, sizes[-1]))
    target = phi.invert(wanted)

    def measure() -> dict[str, float]:
        free, taught = circuit.settle(pattern), circuit.settle(pattern, target)
        return {
            "free_output_error": float(((phi(free.u[-1]) - wanted) ** 2).sum()),
            "free_apical": float((free.v_apical[0] ** 2).sum()),
            "nudged_apical": float((taught.v_apical[0] ** 2).sum()),
        }

    for segment in run.segments(p.evaluations):
        if segment.first:
            circuit.demonstrate(pattern[0], target[0])
        shown = segment.of(p.presentations)
        circuit.show(pattern, target, np.zeros(shown.stop - shown.start))
        circuit.demonstrate(pattern[0], target[0])
        run.log(epoch=float(shown.stop), **measure())
    return measure()


FALLING = ("free_output_error", "nudged_apical", "free_apical")
FORM = "network"
FIGURES = {
    "learning-curve": lambda run: figures.decay(run, FALLING, "presentations"),
    "compartments": figures.compartments,
}
