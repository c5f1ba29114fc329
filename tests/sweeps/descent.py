"""Gradient descent on a parabola: the smallest experiment that a sweep can search.

The error after n segments is (1 - 2 rate)^(2 n), so that every figure is known beforehand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bioplaus.parameters import Quantity, parameter
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings:
    """Of the descent."""

    rate: float = parameter(0.1, "learning rate", low=0.0, high=1e9, tunable=True)
    segments: int = parameter(4, "segments", low=1)
    pause: Quantity = parameter("0 s", "waiting in each segment", low="0 s")
    victim: str = parameter("", "a file; whoever can delete it dies in the middle of a run")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Descend; the rate is read anew in every segment."""
    run.live(None, lambda p: {"rate": p.rate})
    x = np.ones(1)
    run.keep(x=x)
    for segment in run.segments(p.segments):
        time.sleep(float(str(p.pause).split()[0]))
        if p.victim and segment.number == 2:
            _die_once(Path(p.victim))
        x *= 1 - 2 * run.p.rate
        run.check_finite({"x parabola": x})
        run.log(validation_error=float(x[0] * x[0]))
    return {"test_error": float(x[0] * x[0])}


FORM = "batched"


def _die_once(victim: Path) -> None:
    """End this process at once, as the out-of-memory killer would, for each file there is."""
    for path in sorted(victim.parent.glob(f"{victim.name}*")):
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        os._exit(9)
