"""Powers with exponents that are no integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exponential import exp_alone_of_sum, exp_of_sum
from .logarithm import log_alone_in_parts, log_in_parts
from .parts import LARGEST, bits_of, short, with_sign_of

__all__ = ["_nb_power", "_nb_power_alone", "power", "power_alone"]


def power(x: Any, y: Any) -> float:
    """``x**y`` of numbers that are made double, as C's ``pow`` at all edges."""
    x, y = np.float64(x), np.float64(y)
    size = abs(x)
    ordinary = (size > 0.0) & (size <= LARGEST)
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


def power_alone(x: Any, y: Any) -> float:
    """The same where numbers come one by one, with tables, and a branch for what is not usual."""
    x, y = np.float64(x), np.float64(y)
    simple = (y == 0.5) | (y == 2.0)
    if (x >= 2.0**-1022) & (x < np.inf) & (abs(y) < 1e6) & (not simple):
        high, rest = log_alone_in_parts(x)
        y_short, high_short = short(y), short(high)
        product = y_short * high_short
        if abs(product) < 700.0:
            rest = (y - y_short) * high_short + y * ((high - high_short) + rest)
            return exp_alone_of_sum(product, rest)
    return power(x, y)


def _nb_power(base: Any, exponent: Any) -> Any:
    """``base**exponent``: products for an integer exponent, otherwise `power`."""
    return power(base, exponent) if _is_float(exponent) else base**exponent


def _nb_power_alone(base: Any, exponent: Any) -> Any:
    """``base**exponent``: products for an integer exponent, otherwise `power_alone`."""
    return power_alone(base, exponent) if _is_float(exponent) else base**exponent


def _is_float(number: Any) -> bool:
    return isinstance(number, float | np.floating)
