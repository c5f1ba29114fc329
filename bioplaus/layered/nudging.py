"""What forms that learn by drawing outputs towards a target share: conventions, and its faults."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from bioplaus.layered.chain import layer_sizes, projection_numbers
from bioplaus.layered.two_way import Array
from bioplaus.parameters import ParameterError

__all__ = ["check_nudged_steps", "influence_and_rates", "silent_units", "warn_of_silent_units"]


def influence_and_rates(p: Any) -> tuple[float, list[float]]:
    """Influence and learning rates, one for each pair of layers, in half-cost terms.

    p : has ``layers``, ``influence``, ``learning_rates`` and ``cost``.  The cost ``full`` is
    ``|d - s|^2``, twice ``half``, so that a full-cost influence and its rates are twice as large
    (Scellier and Bengio 2017 use both, in paper and program).
    """
    pairs = len(layer_sizes(p.layers, least=3)) - 1
    rates = projection_numbers("learning_rates", p.learning_rates, pairs, low=0)
    scale = 2.0 if p.cost == "full" else 1.0
    return scale * p.influence, [scale * rate for rate in rates]


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
