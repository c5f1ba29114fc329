"""Compiled functions that generated modules call: views of memory, Brian2's function table, lookups.

Everything here is called from generated text with plain scalars, a flat array, or the random
generator.  Names start with ``_nb_`` because they share a namespace with the user's names, in
which a leading underscore is reserved, and with Brian2's, which are made of an underscore and one
of the user's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit, types
from numba.extending import intrinsic

__all__ = [
    "_nb_address",
    "_nb_binomial",
    "_nb_binomial_normal",
    "_nb_ceil",
    "_nb_clip",
    "_nb_exprel",
    "_nb_floor",
    "_nb_int",
    "_nb_poisson",
    "_nb_rand",
    "_nb_randn",
    "_nb_sign",
    "_nb_timed_array_1d",
    "_nb_timed_array_2d",
    "_nb_timestep",
    "_nb_at",
    "_nb_view",
    "_nb_np",
    "njit",
]

_inline = njit(error_model="numpy", inline="never", forceinline=True)

_nb_np = np

_nb_at = np.uintp
"""Marks an index as unsigned: Numba tests every signed index for being negative."""


@intrinsic  # type: ignore[misc]
def _nb_address(typing_context: Any, integer: Any) -> Any:
    """The untyped pointer to the memory at an address held in an unsigned integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(types.uint64), generate


@_inline
def _nb_view(table: Any, slot: int, dtype: Any) -> Any:
    """The array whose address and length stand in row ``slot`` of the table."""
    return carray(_nb_address(table[slot, 0]), (np.intp(table[slot, 1]),), dtype)


@_inline
def _nb_rand(generator: Any) -> float:
    return generator.random()


@_inline
def _nb_randn(generator: Any) -> float:
    return generator.standard_normal()


@_inline
def _nb_poisson(generator: Any, lam: float) -> int:
    return generator.poisson(lam)


@_inline
def _nb_binomial(generator: Any, n: int, p: float) -> int:
    return generator.binomial(n, p)


@_inline
def _nb_binomial_normal(generator: Any, mean: float, deviation: float) -> float:
    return mean + deviation * generator.standard_normal()


@_inline
def _nb_int(value: Any) -> int:
    return np.int32(value)


@_inline
def _nb_floor(value: float) -> int:
    return np.int32(np.floor(value))


@_inline
def _nb_ceil(value: float) -> int:
    return np.int32(np.ceil(value))


@_inline
def _nb_sign(value: Any) -> Any:
    return (0 < value) - (value < 0)


@_inline
def _nb_clip(value: Any, low: Any, high: Any) -> Any:
    # In this order NaN stays NaN, as with numpy.clip.
    if value < low:
        return low
    if value > high:
        return high
    return value


@_inline
def _nb_exprel(x: float) -> float:
    if abs(x) < 1e-16:
        return 1.0
    if x > 717:  # near the logarithm of the largest double
        return np.inf
    return np.expm1(x) / x


@_inline
def _nb_timestep(t: float, dt: float) -> int:
    return np.int64((t + 1e-3 * dt) / dt)


@_inline
def _nb_timed_array_1d(values: Any, epsilon: float, upsampling: float, t: float) -> float:
    step = np.int64(np.rint(t / epsilon) / upsampling)
    return values[_nb_at(min(max(step, 0), len(values) - 1))]


@_inline
def _nb_timed_array_2d(
    values: Any, epsilon: float, upsampling: float, columns: int, t: float, column: int
) -> float:
    if column < 0 or column >= columns:
        return np.nan
    step = np.int64(np.rint(t / epsilon) / upsampling)
    step = min(max(step, 0), len(values) // columns - 1)
    return values[_nb_at(step * columns + column)]
