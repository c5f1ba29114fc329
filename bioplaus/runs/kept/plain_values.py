"""Small questions about plain values: what is in them, and whether they come back as they were."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

__all__ = ["comes_back_in_order", "flat", "slots_of", "small_scalar"]


def slots_of(value: Any) -> dict[str, Any]:
    """The attributes of an instance, those in ``__slots__`` too."""
    found = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        names = kind.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


def flat(value: Any) -> Any:
    """The items of a list of floats, of small integers or of truth values as one array."""
    kinds = set(map(type, value))
    if len(kinds) != 1 or len(value) < 8:
        return None
    (kind,) = kinds
    if kind in (float, bool):
        return np.fromiter(value, kind, len(value))
    if kind is int:
        try:
            return np.fromiter(value, np.int64, len(value))
        except OverflowError:
            return None
    return None


def small_scalar(value: Any) -> list[Any] | None:
    """Small values that JSON lacks."""
    if type(value) is complex:
        return [value.real, value.imag]
    if type(value) in (bytes, bytearray):
        return [bytes(value).hex()]
    if type(value) in (range, slice):
        parts = [value.start, value.stop, value.step]
        return parts if all(type(p) in (int, type(None)) for p in parts) else None
    return None


def comes_back_in_order(value: Any) -> bool:
    """Whether a set that is filled anew is walked, and grows, as this one.

    CPython walks a table; what was taken out of it decides when it grows.
    """
    again: Any = set()
    again.update(list(value))
    again = again if type(value) is set else frozenset(again)

    def table(s: Any) -> tuple[int, ...]:
        at = id(s) + object.__basicsize__
        return tuple(ctypes.c_ssize_t.from_address(at + 8 * n).value for n in range(3))

    return table(value) == table(again) and list(value) == list(again)
