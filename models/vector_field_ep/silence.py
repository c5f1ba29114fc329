"""Output units that have fallen silent: the fault that spoils runs without stopping them."""

from __future__ import annotations

import warnings

import numpy as np

from .weights import Array

__all__ = ["silent_units", "warn_of_silent_units"]


def silent_units(answers: Array) -> list[int]:
    """Units whose largest free answer, (classes,), is zero."""
    return [int(unit) for unit in np.flatnonzero(answers <= 0)]


def warn_of_silent_units(answers: Array, examples: int) -> None:
    """Warn of units whose drive is so far below zero that even their own class cannot lift them."""
    if silent := silent_units(answers):
        warnings.warn(
            f"output units {silent} answered none of {examples} examples and"
            " will not recover: a unit held at zero in both phases gets no update."
            " A stronger influence, a smaller output rate or smaller first weights into the"
            " output prevent it",
            stacklevel=3,
        )
