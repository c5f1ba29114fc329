"""Presentations: written with their segment, read back as one list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bioplaus.parameters import parameter
from bioplaus.runs.pages.page import Page
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.pages.run import Run
from bioplaus.runs.pages.running import start


@dataclass(frozen=True)
class Settings:
    segments: int = parameter(3, "segments", low=1)


def slides(p: Settings, run: Run) -> Mapping[str, float]:
    """Two presentations in each segment, of 100 ms, classes 0, 1, 2, 3, ..."""
    for segment in run.segments(p.segments):
        for number in (2 * segment.number, 2 * segment.number + 1):
            run.put_presentations([0.1 * number], [0.1 * (number + 1)], [number])
        run.put_spikes("cell", [0.2 * segment.number], [0])
        run.log(validation_error=0.0)
    return {}


def test_presentations_of_all_segments_are_one_list(tmp_path: Path) -> None:
    plan = Plan.make("slides", "slides.py", Page(slides, Settings, "batched"), changes={})
    shown = start(plan, tmp_path / "run").presentations()
    assert shown.label.tolist() == [0, 1, 2, 3, 4, 5]
    assert shown.start == pytest.approx(0.1 * np.arange(6))
    assert shown.stop - shown.start == pytest.approx(np.full(6, 0.1))
