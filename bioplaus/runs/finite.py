"""Ending a run in which a number is no longer finite, before it spreads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bioplaus.errors import UserError

__all__ = ["NonFiniteState", "check_finite"]


class NonFiniteState(UserError, FloatingPointError):
    """A state variable is no longer finite; says which, where and when."""

    def __init__(self, variable: str, population: str, time_s: float, count: int) -> None:
        super().__init__(
            f"{variable} of {population!r} is no longer finite ({count} values) at simulated time "
            f"{time_s:.6g} s; a smaller learning rate or time step is the usual cure"
        )
        self.variable = variable
        self.population = population
        self.time_s = time_s


def check_finite(variables: Iterable[tuple[str, str, Any]], time_s: float) -> None:
    """Check arrays: variable, population, values.

    Raises
    ------
    NonFiniteState
        For the first that holds a value that is not finite.
    """
    for variable, population, values in variables:
        wrong = int(np.size(values) - np.count_nonzero(np.isfinite(values)))
        if wrong:
            raise NonFiniteState(variable, population, time_s, wrong)
