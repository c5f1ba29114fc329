"""Delays of synapses, counted in steps."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["in_steps"]

Array = np.ndarray[Any, np.dtype[Any]]

_PART = 1 << 16
"""Delays that are worked on together."""


def in_steps(delays: Array, dt: float) -> Array:
    """Delays [s] in steps of dt, in no more bytes than the longest of them needs.

    Raises ValueError for delays below zero, and for those of more steps than 32 bits can count.
    """
    parts = [slice(k, k + _PART) for k in range(0, len(delays), _PART)]
    longest = 0
    for part in parts:
        steps = delays[part] / dt + 0.5
        # Steps are cut off: what is above minus one becomes zero.
        if not (steps.min() > -1 and steps.max() < 2**31):
            raise ValueError(_what_is_wrong(delays, delays / dt + 0.5))
        longest = max(longest, int(steps.max()))
    kinds = (np.uint8, np.int16, np.int32)
    found = np.zeros(len(delays), dtype=next(k for k in kinds if longest <= np.iinfo(k).max))
    for part in parts:
        found[part] = delays[part] / dt + 0.5
    return found


def _what_is_wrong(delays: Array, steps: Array) -> str:
    early = steps <= -1
    if early.any():
        place = int(np.argmin(delays))
        return (
            f"Delay {place} is {delays[place]:g} s: a spike cannot arrive before it is "
            f"sent. ({np.count_nonzero(early)} of {delays.size} are below zero; "
            "clip(..., 0*ms, inf*ms) makes them zero.)"
        )
    place = int(np.argmin(steps < 2**31))
    return f"Delay {place} is {delays[place]:g} s; it must be less than 2**31 time steps."
