"""A network that records far more than it keeps in memory; prints its memory after each segment.

``python flood.py FOLDER SEGMENTS``: 400 cells at 1 kHz and 200 traces, 0.25 s a segment, that is
100,000 spikes and 50,000 samples: 2.4 MB uncompressed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import brian2

from bioplaus.parameters import parameter
from bioplaus.runs.backend import Backend
from bioplaus.runs.pages.page import Page
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.pages.run import Run, Spikes, Trace
from bioplaus.runs.pages.running import start
from bioplaus.runs.progress import Progress
from bioplaus.tasks import Schedule


@dataclass(frozen=True)
class Settings:
    segments: int = parameter(4, "segments", low=1)


def flood(p: Settings, run: Run) -> Mapping[str, float]:
    clock = brian2.Clock(1 * brian2.ms, name="step")
    cells = brian2.NeuronGroup(400, "v : 1", threshold="True", clock=clock, name="cells")
    cells.run_regularly("v = rand()", name="noise")
    model = SimpleNamespace(network=brian2.Network(cells), populations={"cells": cells})
    run.record(Spikes("cells"), Trace("cells", "v", cells=200), of=model)
    for _ in run.segments(p.segments):
        run.present(model, Schedule(0.25, 1e-3, {}))
        run.log(validation_error=0.0)
    return {}


class Memory(Progress):
    """Prints what this process holds now [MB]."""

    def segment_done(
        self, segment: int, epoch: float, simulated_time: float, metrics: Mapping[str, float]
    ) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        print(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, flush=True)


if __name__ == "__main__":
    plan = Plan.make(
        "flood",
        __file__,
        Page(flood, Settings),
        changes={"segments": sys.argv[2]},
        backend=Backend("numpy"),
    )
    start(plan, Path(sys.argv[1]), progress=Memory())
