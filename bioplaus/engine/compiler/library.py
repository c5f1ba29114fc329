"""Operators on floating-point numbers that are more than an instruction, in the subset itself.

Numbers like ``one`` are arguments, so that they are of the type that is calculated in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LARGEST_POWER", "floored", "raised", "remainder"]

LARGEST_POWER = 0x10000
"""Beyond this exponent Numba calls the function of the C library instead of multiplying."""


def raised(base: Any, exponent: Any, one: Any) -> Any:
    """``base ** exponent`` for an integer exponent."""
    size = -exponent if exponent < 0 else exponent
    if size > LARGEST_POWER or size < 0:  # the most negative integer has no opposite
        return pow(base, float(exponent))
    product = one
    while size != 0:
        if size & 1:
            product *= base
        size >>= 1
        base *= base
    return 1.0 / product if exponent < 0 else product


def remainder(exact: Any, divisor: Any, zero: Any) -> Any:
    """``x % divisor``, which has the sign of the divisor, from the remainder with that of ``x``."""
    if exact != 0:
        return exact + divisor if (divisor < 0) != (exact < 0) else exact
    return -zero if divisor < 0 else zero


def floored(x: Any, divisor: Any, exact: Any, one: Any) -> Any:
    """``x // divisor``, from the remainder with the sign of ``x``."""
    if divisor == 0:
        return x / divisor
    quotient = (x - exact) / divisor
    if exact != 0 and (divisor < 0) != (exact < 0):
        quotient -= one
    if quotient != 0:  # nearly an integer
        below = np.floor(quotient)
        return below + one if quotient - below > 0.5 else below
    return quotient * quotient * x / divisor  # a zero with the sign of the true quotient
