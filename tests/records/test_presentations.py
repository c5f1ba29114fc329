"""Presentations: written with their segment, read back as one list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bioplaus.parameters import parameter
from bioplaus.training import Experiment, start
from bioplaus.training.plan import Plan


@dataclass(frozen=True)
class Settings:
    segments: int = parameter(3, "segments", low=1)


class Slides(Experiment):
    """Two presentations in each segment, of 100 ms, classes 0, 1, 2, 3, ..."""

    Parameters = Settings
    form = "batched"

    def setup(self) -> None:
        pass

    def segments(self) -> int:
        return int(self.parameters.segments)

    def advance(self, segment: int) -> Mapping[str, float]:
        for number in (2 * segment, 2 * segment + 1):
            self.put_presentations([0.1 * number], [0.1 * (number + 1)], number)
        self.put_recording(spikes={"cell": ([0.2 * segment], [0])})
        return {"validation_error": 0.0}

    def state(self) -> Mapping[str, Any]:
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        pass


def test_presentations_of_all_segments_are_one_list(tmp_path: Path) -> None:
    plan = Plan.make("slides", "slides.py", Slides, changes={})
    shown = start(plan, tmp_path / "run").presentations()
    assert shown.label.tolist() == [0, 1, 2, 3, 4, 5]
    assert shown.start == pytest.approx(0.1 * np.arange(6))
    assert shown.stop - shown.start == pytest.approx(np.full(6, 0.1))
