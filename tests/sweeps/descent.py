"""Gradient descent on a parabola: the smallest experiment that a sweep can search.

The error after n segments is (1 - 2 rate)^(2 n), so that every figure is known beforehand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bioplaus.parameters import Quantity, parameter
from bioplaus.training import Experiment


@dataclass(frozen=True)
class Settings:
    """Of the descent."""

    rate: float = parameter(0.1, "learning rate", low=0.0, high=1e9, tunable=True)
    segments: int = parameter(4, "segments", low=1)
    pause: Quantity = parameter("0 s", "waiting in each segment", low="0 s")
    victim: str = parameter("", "a file; whoever can delete it dies in the middle of a run")


class Descent(Experiment):
    Parameters = Settings
    form = "batched"

    def setup(self) -> None:
        self.x = 1.0

    def segments(self) -> int:
        return int(self.parameters.segments)

    def advance(self, segment: int) -> Mapping[str, float]:
        time.sleep(float(str(self.parameters.pause).split()[0]))
        if self.parameters.victim and segment == 2:
            _die_once(Path(self.parameters.victim))
        self.x *= 1 - 2 * self.parameters.rate
        self.stop_if_not_finite({"x parabola": self.x})
        return {"validation_error": self.x * self.x}

    def finish(self) -> Mapping[str, float]:
        return {"test_error": self.x * self.x}

    def state(self) -> Mapping[str, Any]:
        return {"x": self.x}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.x = float(state["x"])

    def tune(self, name: str, value: Any) -> None:
        """The rate is read anew in every segment."""


def _die_once(victim: Path) -> None:
    """End this process at once, as the out-of-memory killer would, for each file there is."""
    for path in sorted(victim.parent.glob(f"{victim.name}*")):
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        os._exit(9)


EXPERIMENT = Descent
