"""The shifted sigmoid of Ernoult 2019 for whole arrays, compiled.

In single precision the exponential is written out, so that the compiler vectorises the loop: ten
times as fast as the library's, right to 1e-7.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from .single_precision import FOUR, HALF, ONE

__all__ = ["logistic", "shifted_sigmoid"]

Array = np.ndarray[Any, Any]
Single = np.float32

INVERSE_LOG_2 = Single(1 / math.log(2))
LOG_2_HIGH = Single(0.693359375)  # few bits: its multiples are exact
LOG_2_LOW = Single(math.log(2) - 0.693359375)
TAYLOR = tuple(Single(1 / math.factorial(k)) for k in range(8))


@njit(cache=True)
def shifted_sigmoid(drive: Array, rates: Array) -> None:
    """``rates = 1/(1 + exp(-4 (drive - 1/2)))``, overwritten; both (batch, n), of one type."""
    if drive.itemsize == 4:
        _single(drive, rates)
        return
    for k in range(drive.shape[0]):
        for unit in range(drive.shape[1]):
            rates[k, unit] = logistic(drive[k, unit])


@njit(cache=True, inline="always")
def logistic(drive: Any) -> Any:
    """The shifted sigmoid of one drive, by the library's exponential."""
    return ONE / (ONE + math.exp(-FOUR * (drive - HALF)))


@njit(cache=True, error_model="numpy")
def _single(drive: Array, rates: Array) -> None:
    for k in range(drive.shape[0]):
        for unit in range(drive.shape[1]):
            rates[k, unit] = ONE / (ONE + _exponential(-FOUR * (Single(drive[k, unit]) - HALF)))


@njit(cache=True, inline="always")
def _exponential(x: Any) -> Any:
    """``exp x = 2^n exp r`` with ``|r| <= log(2)/2`` by its Taylor series; x is kept in -80..80."""
    x = min(max(x, Single(-80.0)), Single(80.0))
    n = np.rint(x * INVERSE_LOG_2)
    r = (x - n * LOG_2_HIGH) - n * LOG_2_LOW
    series = TAYLOR[7]
    series = series * r + TAYLOR[6]
    series = series * r + TAYLOR[5]
    series = series * r + TAYLOR[4]
    series = series * r + TAYLOR[3]
    series = series * r + TAYLOR[2]
    series = series * r + TAYLOR[1]
    series = series * r + TAYLOR[0]
    power = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)
    return series * power
