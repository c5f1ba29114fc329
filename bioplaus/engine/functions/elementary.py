"""Functions of NumPy, Brian2 and Python of which it is known that they work element by element.

Each gives for an array what it gives for its elements one by one; how it is written for one element
in compiled code is checked in the tests against NumPy, for ordinary numbers and for the others
(infinite, not a number, zero of both signs, integers).  What does not stand here is run in Python.
"""

from __future__ import annotations

import builtins
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import numpy_
from brian2.units import unitsafefunctions as unitsafe

__all__ = ["OWN", "Elementary", "elementary", "is_pure"]


@dataclass(frozen=True)
class Elementary:
    """How a call is written: ``text`` with a place for each of ``arguments``.

    truth : whether the result is a truth value.  takes_truth : the arguments, by position, that may
    be truth values; elsewhere NumPy calculates with them as with numbers of 16 bits, or refuses.
    """

    text: str
    arguments: int
    truth: bool = False
    takes_truth: frozenset[int] = frozenset()


OWN = (
    *("cos", "cosh", "exp", "expm1", "exprel", "log", "log10", "log1p"),
    *("sin", "sinh", "tan", "tanh"),
)
"""Functions of one number that are calculated by `machine.mathematics`."""
_ONE = """absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil conjugate deg2rad
degrees exp2 fabs floor log2 negative positive rad2deg radians rint sign sqrt square
trunc"""
_TWO = "add arctan2 copysign divide fmax fmin fmod hypot maximum minimum multiply subtract"
_TESTS = "isfinite isinf isnan"
_COMPARISONS = "equal greater greater_equal less less_equal not_equal"

_NUMPY = {
    **{name: Elementary(f"_nb_{name}({{}})", 1) for name in OWN},
    **{name: Elementary(f"_nb_np.{name}({{}})", 1) for name in _ONE.split()},
    **{name: Elementary(f"_nb_np.{name}({{}}, {{}})", 2) for name in _TWO.split()},
    **{name: Elementary(f"_nb_np.{name}({{}})", 1, truth=True) for name in _TESTS.split()},
    **{
        name: Elementary(f"_nb_np.{name}({{}}, {{}})", 2, truth=True)
        for name in _COMPARISONS.split()
    },
    "clip": Elementary("_nb_np.minimum(_nb_np.maximum({}, {}), {})", 3),
    "float64": Elementary("_nb_np.float64({})", 1),
    "floor_divide": Elementary("_nb_floor_divide({}, {})", 2),
    "logical_and": Elementary("(({} != 0) & ({} != 0))", 2, True, frozenset({0, 1})),
    "logical_not": Elementary("({} == 0)", 1, True, frozenset({0})),
    "logical_or": Elementary("(({} != 0) | ({} != 0))", 2, True, frozenset({0, 1})),
    "logical_xor": Elementary("(({} != 0) != ({} != 0))", 2, True, frozenset({0, 1})),
    "power": Elementary("_nb_power(_nb_np.float64({}), {})", 2),
    "remainder": Elementary("_nb_remainder({}, {})", 2),
    "where": Elementary("_nb_where({}, {}, {})", 3, takes_truth=frozenset({0})),
}

_MATH = {
    **{
        name: _NUMPY.get(name.replace("acos", "arccos").replace("asin", "arcsin"))
        for name in [
            "cbrt",
            "cos",
            "cosh",
            "degrees",
            "exp",
            "exp2",
            "expm1",
            "log10",
            "log1p",
            "log2",
            "radians",
        ]
    },
    **{
        name: _NUMPY[name]
        for name in ["fabs", "fmod", "sin", "sinh", "sqrt", "tan", "tanh", "trunc", "copysign"]
    },
    **{
        f"a{name}": _NUMPY[f"arc{name}"]
        for name in ["cos", "cosh", "sin", "sinh", "tan", "tanh", "tan2"]
    },
    "ceil": _NUMPY["ceil"],
    "erf": Elementary("_nb_math.erf({})", 1),
    "erfc": Elementary("_nb_math.erfc({})", 1),
    "floor": _NUMPY["floor"],
    "hypot": _NUMPY["hypot"],
    "isfinite": _NUMPY["isfinite"],
    "isinf": _NUMPY["isinf"],
    "isnan": _NUMPY["isnan"],
    "log": _NUMPY["log"],
    "pow": _NUMPY["power"],
}

# Of two arrays Python's own max takes one or the other, or refuses: its arguments are numbers.
_BUILTINS = {
    "abs": _NUMPY["absolute"],
    "float": _NUMPY["float64"],
    "max": Elementary("_nb_larger({}, {})", 2),
    "min": Elementary("_nb_smaller({}, {})", 2),
    "pow": _NUMPY["power"],
}


def _table() -> dict[int, tuple[Any, Elementary]]:
    """The functions by their identity, under every name by which they are imported."""
    modules = (np, unitsafe, numpy_)
    found = [
        (getattr(module, name), entry)
        for name, entry in _NUMPY.items()
        for module in modules
        if hasattr(module, name)
    ]
    found += [(getattr(math, n), entry) for n, entry in _MATH.items() if hasattr(math, n)]
    found += [(getattr(builtins, name), entry) for name, entry in _BUILTINS.items()]
    return {id(function): (function, entry) for function, entry in found if entry is not None}


_TABLE = _table()

_REDUCTIONS = (
    """all any argmax argmin average cumsum dot max mean median min prod size std sum var"""
)
_PURE = {
    **{key: function for key, (function, _) in _TABLE.items()},
    **{id(f): f for f in vars(math).values() if callable(f)},
    **{id(f): f for f in (getattr(np, name) for name in _REDUCTIONS.split())},
    **{id(f): f for f in (bool, int, len, round, sum, np.array, np.linalg.norm)},
    **{id(f): f for f in (np.float32, np.int32, np.int64, np.shape, np.ndim)},
}


def elementary(function: Any) -> Elementary | None:
    """How a function is written for one element, None for one that is not known."""
    known = _TABLE.get(id(function))
    return known[1] if known is not None else None


def is_pure(function: Any) -> bool:
    """Whether a function does no more than return a value that depends on its arguments alone."""
    return id(function) in _PURE
