"""Numbers as their bits, as multiples of powers of two, and in two parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    "LARGEST",
    "LN2",
    "LN2_REST",
    "ROUNDING",
    "ROUNDING_BITS",
    "bits_of",
    "number_of",
    "quotient",
    "scaled",
    "seldom",
    "short",
    "turned_with",
    "with_sign_of",
]

LARGEST = 1.7976931348623157e308
"""The largest double.  Of ``0 < x < infinity`` LLVM makes a test of bits, which on processors with
AVX-512 waits for what the loop calculated in its last turn: a loop of logarithms takes twice as
long."""
ROUNDING = 1.5 * 2.0**52
"""Added to a number below 2**51, rounds it to an integer, which the lowest bits then hold."""
ROUNDING_BITS = 0x4338 << 48
LN2, LN2_REST = 0.6931471803691238, 1.9082149292705877e-10
"""The logarithm of 2; products of the first part with integers up to 2**20 are exact."""
_SIGN = -(2**63)


def bits_of(number: float) -> Any:
    """The bits of a float as an integer."""
    return np.float64(number).view(np.int64)


def number_of(bits: Any) -> Any:
    """The float that has these bits."""
    return np.int64(bits).view(np.float64)


def seldom(above: float) -> Callable[[Any], Any]:
    """Decorator of a function of a number that is not negative, and of what its value is for all
    numbers but those ``above`` a bound: loops ask once for a whole vector."""

    def told(function: Any) -> Any:
        function.seldom_above = above
        return function

    return told


def scaled(number: float, power: int) -> float:
    """``number * 2**power`` for powers from -2044 to 2046, in two steps of which one rounds."""
    both = power + 2046
    half = both >> 1
    return number * number_of(half << 52) * number_of((both - half) << 52)


def with_sign_of(number: float, other: float) -> float:
    """A number that is not negative, with the sign of the other one."""
    return number_of(bits_of(number) | (bits_of(other) & _SIGN))


def turned_with(number: float, other: float) -> float:
    """A number, its sign turned where the other one has a sign, as odd functions do."""
    return number_of(bits_of(number) ^ (bits_of(other) & _SIGN))


def short(number: float) -> float:
    """The first 26 bits of a number."""
    return number_of(bits_of(number) & -(1 << 27))


def quotient(a: float, a_rest: float, b: float, b_rest: float) -> Any:
    """``(a + a_rest) / (b + b_rest)`` as a number of 26 bits and the rest, and ``1 / b``."""
    inverse = 1.0 / b
    high = short(a * inverse)
    b_high = short(b)
    b_low = (b - b_high) + b_rest
    return high, inverse * (((a - high * b_high) - high * b_low) + a_rest), inverse
