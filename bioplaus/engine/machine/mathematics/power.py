"""Powers with exponents that are no integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from ..inlining import INLINE, inline
from .exponential import exp_of_sum
from .logarithm import log_in_parts
from .parts import bits_of, short, with_sign_of

__all__ = ["_nb_power", "power"]


@inline
def power(x: Any, y: Any) -> float:
    """``x**y`` of numbers that are made double, as C's ``pow`` at all edges."""
    x, y = np.float64(x), np.float64(y)
    size = abs(x)
    ordinary = (size > 0.0) & (size < np.inf)
    far = 2.0 if size > 1.0 else 0.5  # of zero and of infinity, with an exponent that is large
    large = with_sign_of(2.0**64, y)
    value = _power_of_positive(size if ordinary else far, y if ordinary else large)
    value = np.sqrt(size) if y == 0.5 else value  # constants, of which LLVM keeps this alone
    value = size * size if y == 2.0 else value
    y_size = abs(y)
    half = 0.5 * y_size
    integer = (y_size >= 2.0**52) | ((y_size + 2.0**52) - 2.0**52 == y_size)
    even = (y_size >= 2.0**53) | ((half + 2.0**52) - 2.0**52 == half)
    opposite = -value
    value = opposite if (bits_of(x) < 0) & integer & (not even) else value
    value = np.nan if (x < 0.0) & ordinary & (not integer) else value
    value = np.nan if (x != x) | (y != y) else value
    return 1.0 if (y == 0.0) | (x == 1.0) else value


@inline
def _power_of_positive(x: float, y: float) -> float:
    y = 2.0**64 if y > 2.0**64 else y  # zero, 1 or infinite
    y = -(2.0**64) if y < -(2.0**64) else y
    high, rest = log_in_parts(x)
    y_short, high_short = short(y), short(high)
    product = y_short * high_short
    product_rest = (y - y_short) * high_short + y * ((high - high_short) + rest)
    product_rest = 0.0 if abs(product) > 747.0 else product_rest
    product = 710.0 if product > 710.0 else product
    product = -747.0 if product < -747.0 else product
    return exp_of_sum(product, product_rest, 0)


def _raise(base: Any, exponent: Any) -> Any:
    """``base**exponent``: products for an integer exponent, otherwise `power`."""


def _typed_raise(base: Any, exponent: Any) -> Any:
    if not isinstance(exponent, types.Float):
        return lambda base, exponent: base**exponent
    if exponent == types.float32 and base == types.float32:
        return lambda base, exponent: np.float32(power(base, exponent))
    return lambda base, exponent: power(base, exponent)


# Numba compares whole signatures, and the implementations have no annotations.
_raise.__annotations__.clear()
_typed_raise.__annotations__.clear()
overload(_raise, jit_options=INLINE)(_typed_raise)
_nb_power = _raise
