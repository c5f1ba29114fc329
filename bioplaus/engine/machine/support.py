"""Compiled functions that generated modules call: memory, functions, tables over time.

Everything here is called from generated text with plain scalars, a flat array, or the random
generator.  Names start with ``_nb_`` because they share a namespace with the user's names, in
which a leading underscore is reserved, and with Brian2's, which are made of an underscore and one
of the user's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from .cable import _nb_solve_cable
from .inlining import INLINE, inline
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
    "_nb_address",
    "_nb_apart",
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
    "_nb_sign",
    "_nb_sin",
    "_nb_sinh",
    "_nb_smaller",
    "_nb_solve_cable",
    "_nb_start_counting",
    "_nb_subtract",
    "_nb_tanh",
    "_nb_timed_array_1d",
    "_nb_timed_array_2d",
    "_nb_timestep",
    "_nb_uniform",
    "_nb_view",
    "_nb_where",
    "njit",
    "prange",
]

_nb_np = np
_nb_math = math


def _nb_apart(kernel: Any) -> Any:
    """Decorator of a compiled function: no two of its arrays share memory.

    Loops are then vectorised without a test at run time, and with any number of arrays.
    """

    def customize(flags: Any) -> Any:
        flags.noalias = True
        return flags

    kernel._compiler._customize_flags = customize
    return kernel


_nb_at: Any = np.uintp
"""Marks an index as unsigned: Numba tests every signed index for being negative."""


def _address(typing_context: Any, integer: Any) -> Any:
    """The untyped pointer to the memory at an address held in an unsigned integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(types.uint64), generate


_nb_address: Any = intrinsic(_address)


@inline
def _nb_view(address: Any, length: Any, dtype: Any) -> Any:
    """The array at an address; its arguments are no literals, for each of which Numba compiles."""
    return carray(_nb_address(address), (np.intp(length),), dtype)


@inline
def _nb_bound(block: Any, blocks: Any, number: Any) -> Any:
    """The first of ``number`` turns of a loop that belongs to a block: all at whole cache lines."""
    return number if block == blocks else number * block // blocks // 16 * 16


def _first_flag(typing_context: Any, word: Any) -> Any:
    """The number of the first byte of a word of 64 bits that is not zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        never_zero = ir.Constant(ir.IntType(1), 1)
        return builder.lshr(builder.cttz(arguments[0], never_zero), ir.Constant(word_type, 3))

    word_type = ir.IntType(64)
    return types.int64(types.uint64), generate


_nb_first_flag: Any = intrinsic(_first_flag)


def _prefetch(typing_context: Any, array: Any, place: Any) -> Any:
    """Ask for the cache line of an element, which will be read and written soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(array)(context, builder, arguments[0]).data
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        address = builder.bitcast(builder.gep(data, [arguments[1]]), pointer)
        builder.call(function, [address, *(ir.Constant(number, n) for n in (1, 3, 1))])
        return context.get_dummy_value()

    return types.none(array, place), generate


_nb_prefetch: Any = intrinsic(_prefetch)


@inline
def _nb_other_flags(word: Any) -> Any:
    """The word without its lowest bit that is set."""
    return word & (word - np.uint64(1))


@inline
def _nb_int(value: Any) -> Any:
    return np.int32(value)


@inline
def _nb_floor(value: float) -> Any:
    return np.int32(np.floor(value))


@inline
def _nb_ceil(value: float) -> Any:
    return np.int32(np.ceil(value))


@inline
def _nb_sign(value: Any) -> Any:
    return (value > 0) - (value < 0)


def _rounding_integers(operation: Callable[[Any, Any], Any]) -> Any:
    """The operation on two numbers, of which an integer beside a float32 becomes one as well.

    Numba, unlike NumPy and C, would make the result double.
    """

    def combined(left: Any, right: Any) -> Any:
        return operation(left, right)

    calculate = inline(operation)

    def typed(left: Any, right: Any) -> Any:
        if left == types.float32 and isinstance(right, types.Integer):
            return lambda left, right: calculate(left, np.float32(right))
        if right == types.float32 and isinstance(left, types.Integer):
            return lambda left, right: calculate(np.float32(left), right)
        return lambda left, right: calculate(left, right)

    # Numba compares whole signatures, and the implementations have no annotations.
    typed.__annotations__.clear()
    overload(combined, jit_options=INLINE)(typed)
    return combined


_nb_add = _rounding_integers(lambda left, right: left + right)
_nb_subtract = _rounding_integers(lambda left, right: left - right)
_nb_multiply = _rounding_integers(lambda left, right: left * right)
_nb_divide = _rounding_integers(lambda left, right: left / right)


@inline
def _nb_clip(value: Any, low: Any, high: Any) -> Any:
    # As numpy.clip: NaN stays NaN, and the upper limit counts where it lies below the lower one.
    raised = low if value < low else value
    return high if raised > high else raised


@inline
def _nb_where(condition: Any, one: Any, other: Any) -> Any:
    return one if condition else other


@inline
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


@inline
def _nb_remainder(one: Any, other: Any) -> float:
    """As numpy.remainder of floats: of the sign of the divisor."""
    rest = np.float64(np.fmod(np.float64(one), other))
    if rest == 0:
        return np.copysign(0.0, other)
    return rest + other if (other < 0) != (rest < 0) else rest


@inline
def _nb_larger(one: Any, other: Any) -> Any:
    """Python's ``max`` of two numbers."""
    return other if other > one else one


@inline
def _nb_smaller(one: Any, other: Any) -> Any:
    """Python's ``min`` of two numbers."""
    return other if other < one else one


@inline
def _nb_timestep(t: float, dt: float) -> Any:
    return np.int64((t + 1e-3 * dt) / dt)


@inline
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


@inline
def _nb_timed_array_1d(values: Any, epsilon: float, upsampling: float, t: float) -> float:
    step: Any = np.int64(np.rint(t / epsilon) / upsampling)
    return values[_nb_at(min(max(step, 0), len(values) - 1))]


@inline
def _nb_timed_array_2d(
    values: Any, epsilon: float, upsampling: float, columns: int, t: float, column: int
) -> float:
    if column < 0 or column >= columns:
        return np.nan
    step: Any = np.int64(np.rint(t / epsilon) / upsampling)
    step = min(max(step, 0), len(values) // columns - 1)
    return values[_nb_at(step * columns + column)]
