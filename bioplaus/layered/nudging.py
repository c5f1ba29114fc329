"""What forms that learn by drawing outputs towards a target share: conventions, and its faults."""

from __future__ import annotations

import warnings

import numpy as np

from bioplaus.layered.two_way import Array
from bioplaus.parameters import ParameterError

__all__ = ["check_nudged_steps", "in_half_cost", "silent_units", "warn_of_silent_units"]


def in_half_cost(cost: str, value: float) -> float:
    """An influence or learning rate that belongs to the cost named, for the half cost.

    ``full`` is ``|d - s|^2``, twice ``half``, so that a full-cost influence and its rates are
    twice as large (Scellier and Bengio 2017 use both, in paper and program).
    """
    return 2.0 * value if cost == "full" else value


def check_nudged_steps(nudged_steps: int, sizes: tuple[int, ...]) -> None:
    """Refuse a nudged phase in which the target does not reach the first hidden layer.

    Raises
    ------
    ParameterError
        For such a phase; sizes : units per layer, input first.
    """
    if nudged_steps < (depth := len(sizes) - 1):
        raise ParameterError(
            f"nudged_steps = {nudged_steps} is too short: the target moves one layer a step and"
            f" needs at least {depth} steps to reach the first hidden layer of"
            f" {'-'.join(map(str, sizes))}"
        )


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
