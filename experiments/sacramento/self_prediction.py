"""Interneurons learn to silence the apical dendrites (Sacramento 2018, supplementary figure S1).

No target, no forward learning: random patterns alone.  The default rates are ten times those on
which two public implementations agree, which shortens the run tenfold; ``rate_factor = 1`` is
theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus.experiments.sacramento.microcircuit import TRACES, MicrocircuitExperiment
from bioplaus.models.sacramento.parameters import SelfPrediction, area_sizes, rate_list
from bioplaus.parameters import parameter, replace, to_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

PROBES = 200
FIRST = 10


@dataclass(frozen=True)
class Settings(SelfPrediction):
    """30-20-10 with noise, everything random at the start."""

    rate_factor: float = parameter(10.0, "factor on all learning rates", low=0.0)
    patterns: int = parameter(1000, "random patterns shown", low=20)
    evaluations: int = parameter(10, "segments, each ended by a test", low=1)


class SacramentoSelfPrediction(MicrocircuitExperiment):
    """Show random patterns, then measure the silence on others."""

    Parameters = Settings
    quick = {"patterns": 300, "evaluations": 3}
    record = TRACES

    def setup(self) -> None:
        """Build the network with its rates multiplied, and draw the probes (rates in -1 .. 1)."""
        p = self.parameters
        ip = rate_list("interneuron_rates", p.interneuron_rates, len(area_sizes(p)) - 2)
        faster = {
            "interneuron_rates": " ".join(repr(p.rate_factor * rate) for rate in ip),
            "lateral_rate": p.rate_factor * to_quantity(p.lateral_rate),
        }
        self.build(replace(p, faster))
        self.inputs = area_sizes(p)[0]
        self.probes = self.rng.uniform(-1, 1, (PROBES, self.inputs))
        self.at_start = self.free_apical(self.probes)
        self.after_ten = float("nan")

    def segments(self) -> int:
        """One for each test."""
        return int(self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Patterns so far."""
        p = self.parameters
        return float((self.segment + 1) * p.patterns // p.evaluations)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Show patterns, measure, demonstrate."""
        import numpy as np

        p = self.parameters
        nothing = np.zeros((1, area_sizes(p)[-1]))
        if segment == 0:
            self.demonstrate(self.probes[0], nothing[0])
        first, last = (s * p.patterns // p.evaluations for s in (segment, segment + 1))
        patterns = self.rng.uniform(-1, 1, (last - first, self.inputs))
        answers = np.repeat(nothing, len(patterns), axis=0)
        if segment == 0:  # the first silence comes at once: judge what follows on its own
            self.show(patterns[:FIRST], answers[:FIRST], teach=False)
            self.after_ten = self.free_apical(self.probes)
            patterns, answers = patterns[FIRST:], answers[FIRST:]
        self.show(patterns, answers, teach=False)
        self.demonstrate(self.probes[0], nothing[0])
        return self._measure()

    def finish(self) -> Mapping[str, float]:
        """The last measurement again, and how much quieter than at first."""
        found = self._measure()
        return {
            **found,
            "fold_quieter": self.at_start / found["free_apical"],
            "fold_after_ten": self.after_ten / found["free_apical"],
        }

    def state(self) -> Mapping[str, Any]:
        """Also the silence after ten patterns."""
        return {**super().state(), "after_ten": self.after_ten}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take all of it up again."""
        super().restore(state)
        self.after_ten = state["after_ten"]

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Silence over patterns; traces before and after."""
        from bioplaus.experiments.sacramento import figures as draw

        names = ["free_apical", "mismatch", "distance_interneuron", "distance_lateral"]
        yield "learning-curve", draw.decay(run, names, "patterns")
        if run.recordings():
            yield "compartments", draw.compartments(run)

    def _measure(self) -> dict[str, float]:
        from bioplaus.models import sacramento

        free = self.settle(self.probes)
        weights, mix = sacramento.circuit_weights(self.model), sacramento.mixing(self.parameters)
        distance = sacramento.distance_from_self_prediction(weights, mix)
        return {
            "free_apical": float((free.v_apical[0] ** 2).mean()),
            "mismatch": float(((free.u[1] - free.u_interneuron[0]) ** 2).mean()),
            "distance_interneuron": distance["interneuron"][0],
            "distance_lateral": distance["lateral"][0],
        }


EXPERIMENT = SacramentoSelfPrediction

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
