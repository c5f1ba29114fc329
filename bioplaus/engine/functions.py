"""Functions in equations: Brian2's own, tables over time, and the user's Python functions."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from brian2 import numpy_
from brian2.core.functions import DEFAULT_FUNCTIONS, Function
from brian2.input.binomial import BinomialFunction
from brian2.input.timedarray import TimedArray, _find_K
from brian2.units import unitsafefunctions as unitsafe
from brian2.units.fundamentalunits import Quantity
from numba import njit
from numba import types as numba_types
from numba.core.errors import NumbaError

from .kernel import Number

__all__ = ["Translated", "UnsupportedFunctionError", "translate"]


class UnsupportedFunctionError(Exception):
    """A function that only Python can run."""


@dataclass(frozen=True)
class Translated:
    """How a call of a function is written in a kernel.

    name : expression that is called; leading : expressions passed before the user's arguments;
    values, arrays : what ``leading`` refers to, as functions that return the number or the flat
    array; they are asked before every run and after every call into Python (see `ValueArgument`).
    compiled : the user's function, if it is one.
    """

    name: str
    leading: tuple[str, ...] = ()
    values: Mapping[str, Callable[[], Number]] = field(default_factory=dict)
    arrays: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    compiled: Any = None


_SAME_AS_NUMPY = "sin cos tan sinh cosh tanh exp log log10 expm1 log1p sqrt arcsin arccos arctan"
_OURS = ("sign", "clip", "exprel", "timestep", "int", "floor", "ceil")
_TABLE = {
    **{name: Translated(f"_nb_np.{name}") for name in _SAME_AS_NUMPY.split()},
    "abs": Translated("abs"),
    **{name: Translated(f"_nb_{name}") for name in _OURS},
    **{
        name: Translated(f"_nb_{name}", ("_nb_generator",)) for name in ("rand", "randn", "poisson")
    },
}
_DEFAULT = {id(DEFAULT_FUNCTIONS[name]): translated for name, translated in _TABLE.items()}


def _binomial_parameters(
    n: int, p: float, use_normal: bool, name: str
) -> tuple[tuple[int, float, bool], None]:
    return (n, p, use_normal), None


# Brian2 calls this for every PoissonInput; the parameters are not kept anywhere else.
BinomialFunction.implementations["numba"] = _binomial_parameters


def translate(name: str, function: Function, owner: Any) -> Translated:
    """How ``function``, called ``name`` in the equations of ``owner``, is written in a kernel.

    Raises UnsupportedFunctionError for functions that Numba cannot compile.
    """
    if id(function) in _DEFAULT:
        return _DEFAULT[id(function)]
    if isinstance(function, TimedArray):
        return _timed_array(name, function, owner)
    if isinstance(function, BinomialFunction) and "numba" in function.implementations:
        return _binomial(name, function)
    return _user_function(name, function, owner)


def _timed_array(name: str, function: TimedArray, owner: Any) -> Translated:
    dt = float(function.dt)
    upsampling = _find_K(owner.clock.dt_, dt)
    parameters: dict[str, Number] = {
        f"_nb_{name}_epsilon": dt / upsampling,
        f"_nb_{name}_upsampling": float(upsampling),
    }
    if function.values.ndim == 2:
        parameters[f"_nb_{name}_columns"] = function.values.shape[1]
    return Translated(
        name=f"_nb_timed_array_{function.values.ndim}d",
        leading=(f"_nb_{name}_values", *parameters),
        values=_fixed(parameters),
        arrays={f"_nb_{name}_values": lambda: np.ascontiguousarray(function.values).reshape(-1)},
    )


def _binomial(name: str, function: BinomialFunction) -> Translated:
    n, p, use_normal = function.implementations["numba"].get_code(None)
    values: dict[str, Number] = {f"_nb_{name}_n": int(n), f"_nb_{name}_p": float(p)}
    if use_normal:
        values = {
            f"_nb_{name}_mean": n * p,
            f"_nb_{name}_deviation": float(np.sqrt(n * p * (1 - p))),
        }
    called = "_nb_binomial_normal" if use_normal else "_nb_binomial"
    return Translated(called, ("_nb_generator", *values), _fixed(values))


def _fixed(values: Mapping[str, Number]) -> dict[str, Callable[[], Number]]:
    return {name: partial(float if isinstance(v, float) else int, v) for name, v in values.items()}


def _user_function(name: str, function: Function, owner: Any) -> Translated:
    """Compile a function of the user's for scalars, without units."""
    if "numba" in function.implementations._implementations:
        python: Any = function.implementations["numba"].get_code(owner)
    else:
        python = _python_function(name, function)
    if not hasattr(python, "py_func"):
        python = _compiled(name, python, len(function._arg_units))
    return Translated(f"_nb_user_{name}_{id(python)}", compiled=python)


