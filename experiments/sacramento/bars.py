"""Prospective coding learns bars at ten time steps a pattern (Haider 2021 on Sacramento 2018).

A pattern is shown for a fifth of a membrane time constant.  Cells that send ``u + tau du/dt``
follow it; with ``prospective = false`` the same network is judged, and learns, in transients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bioplaus.experiments.sacramento.microcircuit import MicrocircuitExperiment
from bioplaus.models.sacramento.parameters import Bars
from bioplaus.parameters import parameter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(Bars):
    """9-30-3, eight bars, 1 ms each."""

    epochs: int = parameter(300, "times every bar is shown", low=1)
    evaluations: int = parameter(10, "segments, each ended by a test", low=1)
    target_on: float = parameter(1.0, "target potential of the right class", source="Haider 2021")
    target_off: float = parameter(0.1, "target potential of the others", source="Haider 2021")


class SacramentoBars(MicrocircuitExperiment):
    """Show all bars in random order, again and again; test on the same eight."""

    Parameters = Settings
    quick = {"epochs": 200, "evaluations": 4}
    record = ()

    def setup(self) -> None:
        """Build network and task."""
        import numpy as np

        from bioplaus import tasks

        self.build()
        self.images, self.labels = tasks.bar_images()
        p = self.parameters
        self.targets = np.full((8, 3), p.target_off)
        self.targets[np.arange(8), self.labels] = p.target_on

    def segments(self) -> int:
        """One for each test."""
        return int(self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Times every bar has been shown."""
        p = self.parameters
        return float((self.segment + 1) * p.epochs // p.evaluations)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn, then ask for every bar."""
        import numpy as np

        p = self.parameters
        first, last = (s * p.epochs // p.evaluations for s in (segment, segment + 1))
        order = np.concatenate([self.rng.permutation(8) for _ in range(first, last)])
        self.show(self.images, self.targets, order)
        return self._measure()

    def finish(self) -> Mapping[str, float]:
        """Also the share of bars named at the end of their 1 ms; the task has no other bars."""
        import numpy as np

        answers = []
        for image, target in zip(self.images, self.targets):
            self.show([image], [target], plastic=False, teach=False)
            answers.append(np.argmax(self.populations["output"].potential))
        return {**self._measure(), "accuracy": float((answers == self.labels).mean())}

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Share of bars named over epochs."""
        from bioplaus import plotting

        drawing = plotting.figure()
        ax = drawing.subplots()
        ax.plot(run.metrics["epoch"], 100 * run.metrics["settled_accuracy"], label="network")
        ax.axhline(37.5, color="0.6", ls=":", label="largest class")
        ax.set(xlabel="epoch", ylabel="bars named (%)", ylim=(0, 105))
        ax.legend()
        yield "learning-curve", drawing

    def _measure(self) -> dict[str, float]:
        settled = self.free_output(self.images).argmax(axis=1)
        return {"settled_accuracy": float((settled == self.labels).mean())}


EXPERIMENT = SacramentoBars

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
