"""Entering the pages of the papers without a run directory."""

from __future__ import annotations

import contextlib
import gc
import importlib
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bioplaus.parameters import replace
from bioplaus.records import Recording
from bioplaus.records.checkpoint import read_checkpoint, write_checkpoint
from bioplaus.runs.backend import Backend
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.page import Page
from bioplaus.runs.pages.run import Run

__all__ = [
    "Opened",
    "Rows",
    "begun",
    "entered",
    "entered_again",
    "execute",
    "nameless",
    "page",
    "stops_after",
]


class Opened(Exception):
    """A page has come to its first loop."""


class Rows(Journal):
    """Keeps the metrics of every segment, its recording and the newest state."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, float]] = []
        self.recordings: list[Recording] = []

    def end_segment(self, run: Run, row: Mapping[str, float], recording: Recording) -> None:
        """Keep them."""
        self.rows.append(row)
        self.recordings.append(recording)
        self.state = run.state()


class _Stops(Journal):
    def open(self, run: Run, segments: int) -> None:
        """End it here."""
        raise Opened


def page(name: str) -> Page:
    """A page by folder and file: ``erbp.images``."""
    return Page.of(importlib.import_module(f"bioplaus.experiments.{name}"))


def entered(page: Page, **changes: Any) -> Run:
    """A run of a page that has been set up, and no more."""
    Backend("numpy").select(1)
    run = Run(replace(page.Settings(), changes), 1, _Stops(), recorded=())
    try:
        page.experiment(run.p, run)
    except Opened:
        return run
    raise AssertionError("the page has no loop over segments")


class _StopsAfter(Rows):
    def __init__(self, segments: int) -> None:
        super().__init__()
        self.segments = segments

    def end_segment(self, run: Run, row: Mapping[str, float], recording: Recording) -> None:
        """Keep the state, and end the run where it was to end."""
        super().end_segment(run, row, recording)
        if run.done == self.segments:
            raise Opened


def execute(
    page: Page, backend: str = "numpy", seed: int = 1, journal: Rows | None = None, **changes: Any
) -> tuple[Rows, Mapping[str, float]]:
    """Run a page to its end; what it leaves, and its final figures."""
    Backend(backend).select(seed)
    journal = journal or Rows()
    run = Run(replace(page.Settings(), changes), seed, journal)
    return journal, page.experiment(run.p, run)


def begun(page: Page, segments: int, **changes: Any) -> Rows:
    """As :func:`execute`, but only so many segments."""
    journal = _StopsAfter(segments)
    with contextlib.suppress(Opened):
        execute(page, journal=journal, **changes)
    return journal


def entered_again(
    page: Page,
    state: Mapping[str, Any],
    journal: Rows | None = None,
    evaluated: tuple[str, str] | None = None,
    backend: str = "numpy",
    **changes: Any,
) -> tuple[Rows, Mapping[str, float], Run]:
    """Enter a page with a state that went through a file, in a world of other random numbers.

    What the engine has drawn ahead is kept by names, which earlier networks must not hold.
    """
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder) / "state", state)
        kept = read_checkpoint(Path(folder) / "state")
    Backend(backend).select(99)
    journal = journal or Rows()
    p = replace(page.Settings(), changes)
    run = Run(p, 1, journal, kept=kept, evaluated=evaluated)
    figures: Mapping[str, float] = {}
    with contextlib.suppress(Opened):
        figures = page.experiment(run.p, run)
    return journal, figures, run


def stops_after(segments: int) -> Rows:
    """A journal that ends a run after so many segments in all."""
    return _StopsAfter(segments)


NUMBERED = re.compile(
    r"^(event|spike|state|rate|populationrate)monitor(_\d+)?$"
    r"|^(neurongroup|synapses|subgroup|poissongroup|poissoninput|spikegeneratorgroup|timedarray"
    r"|networkoperation|clock)(_\d+)?(_|$)|_run_regularly|_subgroup"
)


def nameless(run: Run) -> list[str]:
    """Objects and clocks of a run's networks that have the name that Brian2 numbers by itself.

    Such a name depends on what else was made in the process, decides the order within a slot, and
    is the key of a kept state.
    """
    found = []
    for each in run.simulated:
        objects = each.network.sorted_objects
        clocks = {it.clock.name for it in objects if it.clock.name != "defaultclock"}
        found += [name for name in (*(it.name for it in objects), *clocks) if NUMBERED.search(name)]
    return sorted(set(found))
