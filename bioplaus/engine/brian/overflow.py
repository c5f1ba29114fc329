"""Stop a run when an integer leaves the range of its type, and say where.

Brian2's other targets let a counter go on at its most negative value without a word, and make large
numbers of negative ones where the type has no sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2.units.allunits import second

__all__ = ["FAULT", "IntegerOverflowError", "beyond", "checked", "raise_if_overflown"]

FAULT = "_nb_fault_"
"""Begins the name of a (1,) int64 array: 1 + the index at which the variable of that name left its
range, or 0."""
_EXPRESSION = FAULT + "_of_"
"""The same of an expression; where it must stay and its text follow in hexadecimal numbers."""

_INTEGER = np.iinfo(np.int64)


class IntegerOverflowError(OverflowError):
    """An integer is beyond what its type can hold."""


def checked(name: str, dtype: Any, index: str, value: str = "") -> list[str]:
    """Lines that leave a kernel before a number that does not fit is written to an array.

    In a kernel integers are calculated in 64 bits; index : expression of the place in the array;
    value : the number, where it does not have the name of the variable.
    """
    if np.dtype(dtype).kind not in "iu":
        return []
    kind = np.iinfo(dtype)
    # The least number of 64 bits has no literal; 64 bits without sign are calculated as floats.
    least, largest = max(kind.min, -_INTEGER.max), kind.max if kind.max <= _INTEGER.max else 2**53
    return [
        f"if not {least} <= {value or name} <= {largest}:",
        f"    {FAULT}{name}[0] = 1 + {index}",
        "    return 1",
    ]


def beyond(condition: str, title: str, room: str, index: str) -> list[str]:
    """Lines that leave a kernel before an expression is calculated that does not fit.

    condition : what holds where it does; title : the expression as the user knows it; room : as
    in "64 bits".
    """
    name = _EXPRESSION + f"{room}: {title}".encode().hex()
    return [f"if not ({condition}):", f"    {name}[0] = 1 + {index}", "    return 1"]


def raise_if_overflown(code_object: Any, faults: Mapping[str, Any]) -> None:
    """Raise IntegerOverflowError for the first of the faults that has occurred."""
    for name, fault in faults.items():
        if not fault[0]:
            continue
        if name.startswith(_EXPRESSION):
            room, title = bytes.fromhex(name.removeprefix(_EXPRESSION)).decode().split(": ", 1)
            owner, what = code_object.owner, f"integer '{title}'"
            advice = "Begin it with '1.0*' to calculate with floats"
        else:
            variable = code_object.variables[name.removeprefix(FAULT)]
            owner, what = variable.owner, f"integer variable '{variable.name}'"
            kind = np.dtype(variable.dtype)
            room = f"{8 * kind.itemsize} bits" + " from zero on" * (kind.kind == "u")
            advice = f"Declare it as a number without unit ('{variable.name} : 1')"
        t = getattr(code_object.owner, "clock", owner).t_
        raise IntegerOverflowError(
            f"{owner.name}'s {what} left its range of {room} at index {fault[0] - 1}, at "
            f"t = {t * second}. {advice}, which is exact up to 2**53."
        )
