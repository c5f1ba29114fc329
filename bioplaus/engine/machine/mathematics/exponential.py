"""The exponential function, and the functions made of it."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from .parts import (
    LN2,
    LN2_REST,
    ROUNDING,
    ROUNDING_BITS,
    bits_of,
    number_of,
    quotient,
    scaled,
    with_sign_of,
)

__all__ = [
    "_nb_cosh",
    "_nb_exp",
    "_nb_exp_alone",
    "_nb_expm1",
    "_nb_exprel",
    "_nb_sinh",
    "_nb_tanh",
    "exp_alone_of_sum",
    "exp_of_sum",
]


def _without_ln2(x: float, rest: float) -> Any:
    """The integer k next to ``x/ln(2)``, and what remains of ``x + rest``, in two parts.

    |x| < 2**20, and the rest is below 1e-4.
    """
    rounded = x * 1.4426950408889634 + ROUNDING
    k = rounded - ROUNDING
    near = x - k * LN2
    low = k * LN2_REST - rest
    r = near - low
    return bits_of(rounded) - ROUNDING_BITS, r, (near - r) - low


def _beyond(r: float, rest: float) -> float:
    """``exp(r + rest) - 1 - r`` for |r| < 0.347 and a rest below its last place."""
    z = r * r
    zz = z * z
    first = 0.5 + 0.16666666666666669 * r
    second = (0.041666666666666664 + 0.008333333333330032 * r) + z * (
        0.0013888888888886532 + 0.00019841269863201828 * r
    )
    third = (2.480158731725034e-05 + 2.7557268229963227e-06 * r) + z * (
        2.755728280527787e-07 + 2.5100494788905042e-08 * r
    )
    third += zz * 2.0911314678813155e-09
    return z * first + ((rest + zz * second) + (zz * zz) * third)


def exp_of_sum(x: float, rest: float, power: int) -> float:
    """``exp(x + rest) * 2**power``, where |x| < 2000 and the rest is below 1e-4."""
    k, r, low = _without_ln2(x, rest)
    one = 1.0 + r
    return scaled(one + ((r - (one - 1.0)) + _beyond(r, low)), k + power)


def _nb_exp(x: Any) -> float:
    """The exponential function."""
    x = np.float64(x)
    x = 710.0 if x > 710.0 else x  # infinite
    x = -746.0 if x < -746.0 else x  # zero
    return exp_of_sum(x, 0.0, 0)


def _roots_of_two() -> tuple[Any, Any]:
    """The bits of ``2**(i/64)`` for i from 0 to 63, and what each number lacks, as its share."""
    with localcontext(prec=60):
        root = Decimal(2)
        for _ in range(6):
            root = root.sqrt()
        exact = [root**i for i in range(64)]
        lack = [float(number / Decimal(float(number)) - 1) for number in exact]
    return np.array([float(number) for number in exact]).view(np.int64), np.array(lack)


_ROOTS, _LACK = _roots_of_two()


def _nb_exp_alone(x: Any) -> float:
    """The exponential function where numbers come one by one: half the operations, and a table."""
    x = np.float64(x)
    return exp_alone_of_sum(x, 0.0) if abs(x) < 700.0 else _nb_exp(x)


def exp_alone_of_sum(x: float, rest: float) -> float:
    """``exp(x + rest)``, where |x| < 700 and the rest is below 1e-4.

    With k the integer next to ``64*x/ln(2)``, ``exp(x) = 2**(k/64) * exp(r)`` and |r| < 0.0055.
    """
    rounded = x * 92.33248261689366 + ROUNDING
    k = rounded - ROUNDING
    r = (x - k * 0.01083042469326756) - (k * 2.9815858269852933e-12 - rest)
    power = bits_of(rounded) - ROUNDING_BITS
    part = power & 63
    place = np.uintp(part)
    z = r * r
    beyond = 0.4999999999998501 + 0.16666666666664526 * r
    beyond += z * (0.041666707476689775 + 0.00833333916333604 * r)
    root = number_of(_ROOTS[place] + ((power - part) << 46))
    return root + root * (r + (z * beyond + _LACK[place]))


def _expm1(x: float) -> Any:
    """An integer and two numbers: ``expm1(x) = 2**power * (high + rest)``, for x > -44.

    With k the integer next to ``x/ln(2)`` and r what remains, it is
    ``2**k * ((1 - 2**-k) + r + (exp(r) - 1 - r))``.
    """
    power, r, rest = _without_ln2(x, 0.0)
    inverse = number_of((1023 - power) << 52)
    inverse = 0.0 if x > 44.0 else inverse
    one = 1.0 - inverse
    near = one + r
    beyond = ((one - near) + r) + (_beyond(r, rest + rest * r) + ((1.0 - one) - inverse))
    high = near + beyond
    return power, high, (near - high) + beyond


def _nb_expm1(x: Any) -> float:
    """``exp(x) - 1``."""
    x = np.float64(x)
    near = 710.0 if x > 710.0 else x  # infinite
    near = -44.0 if near < -44.0 else near  # -1
    power, value, _ = _expm1(near)
    value = scaled(value, power)
    return x if abs(x) < 1e-17 else value


def _nb_exprel(x: Any) -> float:
    """``(exp(x) - 1) / x``, 1 at zero."""
    x = np.float64(x)
    x = 718.0 if x > 718.0 else x  # infinite
    power, high, rest = _expm1(-44.0 if x < -44.0 else x)
    value, rest, inverse = quotient(high, rest, x, 0.0)
    value = scaled(value + rest, power)
    value = -inverse if x < -44.0 else value
    return 1.0 if abs(x) < 1e-17 else value


def _nb_sinh(x: Any) -> float:
    """The hyperbolic sine: half of ``t + t/(1 + t)`` with t = expm1(|x|)."""
    x = np.float64(x)
    size = abs(x)
    power, high, rest = _expm1(712.0 if size > 712.0 else size)
    large = scaled(high, power - 1)
    two = number_of((power + 1023) << 52)
    high, rest = high * two, rest * two
    more = 1.0 + high
    less, less_rest, _ = quotient(high, rest, more, ((1.0 - more) + high) + rest)
    total = high + less
    value = 0.5 * (total + (((high - total) + less) + (rest + less_rest)))
    return with_sign_of(large if size > 40.0 else value, x)


def _nb_cosh(x: Any) -> float:
    """The hyperbolic cosine: half of ``exp(x) + 1/exp(x)``, the first in two parts."""
    x = abs(np.float64(x))
    k, r, low = _without_ln2(712.0 if x > 712.0 else x, 0.0)
    one = 1.0 + r
    more = (r - (one - 1.0)) + _beyond(r, low)
    high = one + more
    inverse = number_of((1023 - 2 * k) << 52) / high
    inverse = 0.0 if x > 44.0 else inverse
    return scaled(high + (((one - high) + more) + inverse), k - 1)


def _nb_tanh(x: Any) -> float:
    """The hyperbolic tangent: ``t/(2 + t)`` with t = expm1(|2*x|)."""
    x = np.float64(x)
    size = abs(x)
    power, high, rest = _expm1(2.0 * (22.0 if size > 22.0 else size))
    two = number_of((power + 1023) << 52)
    high, rest = high * two, rest * two
    more = 2.0 + high
    part = more - high
    more_rest = ((2.0 - part) + (high - (more - part))) + rest
    value, rest, _ = quotient(high, rest, more, more_rest)
    return with_sign_of(value + rest, x)
