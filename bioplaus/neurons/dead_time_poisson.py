"""Stochastic neurons without memory except a dead time, drawn by their next spike.

The data neurons of event-driven random back-propagation (Neftci 2017): a hazard that grows
exponentially with the drive, and a dead time after each spike.  The next spike is drawn when the
last one falls (dead time plus an exponential interval) instead of tossing a coin in every step;
the two are equal in law, and rates do not depend on the time step.
"""

from __future__ import annotations

import math
from typing import Any

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.neurons.counting import COUNT

__all__ = ["dead_time_poisson", "rate"]

NEW_IMAGE = """
grey = images(order(t - onset)*frame, i)
drive = drive_gain*(grey - grey_offset)*int(grey > 0) - silent_drive*int(grey <= 0)
hazard = hazard_at_threshold*exp((drive - drive_threshold)/drive_width)
next_spike = clip(ready, t, inf*second) - log(rand())/hazard
"""
"""Take the hazard of the image shown from now on.

A hazard has no memory, so the interval is drawn anew from now (or from the end of the dead time),
also where the same image goes on.
"""


def dead_time_poisson(
    *,
    dead_time: Any,
    hazard_at_threshold: Any,
    drive_gain: Any,
    grey_offset: float,
    silent_drive: Any,
    drive_threshold: Any,
    drive_width: Any,
) -> Cell:
    """Pixels of the image shown, ``images(order(t - onset)*frame, i)``, grey values in [0, 1).

    ``hazard`` [Hz] holds once the dead time is over, at ``ready``; ``next_spike`` as drawn.  A
    spike's dead time begins at its exact, not at its rounded, time.
    Reads ``images``, ``order`` and ``frame`` of the schedule.
    """
    constants = dict(locals())
    return (
        Cell(
            equations="hazard : Hz\nready : second\nnext_spike : second",
            threshold="t >= next_spike",
            reset="""
            ready = next_spike + dead_time
            next_spike = ready - log(rand())/hazard
            """,
            operations={"new_image": Operation(NEW_IMAGE, "frame")},
            constants=constants,
        )
        + COUNT
    )


def rate(
    grey: float,
    *,
    dead_time: float,
    hazard_at_threshold: float,
    drive_gain: float,
    grey_offset: float,
    drive_threshold: float,
    drive_width: float,
) -> float:
    """Mean rate [Hz] of a pixel of grey value in (0, 1]; times in s, drives in V."""
    drive = drive_gain * (grey - grey_offset)
    hazard = hazard_at_threshold * math.exp((drive - drive_threshold) / drive_width)
    return 1.0 / (dead_time + 1.0 / hazard)
