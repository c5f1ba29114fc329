"""Sine, cosine, tangent of any argument: quarters of a turn are taken away exactly enough first."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from .parts import (
    ROUNDING,
    ROUNDING_BITS,
    bits_of,
    number_of,
    quotient,
    seldom,
    short,
    turned_with,
)

__all__ = ["_nb_cos", "_nb_sin", "_nb_tan"]

_DIGIT = 2**28 - 1
_FAR = 2.0**19
"""From here on more of 2/pi is needed than three numbers hold."""


def _windows() -> Any:
    """56 bits each of ``2/pi``, the first of them 0, 28, 56, ... places before the point's 56th."""
    with mpmath.workprec(1400):
        bits = int(mpmath.ldexp(2 / mpmath.pi, 1300))
    return np.array([(bits >> (1300 - 28 * i)) % 2**56 for i in range(45)])


_WINDOWS = _windows()


def _digit(place: int, shift: int) -> int:
    """28 bits of 2/pi."""
    return (_WINDOWS[np.uintp(place)] >> shift) & _DIGIT


def _as_number(digit: int) -> float:
    return number_of(digit + ROUNDING_BITS) - ROUNDING


def _far_remainder(x: float) -> Any:
    """The same as `_near_remainder` for a finite number that is far.

    The number ``m * 2**e`` is multiplied by the 196 bits of 2/pi of which the first are worth
    whole turns, in digits of 28 bits (Payne and Hanek 1983); more of a turn does not matter.
    """
    bits = bits_of(x)
    first = (bits >> 52) - 1021
    place = first // 28
    shift = 28 - (first - 28 * place)
    m = (bits & (2**52 - 1)) | 2**52
    low, high = m & _DIGIT, m >> 28
    a, b, c = _digit(place, shift), _digit(place + 1, shift), _digit(place + 2, shift)
    d, e, f = _digit(place + 3, shift), _digit(place + 4, shift), _digit(place + 5, shift)
    g = _digit(place + 6, shift)
    g_sum = low * g
    f_sum = low * f + high * g + (g_sum >> 28)
    e_sum = low * e + high * f + (f_sum >> 28)
    d_sum = low * d + high * e + (e_sum >> 28)
    c_sum = low * c + high * d + (d_sum >> 28)
    b_sum = low * b + high * c + (c_sum >> 28)
    a_sum = (low * a + high * b + (b_sum >> 28)) & _DIGIT
    quarters = (a_sum + 2**25) >> 26
    one = _as_number(a_sum - (quarters << 26)) * 2.0**-26
    two, three = _as_number(b_sum & _DIGIT) * 2.0**-54, _as_number(c_sum & _DIGIT) * 2.0**-82
    four, five = _as_number(d_sum & _DIGIT) * 2.0**-110, _as_number(e_sum & _DIGIT) * 2.0**-138
    first_two = one + two
    first_three = first_two + three
    rest = ((one - first_two) + two) + (((first_two - first_three) + three) + (four + five))
    share = first_three + rest
    share_short = short(share)
    rest = (share - share_short) + ((first_three - share) + rest)
    product = share_short * 1.5707963109016418
    product_rest = share_short * 1.5893254773528196e-08 + rest * 1.5707963267948966
    remainder = product + product_rest
    return quarters, remainder, (product - remainder) + product_rest


def _near_remainder(x: float) -> Any:
    """The number of quarters of a turn in x, its lowest two bits, and what remains in two parts.

    0 <= x <= 2**20; pi/2 is four numbers, of which three have 33 bits (Cody and Waite 1980).
    """
    rounded = x * 0.6366197723675814 + ROUNDING
    quarters = rounded - ROUNDING
    large = x - quarters * 1.5707963267341256
    less, less_rest = _difference(large, quarters * 6.077100506303966e-11)
    least, least_rest = _difference(less, quarters * 2.0222662487111665e-21)
    rest = (less_rest + least_rest) - quarters * 8.4784276603689e-32
    remainder = least + rest
    return bits_of(rounded), remainder, (least - remainder) + rest


