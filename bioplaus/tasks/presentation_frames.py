"""Image after image as arrays on two slow clocks, so that a long run needs no Python in between.

A presentation lasts a whole number of *frames*; images and labels change at frames only.  How
strongly weights may change is given in *ticks*, fine enough for the part of each presentation in
which nothing is learned because the last image still reverberates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from bioplaus.parameters import ParameterError

__all__ = ["PresentationFrames", "common_step", "presentation_frames"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PresentationFrames:
    """A sequence of presentations.

    ``frame``, ``tick`` : steps [s]; ``each`` : frames in one presentation;
    ``order`` : (frames,) row of the image table; ``labels`` : (frames,) class taught or -1;
    ``fresh`` : (frames,) 1 where a presentation begins; ``plasticity`` : (ticks,) in [0, 1].
    """

    frame: float
    each: int
    order: Integers
    labels: Integers
    fresh: Floats
    tick: float
    plasticity: Floats

    @property
    def duration(self) -> float:
        """Length of the whole sequence [s]."""
        return len(self.order) * self.frame


def common_step(*durations: float) -> float:
    """The longest step [s] of which all durations [s] are multiples, to a microsecond.

    Raises
    ------
    ParameterError
        If a duration is negative, or none is positive.
    """
    whole = [round(duration * 1e6) for duration in durations]
    if min(whole) < 0 or max(whole) == 0:
        raise ParameterError(
            f"durations {durations} s must not be negative, and one must be positive"
        )
    return math.gcd(*whole) / 1e6


def presentation_frames(
    rows: npt.ArrayLike,
    *,
    presentation: float,
    frame: float,
    labels: npt.ArrayLike | None = None,
    strength: npt.ArrayLike = 0.0,
    settling: float = 0.0,
    pause: float = 0.0,
    blank: int = -1,
) -> PresentationFrames:
    """Lay out presentations.

    Parameters
    ----------
    rows
        (presentations,) row of the image table shown in each.
    presentation, frame, settling, pause
        Durations [s]; learning is off for ``settling`` at the start of each presentation and in
        the ``pause`` after it, in which row ``blank`` is shown without a label.
    labels
        (presentations,) classes to teach; None teaches nothing.
    strength
        (presentations,) or one number: fraction of the learning rate in force.

    Raises
    ------
    ParameterError
        If a presentation or pause is not a whole number of frames, or settling is too long.
    """
    rows = np.asarray(rows, dtype=np.int64)
    shown, dark = _whole(presentation, frame, "presentation"), _whole(pause, frame, "pause")
    if settling > presentation:
        raise ParameterError(
            f"settling {settling} s is longer than the presentation {presentation} s"
        )
    each = shown + dark
    order = np.full((len(rows), each), blank, dtype=np.int64)
    order[:, :shown] = rows[:, None]
    taught = np.full((len(rows), each), -1, dtype=np.int64)
    if labels is not None:
        taught[:, :shown] = np.asarray(labels, dtype=np.int64)[:, None]
    fresh = np.zeros((len(rows), each))
    fresh[:, 0] = 1.0
    tick = common_step(frame, settling) if settling else frame
    learning = np.zeros((len(rows), _whole(each * frame, tick, "presentation")))
    window = slice(_whole(settling, tick, "settling"), _whole(presentation, tick, "presentation"))
    learning[:, window] = np.broadcast_to(np.asarray(strength, dtype=float), len(rows))[:, None]
    return PresentationFrames(
        frame, each, order.ravel(), taught.ravel(), fresh.ravel(), tick, learning.ravel()
    )


def _whole(duration: float, step: float, name: str) -> int:
    ratio = Fraction(round(duration * 1e6), round(step * 1e6))
    if ratio.denominator != 1:
        raise ParameterError(f"{name} {duration} s is not a whole number of steps of {step} s")
    return int(ratio)
