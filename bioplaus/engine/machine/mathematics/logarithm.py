"""The logarithm, and the functions made of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .parts import (
    LARGEST,
    LN2,
    LN2_REST,
    ROUNDING,
    ROUNDING_BITS,
    bits_of,
    number_of,
    short,
)

__all__ = ["_nb_log", "_nb_log1p", "_nb_log10", "log_alone_in_parts", "log_in_parts"]

_LOG_3_2, _LOG_3_2_REST = 0.40546510787680745, 2.3135693072984416e-10


def _factors(x: float, least: float) -> Any:
    """k and m for ``x = 2**k * m``, with m from ``least`` to its double, of a positive number."""
    denormal = x < 2.0**-1022
    enlarged = x * 2.0**54
    bits = bits_of(enlarged if denormal else x)
    power = (bits - bits_of(least)) >> 52
    k = number_of(power + ROUNDING_BITS) - ROUNDING
    k -= 54.0 if denormal else 0.0
    return k, number_of(bits - (power << 52))


def _log_of_product(k: float, m: float, rest: float) -> float:
    """``log(2**k * m) + rest``, where the rest is tiny.

    With f = m - 1 and s = f/(2 + f), ``log(m) = f - f**2/2 + s*(f**2/2 + (log(m) - 2*s)/s)``.
    """
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    zz = z * z
    first = 0.666666666666667 + 0.3999999999989889 * z
    second = 0.28571428626253836 + 0.22222211089379496 * z
    third = 0.1818289243253687 + 0.15331611722055008 * z
    beyond = first + zz * (second + zz * (third + zz * 0.14617807153417325))
    half = 0.5 * f * f
    large = k * LN2
    total = large + f
    small = half - (s * (half + z * beyond) + (k * LN2_REST + rest))
    return total + (((large - total) + f) - small)


def _edge(x: float) -> float:
    """The logarithm of what is not a positive number that is finite."""
    edge = -np.inf if x == 0.0 else np.nan
    return x if x == np.inf else edge


def _nb_log(x: Any) -> float:
    """The natural logarithm."""
    x = np.float64(x)
    ordinary = (x > 0.0) & (x <= LARGEST)
    k, m = _factors(x if ordinary else 1.0, 0.7071067811865476)
    value = _log_of_product(k, m, 0.0)
    edge = _edge(x)
    return value if ordinary else edge


def _nb_log1p(x: Any) -> float:
    """``log(1 + x)``."""
    x = np.float64(x)
    total = 1.0 + x
    ordinary = (total > 0.0) & (total <= LARGEST)
    total = total if ordinary else 1.0
    part = total - 1.0
    left_out = (1.0 - (total - part)) + (x - part)
    k, m = _factors(total, 0.7071067811865476)
    value = _log_of_product(k, m, left_out / total)
    edge = _edge(1.0 + x)
    value = value if ordinary else edge
    return x if x == 0.0 else value


def log_in_parts(x: float) -> Any:
    """The logarithm of a positive finite number as a sum of two, to 65 bits.

    With c = 1 or 3/2 and s = (m - c)/(m + c), |s| < 0.102,
    ``log(m) = log(c) + 2/3*s*(3 + s**2 + ...)``.
    """
    k, m = _factors(x, 0.8660254037844386)
    half = 0.5 if m > 1.224744871391589 else 0.0
    c = 1.0 + half
    f, more = m - c, m + c
    inverse = 1.0 / more
    s = f * inverse
    s_high, more_high = short(s), short(more)
    more_rest = (more - more_high) + (m - (more - c))
    s_rest = inverse * ((f - s_high * more_high) - s_high * more_rest)
    z_high, z = s_high * s_high, s * s
    zz = z * z
    first = 0.5999999999999999 + 0.42857142857213787 * z
    second = 0.33333333252377917 + 0.27272761039607346 * z
    third = 0.23070564718152986 + 0.2055021192151487 * z
    beyond = zz * (first + zz * (second + zz * third))
    sum_high = short((3.0 + z_high) + beyond)
    sum_rest = (beyond - ((sum_high - 3.0) - z_high)) + s_rest * (s_high + s)
    product = s_high * sum_high
    high = short(product)
    rest = (product - high) + (s_rest * sum_high + sum_rest * s)
    log_m = 0.6666666567325592 * high
    log_rest = 9.934107462565104e-09 * high + 0.6666666666666666 * rest
    large = k * LN2 + (2.0 * half) * _LOG_3_2
    large_rest = k * LN2_REST + (2.0 * half) * _LOG_3_2_REST
    total = large + log_m
    return total, ((large - total) + log_m) + (log_rest + large_rest)


_FIRST = (0x3FF << 52) - (129 << 44)
"""The bits of the least number in the table: 1 is in the middle of the 65th of its 128 parts."""


def _minus_log(number: int) -> int:
    """``-log(number/2048)`` in units of 2**-120, from the series of the artanh."""
    share = ((2048 - number) << 120) // (2048 + number)
    square, power, total = share * share >> 120, share, 0
    for place in range(1, 57, 2):
        total += power // place
        power = power * square >> 120
    return 2 * total


def _logarithms() -> tuple[Any, Any, Any]:
    """Of each part nearly the inverse, in 12 bits, and minus its logarithm in two parts."""
    middles = (_FIRST + (np.arange(128) << 45) + (1 << 44)).view(np.float64)
    inverses = np.rint(2048 / middles).astype(int)
    exact = [_minus_log(number) for number in inverses.tolist()]
    high = [number >> 78 for number in exact]
    rest = [(number - (part << 78)) / 2**120 for number, part in zip(exact, high)]
    return inverses / 2048, np.array(high) / 2**42, np.array(rest)


_INVERSES, _LOGARITHMS, _LOGARITHMS_REST = _logarithms()


def log_alone_in_parts(x: float) -> Any:
    """The logarithm of a number that is positive and neither infinite nor denormal, to 65 bits.

    With c from a table, ``log(x) = k*log(2) - log(c) + log(1 + r)`` and |r| = |c*m - 1| < 0.0042.
    """
    bits = bits_of(x)
    above = bits - _FIRST
    power = above >> 52
    place = np.uintp((above >> 45) & 127)
    m_bits = bits - (power << 52)
    m, m_high = number_of(m_bits), number_of(m_bits & -(1 << 14))
    k = number_of(power + ROUNDING_BITS) - ROUNDING
    inverse = _INVERSES[place]
    r_high, r_low = m_high * inverse - 1.0, (m - m_high) * inverse
    r = r_high + r_low
    r_rest = (r_high - r) + r_low
    large = k * LN2 + _LOGARITHMS[place]
    near = large + r
    r_short = short(r)
    left = (r - r_short) + r_rest
    half = 0.5 * r_short * r_short
    high = near - half
    z = r * r
    beyond = (0.33333333333333337 - 0.25 * r) + z * (
        (0.19999999998055148 - 0.166666666649163 * r)
        + z * (0.14286008290487984 - 0.1250026460437589 * r)
    )
    rest = ((large - near) + r) + ((near - high) - half)
    rest += (r_rest - 0.5 * left * (r + r_short)) + z * r * beyond
    rest += k * LN2_REST + _LOGARITHMS_REST[place]
    total = high + rest
    return total, (high - total) + rest


def _nb_log10(x: Any) -> float:
    """The logarithm to base 10."""
    x = np.float64(x)
    ordinary = (x > 0.0) & (x <= LARGEST)
    high, rest = log_in_parts(x if ordinary else 1.0)
    high_short = short(high)
    rest += high - high_short
    small = 4.798111141615973e-09 * high_short + 0.4342944819032518 * rest
    value = 0.4342944771051407 * high_short + small
    edge = _edge(x)
    return value if ordinary else edge