def _python_function(name: str, function: Function) -> Callable[..., Any]:
    implementations = function.implementations._implementations
    # An implementation for another target replaces the function's meaning: do not guess it.
    if set(implementations) - {"numpy"} and "numpy" not in implementations:
        raise UnsupportedFunctionError(f"'{name}' has no implementation for this target")
    if function.auto_vectorise:
        raise UnsupportedFunctionError(f"'{name}' is a Python function of whole arrays")
    python = getattr(function.pyfunc, "_orig_func", function.pyfunc)
    if not isinstance(python, types.FunctionType):
        raise UnsupportedFunctionError(f"'{name}' is not a plain Python function")
    if "random" in _names(python.__code__):
        # Numba would draw from a generator of its own, which seed() does not reach.
        raise UnsupportedFunctionError(f"'{name}' draws random numbers in Python")
    return python


_known: dict[Any, Any] = {}


def _compiled(name: str, python: types.FunctionType, arguments: int) -> Any:
    """The function for ``arguments`` floats; the global values that it uses are part of it."""
    used = {
        key: python.__globals__[key] for key in _names(python.__code__) & set(python.__globals__)
    }
    used.update(
        zip(python.__code__.co_freevars, (c.cell_contents for c in python.__closure__ or ()))
    )
    plain = {key: _without_unit(name, value) for key, value in used.items()}
    values = tuple(sorted((k, v) for k, v in plain.items() if isinstance(v, (int, float))))
    key = (python.__code__, arguments, values)
    if key not in _known:
        bare = types.FunctionType(
            python.__code__,
            {**python.__globals__, **plain},
            python.__name__,
            python.__defaults__,
            tuple(types.CellType(plain[name]) for name in python.__code__.co_freevars),
        )
        function = njit(error_model="numpy")(bare)
        try:
            function.compile((numba_types.float64,) * arguments)
        except NumbaError as problem:
            first_line = str(problem).splitlines()[0]
            _known[key] = UnsupportedFunctionError(f"Numba cannot compile '{name}': {first_line}")
        except Exception as problem:  # Numba lets errors of every kind through from user code
            _known[key] = UnsupportedFunctionError(f"Numba cannot compile '{name}': {problem}")
        else:
            _known[key] = function
    if isinstance(_known[key], UnsupportedFunctionError):
        raise _known[key]
    return _known[key]


def _names(code: types.CodeType) -> set[str]:
    nested = [
        _names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)
    ]
    return set(code.co_names).union(*nested)


def _without_unit(name: str, value: Any) -> Any:
    if isinstance(value, Quantity) and value.ndim == 0:
        return float(value)
    # Brian2's functions and its NumPy check units, which plain numbers do not have.
    if value is numpy_:
        return np
    word = getattr(value, "__name__", "")
    if callable(value) and getattr(unitsafe, word, None) is value:
        return getattr(np, word)
    if isinstance(value, (np.ndarray, list, dict, set)):
        # Numba would freeze the present content; Python sees later changes.
        raise UnsupportedFunctionError(f"'{name}' uses a global array or container")
    return value
