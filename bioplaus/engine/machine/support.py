"""Functions that generated text calls: memory, functions, tables over time.

Everything here is called with plain scalars, a flat array, or the random generator.  It is Python,
which the direct compiler reads; `for_numba` has the same for Numba.  Names start with ``_nb_``
because they share a namespace with the user's names, in which a leading underscore is reserved, and
with Brian2's, which are made of an underscore and one of the user's.
"""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np

from .cable import _nb_solve_cable
from .denormals import _nb_flush_denormals, _nb_restore_denormals
from .mathematics import (
    _nb_cos,
    _nb_cosh,
    _nb_exp,
    _nb_exp_alone,
    _nb_expm1,
    _nb_exprel,
    _nb_log,
    _nb_log1p,
    _nb_log10,
    _nb_power,
    _nb_power_alone,
    _nb_sin,
    _nb_sinh,
    _nb_tan,
    _nb_tanh,
)
from .random_numbers import (
    _nb_binomial,
    _nb_binomial_normal,
    _nb_count_on,
    _nb_failures,
    _nb_invert,
    _nb_poisson,
    _nb_rand,
    _nb_randn,
    _nb_start_counting,
    _nb_uniform,
)

__all__ = [
    "_nb_add",
    "_nb_at",
    "_nb_binomial",
    "_nb_binomial_normal",
    "_nb_bound",
    "_nb_ceil",
    "_nb_clip",
    "_nb_cos",
    "_nb_cosh",
    "_nb_count_on",
    "_nb_divide",
    "_nb_exp",
    "_nb_exp_alone",
    "_nb_expm1",
    "_nb_exprel",
    "_nb_failures",
    "_nb_first_flag",
    "_nb_floor",
    "_nb_floor_divide",
    "_nb_flush_denormals",
    "_nb_int",
    "_nb_invert",
    "_nb_larger",
    "_nb_least_time",
    "_nb_log",
    "_nb_log1p",
    "_nb_log10",
    "_nb_math",
    "_nb_multiply",
    "_nb_np",
    "_nb_other_flags",
    "_nb_poisson",
    "_nb_power",
    "_nb_power_alone",
    "_nb_prefetch",
    "_nb_rand",
    "_nb_randn",
    "_nb_remainder",
    "_nb_restore_denormals",
    "_nb_sign",
    "_nb_sin",
    "_nb_sinh",
    "_nb_smaller",
    "_nb_solve_cable",
    "_nb_start_counting",
    "_nb_subtract",
    "_nb_tan",
    "_nb_tanh",
    "_nb_timed_array_1d",
    "_nb_timed_array_2d",
    "_nb_timestep",
    "_nb_uniform",
    "_nb_view",
    "_nb_where",
]

_nb_np = np
_nb_math = math


_nb_at: Any = np.uintp
"""Marks an index as unsigned: Numba tests every signed index for being negative."""


def _nb_view(address: Any, length: Any, dtype: Any) -> Any:
    """The array at an address."""
    size = int(length) * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(int(address)), dtype)


def _nb_bound(block: Any, blocks: Any, number: Any) -> Any:
    """The first of ``number`` turns of a loop that belongs to a block: all at whole cache lines."""
    return number if block == blocks else number * block // blocks // 16 * 16


def _nb_first_flag(word: Any) -> Any:
    """The number of the first byte of a word of 64 bits that is not zero."""
    return ((int(word) & -int(word)).bit_length() - 1) >> 3


def _nb_prefetch(array: Any, place: Any) -> None:
    """Ask for the cache line of an element, which will be read and written soon."""


def _nb_other_flags(word: Any) -> Any:
    """The word without its lowest bit that is set."""
    return word & (word - np.uint64(1))


def _nb_int(value: Any) -> Any:
    return np.int32(value)


def _nb_floor(value: float) -> Any:
    return np.int32(np.floor(value))


def _nb_ceil(value: float) -> Any:
    return np.int32(np.ceil(value))


def _nb_sign(value: Any) -> Any:
    return (value > 0) - (value < 0)


# An integer beside a float32 becomes one as well; Numba, unlike NumPy and C, would make the result
# double.


def _nb_add(left: Any, right: Any) -> Any:
    return left + right


def _nb_subtract(left: Any, right: Any) -> Any:
    return left - right


def _nb_multiply(left: Any, right: Any) -> Any:
    return left * right


def _nb_divide(left: Any, right: Any) -> Any:
    return left / right


def _nb_clip(value: Any, low: Any, high: Any) -> Any:
    # As numpy.clip: NaN stays NaN, and the upper limit counts where it lies below the lower one.
    raised = low if value < low else value
    return high if raised > high else raised


def _nb_where(condition: Any, one: Any, other: Any) -> Any:
    return one if condition else other


def _nb_floor_divide(one: Any, other: Any) -> float:
    """As numpy.floor_divide of floats; Numba's gives another whole number beside infinity."""
    if other == 0:
        return one / other
    rest = np.fmod(one, other)
    quotient = (one - rest) / other
    if rest != 0 and (other < 0) != (rest < 0):
        quotient -= 1.0
    if quotient == 0:
        return np.copysign(0.0, one / other)
    whole = np.floor(quotient)
    return whole + 1.0 if quotient - whole > 0.5 else whole


def _nb_remainder(one: Any, other: Any) -> float:
    """As numpy.remainder of floats: of the sign of the divisor."""
    rest = np.float64(np.fmod(np.float64(one), other))
    if rest == 0:
        return np.copysign(0.0, other)
    return rest + other if (other < 0) != (rest < 0) else rest


def _nb_larger(one: Any, other: Any) -> Any:
    """Python's ``max`` of two numbers."""
    return other if other > one else one


def _nb_smaller(one: Any, other: Any) -> Any:
    """Python's ``min`` of two numbers."""
    return other if other < one else one


def _nb_timestep(t: float, dt: float) -> Any:
    return np.int64((t + 1e-3 * dt) / dt)


def _nb_least_time(steps: int, dt: float) -> float:
    """The smallest x with ``int(x/dt) >= steps``, which is what `_nb_timestep` ends with."""
    if abs(float(steps)) > 4e18:  # a time too long for an integer
        return np.inf if steps > 0 else -np.inf
    least = (steps if steps > 0 else steps - 1) * dt
    while np.int64(least / dt) >= steps:
        least = np.nextafter(least, -np.inf)
    while np.int64(least / dt) < steps:
        least = np.nextafter(least, np.inf)
    return least


def _nb_timed_array_1d(values: Any, epsilon: float, upsampling: float, t: float) -> float:
    step: Any = np.int64(np.rint(t / epsilon) / upsampling)
    return values[_nb_at(min(max(step, 0), len(values) - 1))]


def _nb_timed_array_2d(
    values: Any, epsilon: float, upsampling: float, columns: int, t: float, column: int
) -> float:
    if column < 0 or column >= columns:
        return np.nan
    step: Any = np.int64(np.rint(t / epsilon) / upsampling)
    step = min(max(step, 0), len(values) // columns - 1)
    return values[_nb_at(step * columns + column)]