def _difference(a: float, b: float) -> Any:
    """``a - b`` in two parts (Knuth 1969)."""
    total = a - b
    part = total - a
    return total, (a - (total - part)) - (b + part)


def _both(r: float, rest: float) -> Any:
    """The sine of ``r + rest``, as what is to be added to r, and the cosine in two parts."""
    z = r * r
    zz = z * z
    first = -0.16666666666666666 + 0.008333333333330946 * z
    second = -0.0001984126983675497 + 2.755731610068303e-06 * z
    third = -2.5051131455427946e-08 + 1.591810123027412e-10 * z
    sine_rest = (z * r) * (first + zz * (second + zz * third)) + (rest - 0.5 * z * rest)
    first = 0.041666666666666664 - 0.0013888888888887395 * z
    second = 2.4801587298763433e-05 - 2.7557317270560326e-07 * z
    third = 2.0876146024689747e-09 - 1.1382614868556325e-11 * z
    half = 0.5 * z
    one = 1.0 - half
    cosine_rest = ((1.0 - one) - half) + (zz * (first + zz * (second + zz * third)) - r * rest)
    return sine_rest, one, cosine_rest


def _value(quarters: int, r: float, rest: float) -> float:
    """The sine of ``r + rest`` and a number of quarters of a turn."""
    sine_rest, one, cosine_rest = _both(r, rest)
    sine, cosine = r + sine_rest, one + cosine_rest
    value = cosine if (quarters & 1) == 1 else sine
    return number_of(bits_of(value) ^ ((quarters & 2) << 62))


def _slope(quarters: int, r: float, rest: float) -> float:
    """The tangent of ``r + rest`` and a number of quarters of a turn."""
    sine_rest, one, cosine_rest = _both(r, rest)
    high = short(r)
    low = r - high
    cosine_rest -= 0.5 * (((high * high - r * r) + 2.0 * high * low) + low * low)
    sine, cosine = r + sine_rest, one + cosine_rest
    sine_rest, cosine_rest = (r - sine) + sine_rest, (one - cosine) + cosine_rest
    odd = (quarters & 1) == 1
    above, above_rest = cosine if odd else sine, cosine_rest if odd else sine_rest
    below, below_rest = sine if odd else cosine, sine_rest if odd else cosine_rest
    high, low, _ = quotient(above, above_rest, below, below_rest)
    return number_of(bits_of(high + low) ^ (quarters << 63))


@seldom(above=_FAR)
def _far_sine(x: float, value: float) -> float:
    """The sine of x where it is far from zero; elsewhere the value."""
    if (x > _FAR) & (x < np.inf):
        quarters, r, rest = _far_remainder(x)
        return _value(quarters, r, rest)
    return value


@seldom(above=_FAR)
def _far_cosine(x: float, value: float) -> float:
    """The cosine of x where it is far from zero; elsewhere the value."""
    if (x > _FAR) & (x < np.inf):
        quarters, r, rest = _far_remainder(x)
        return _value(quarters + 1, r, rest)
    return value


@seldom(above=_FAR)
def _far_tangent(x: float, value: float) -> float:
    """The tangent of x where it is far from zero; elsewhere the value."""
    if (x > _FAR) & (x < np.inf):
        quarters, r, rest = _far_remainder(x)
        return _slope(quarters, r, rest)
    return value


def _nb_sin(x: Any) -> float:
    """The sine."""
    x = np.float64(x)
    size = abs(x)
    quarters, r, rest = _near_remainder(size)
    return turned_with(_far_sine(size, _value(quarters, r, rest)), x)


def _nb_cos(x: Any) -> float:
    """The cosine."""
    size = abs(np.float64(x))
    quarters, r, rest = _near_remainder(size)
    return _far_cosine(size, _value(quarters + 1, r, rest))


def _nb_tan(x: Any) -> float:
    """The tangent."""
    x = np.float64(x)
    size = abs(x)
    quarters, r, rest = _near_remainder(size)
    return turned_with(_far_tangent(size, _slope(quarters, r, rest)), x)
