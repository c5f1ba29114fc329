"""How a row's settings are chosen: the same number of trials for all, on validation alone.

Six trials of the step size: around the task's centre times the row's unit, in ratios of 2.2, then
outwards while the best stands at an end, else between.  Four of the row's own constants, in ranges
stated here beforehand, at the best step; rows without constants spend them on a finer step.
"""

from __future__ import annotations

from collections.abc import Sequence

from bioplaus.layered.control import Controlled
from bioplaus.leaderboard.search import Trial, at_an_end, best, next_place
from bioplaus.models.error_paths import ROWS, SETTLING, varied

__all__ = ["OWN", "RATIO", "STEPS", "Trial", "at_an_end", "best", "propose", "unit"]

RATIO = 2.2
STEPS = 6
"""Trials of the step size alone."""


def _each(name: str, *values: float) -> tuple[str, ...]:
    return tuple(f"{name}={value:g}" for value in values)


_NOISE = _each("feedback.rate", 0.01, 0.02, 0.1, 0.2)
_BETA = _each("carrier.step", 0.02, 0.05, 0.2, 0.5)
_GAIN = _each("gain", 0.03, 0.05, 0.2, 0.3)
_GUESS = _each("carrier.rate", 0.2, 0.4, 0.7, 1.4)
_LEAK = _each("carrier.leak", 2, 3, 10, 20)
_RELAXED = (*_each("carrier.steps", 10, 40), *_each("carrier.size", 0.15, 0.5))

OWN: dict[str, tuple[str, ...]] = {
    "Kolen-Pollack": tuple(
        f"feedback.decay={x:g}, step.decay={x:g}" for x in (1e-5, 3e-5, 3e-4, 1e-3)
    ),
    **dict.fromkeys(("weight mirror", "weight mirror, rates"), _NOISE),
    **dict.fromkeys(("PAL", "PAL, drives", "direct mirror"), _NOISE),
    "BFA": _each("feedback.rate", 0.01, 0.03, 0.3, 1),
    "BDFA": _each("feedback.rate", 0.001, 0.003, 0.03, 0.1),
    **dict.fromkeys(("LRA-diff", "LRA-fdbk"), _BETA),
    "LRA-fdbk, K 5": (*_each("carrier.repeats", 3, 10), *_each("carrier.step", 0.05, 0.2)),
    "LRA-E": _each("carrier.step", 0.01, 0.03, 0.3, 1),
    "target propagation": (*_each("feedback.rate", 3, 30), *_each("carrier.step", 0.3, 3)),
    **dict.fromkeys(
        ("difference target propagation", "DTP, gradient at the top"),
        (*_each("feedback.rate", 0.3, 3), *_each("carrier.step", 0.03, 0.3)),
    ),
    "deep targets": (*_each("carrier.spread", 0.03, 0.3), *_each("carrier.tried", 5, 30)),
    "synthetic gradients": _GUESS,
    "synthetic gradients, no label": _GUESS,
    "synthetic gradients over FA": _GUESS,
    **dict.fromkeys(("feedback control", "feedback control, fixed"), _LEAK),
    **dict.fromkeys((name for name in ROWS if name.startswith("predictive coding")), _RELAXED),
    **dict.fromkeys(SETTLING, _GAIN),
}


def unit(row: str, constants: str = "") -> float:
    """By what a row's step is larger: the output's error of a controller is so much smaller."""
    if row in ROWS:
        carrier = varied(ROWS[row], constants).carrier
        if isinstance(carrier, Controlled):
            return 1 + carrier.leak
    return 1.0


def propose(row: str, trials: Sequence[Trial]) -> tuple[float, str]:
    """Place and constants of the next trial."""
    own = OWN.get(row, ())
    number = len(trials) - STEPS
    if own and 0 <= number < len(own):
        return best([trial for trial in trials if not trial.constants]).at, own[number]
    plain = [trial for trial in trials if not trial.constants]
    return next_place(plain), ""
