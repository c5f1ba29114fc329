"""Entering the pages of the papers without a run directory."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from bioplaus.parameters import replace
from bioplaus.records import Recording
from bioplaus.runs.page import Page
from bioplaus.runs.run import Journal, Run
from bioplaus.training.backend import Backend

__all__ = ["Opened", "Rows", "entered", "execute", "page"]


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


def execute(
    page: Page, backend: str = "numpy", seed: int = 1, **changes: Any
) -> tuple[Rows, Mapping[str, float]]:
    """Run a page to its end; what it leaves, and its final figures."""
    Backend(backend).select(seed)
    journal = Rows()
    run = Run(replace(page.Settings(), changes), seed, journal)
    return journal, page.experiment(run.p, run)
