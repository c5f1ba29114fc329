"""Stop a run when an integer variable leaves the range of its type, and say where.

Brian2's other targets let a counter go on at its most negative value without a word, and make large
numbers of negative ones where the type has no sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2.units.allunits import second

__all__ = ["FAULT", "IntegerOverflowError", "checked", "raise_if_overflown"]

FAULT = "_nb_fault_"
"""Begins the name of a (1,) int64 array: 1 + the index at which the variable of that name left its
range, or 0."""

_INTEGER = np.iinfo(np.int64)


class IntegerOverflowError(OverflowError):
    """An integer is beyond what its type can hold."""


def checked(name: str, dtype: Any, index: str) -> list[str]:
    """Lines that leave a kernel before a number that does not fit is written to an array.

    In a kernel integers are calculated in 64 bits; index : expression of the place in the array.
    """
    if np.dtype(dtype).kind not in "iu":
        return []
    kind = np.iinfo(dtype)
    # The least number of 64 bits has no literal; 64 bits without sign are calculated as floats.
    least, largest = max(kind.min, -_INTEGER.max), kind.max if kind.max <= _INTEGER.max else 2**53
    return [
        f"if not {least} <= {name} <= {largest}:",
        f"    {FAULT}{name}[0] = 1 + {index}",
        "    return 1",
    ]


def raise_if_overflown(code_object: Any, faults: Mapping[str, Any]) -> None:
    """Raise IntegerOverflowError for the first of the faults that has occurred."""
    for name, fault in faults.items():
        if fault[0]:
            variable = code_object.variables[name.removeprefix(FAULT)]
            owner = variable.owner
            t = getattr(code_object.owner, "clock", owner).t_
            kind = np.dtype(variable.dtype)
            least = " from zero on" if kind.kind == "u" else ""
            raise IntegerOverflowError(
                f"{owner.name}'s integer variable '{variable.name}' left its range of "
                f"{8 * kind.itemsize} bits{least} at index {fault[0] - 1}, at t = {t * second}. "
                f"Declare it as a number without unit ('{variable.name} : 1'), which is exact "
                "up to 2**53."
            )
