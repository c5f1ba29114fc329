"""Implementations for the target ``numba`` that are compiled by Numba as they stand.

Who gives one says that it works element by element, whatever it is made of.  Numba keeps the first
value of what a function reads from outside; one that reads more than modules and compiled functions
is therefore run in Python.
"""

from __future__ import annotations

import builtins
import math
import types
from typing import Any

import numpy as np

from .elementwise import UnsupportedFunctionError

__all__ = ["Given"]

_compiled: dict[tuple[types.CodeType, tuple[int, ...]], Any] = {}


class Given:
    """A function for Numba and what it refers to.

    name : what it is called in the text; compiled : the function as Numba makes it.
    Raises UnsupportedFunctionError if it reads values from outside.
    """

    def __init__(self, title: str, python: Any) -> None:
        self.python = getattr(python, "py_func", python)
        self._referred = _referred(self.python)
        for name, value in self._referred.items():
            known = value is np or value is math or hasattr(value, "py_func")
            if not known and getattr(builtins, name, None) is not value:
                raise UnsupportedFunctionError(
                    f"'{title}' reads '{name}', of which Numba would keep the first value"
                )
        key = (self.python.__code__, tuple(id(value) for value in self._referred.values()))
        if key not in _compiled:
            _compiled[key] = python if hasattr(python, "py_func") else _for_numba(python)
        self.compiled = _compiled[key]
        self.name = f"_nb_given_{id(self.compiled)}"

    def holds(self) -> bool:
        """Whether it refers to the same things as when it was compiled."""
        now = _referred(self.python)
        return now.keys() == self._referred.keys() and all(
            now[key] is value for key, value in self._referred.items()
        )


def _for_numba(python: Any) -> Any:
    from numba import njit

    return njit(error_model="numpy")(python)


def _referred(function: types.FunctionType) -> dict[str, Any]:
    """What the names in a function stand for, also in compiled functions that it calls."""
    names = _names(function.__code__)
    cells = zip(function.__code__.co_freevars, function.__closure__ or ())
    found = {key: function.__globals__[key] for key in sorted(names & set(function.__globals__))}
    found |= {key: cell.cell_contents for key, cell in cells}
    for key, value in list(found.items()):
        called = getattr(value, "py_func", None)
        if called is not None and called is not function:
            found |= {f"{key}.{name}": part for name, part in _referred(called).items()}
    return found


def _names(code: types.CodeType) -> set[str]:
    nested = (_names(part) for part in code.co_consts if isinstance(part, types.CodeType))
    return set(code.co_names).union(*nested)
