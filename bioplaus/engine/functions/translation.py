"""Functions in equations: Brian2's own, tables over time, and the user's Python functions."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from brian2.codegen.generators.numpy_generator import NumpyCodeGenerator
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.core.functions import DEFAULT_FUNCTIONS, Function
from brian2.input.binomial import BinomialFunction
from brian2.input.timedarray import TimedArray, _find_K

from ..program.kernel import Number
from .bodies import defined
from .elementary import OWN, Elementary, elementary
from .elementwise import UnsupportedFunctionError
from .given import Given
from .outside import Outside

__all__ = ["Translated", "UnsupportedFunctionError", "implementations", "meaning", "translate"]


@dataclass(frozen=True)
class Translated:
    """How a call of a function is written in a kernel.

    name : expression that is called; leading, trailing : expressions passed before and after the
    arguments in the equations; values, arrays : what these refer to, as functions that return the
    number or the flat array; they are asked before every run and after every call into Python (see
    `ValueArgument`).

    Of a function of the user's, definitions : texts that define it; compiled : it, where Numba is
    to compile it as it stands; outside : what it reads, which may come to be of another kind.
    """

    name: str
    leading: tuple[str, ...] = ()
    values: Mapping[str, Callable[[], Number]] = field(default_factory=dict)
    arrays: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    trailing: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    compiled: Any = None
    outside: Outside | Given | None = None


_SAME_AS_NUMPY = "sqrt arcsin arccos arctan"
_OURS = "sign clip timestep int floor ceil"
_TABLE = {
    **{name: Translated(f"_nb_np.{name}") for name in _SAME_AS_NUMPY.split()},
    "abs": Translated("abs"),
    **{name: Translated(f"_nb_{name}") for name in [*_OURS.split(), *OWN]},
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

    Raises UnsupportedFunctionError for functions that only Python can run.
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
        f"_nb_of_{name}_epsilon": dt / upsampling,
        f"_nb_of_{name}_upsampling": float(upsampling),
    }
    if function.values.ndim == 2:
        parameters[f"_nb_of_{name}_columns"] = function.values.shape[1]
    return Translated(
        name=f"_nb_timed_array_{function.values.ndim}d",
        leading=(f"_nb_of_{name}_values", *parameters),
        values=_fixed(parameters),
        arrays={f"_nb_of_{name}_values": lambda: np.ascontiguousarray(function.values).reshape(-1)},
    )


def _binomial(name: str, function: BinomialFunction) -> Translated:
    n, p, use_normal = function.implementations["numba"].get_code(None)
    values: dict[str, Number] = {f"_nb_of_{name}_n": int(n), f"_nb_of_{name}_p": float(p)}
    if use_normal:
        values = {
            f"_nb_of_{name}_mean": n * p,
            f"_nb_of_{name}_deviation": float(np.sqrt(n * p * (1 - p))),
        }
    called = "_nb_binomial_normal" if use_normal else "_nb_binomial"
    return Translated(called, ("_nb_generator", *values), _fixed(values))


def _fixed(values: Mapping[str, Number]) -> dict[str, Callable[[], Number]]:
    return {name: partial(float if isinstance(v, float) else int, v) for name, v in values.items()}


def _user_function(name: str, function: Function, owner: Any) -> Translated:
    """A function of the user's, for one element and without units."""
    python = meaning(function, owner)
    if function.auto_vectorise:
        raise UnsupportedFunctionError(f"'{name}' is a Python function of whole arrays")
    known = elementary(python)
    if known is not None:
        return _elementary(name, known, len(function._arg_units))
    plain = getattr(python, "py_func", python)
    if not isinstance(plain, types.FunctionType):
        raise UnsupportedFunctionError(f"'{name}' is not a plain Python function")
    outside = Outside(plain)
    try:
        definition = defined(outside, len(function._arg_units))
    except UnsupportedFunctionError:
        if _given_for_numba(function):
            given = Given(name, python)
            return Translated(given.name, compiled=given.compiled, outside=given)
        raise
    numbers = {f"_nb_of_{name}_{n}": partial(outside.read, n) for n in definition.taken}
    return Translated(
        definition.name,
        values=numbers,
        trailing=tuple(numbers),
        definitions=definition.texts,
        outside=outside,
    )


def _elementary(name: str, known: Elementary, arguments: int) -> Translated:
    """A function of NumPy's that stands in the equations by itself."""
    called = known.text.partition("(")[0]
    if known.text != f"{called}({', '.join(['{}'] * arguments)})":
        raise UnsupportedFunctionError(f"'{name}' is not a plain Python function")
    return Translated(called)


def meaning(function: Function, owner: Any) -> Any:
    """The Python function that the function stands for on this target.

    One that is given for this target goes before one for ``numpy``, which goes before the function
    that was decorated.
    """
    implementations = function.implementations._implementations
    if _given_for_numba(function):
        return implementations["numba"].get_code(owner)
    for target in ("numpy", NumpyCodeObject, NumpyCodeGenerator):
        if target in implementations:
            return _without_units(implementations[target].get_code(owner))
    return getattr(function.pyfunc, "_orig_func", function.pyfunc)


def implementations(code_objects: Iterable[Any]) -> list[tuple[Function, dict[Any, Any]]]:
    """All functions in code objects, with what was given for them so far."""
    functions = {
        id(variable): variable
        for code_object in code_objects
        for variable in code_object.variables.values()
        if isinstance(variable, Function)
    }
    return [(f, dict(f.implementations._implementations)) for f in functions.values()]


def _given_for_numba(function: Function) -> bool:
    return "numba" in function.implementations._implementations


def _without_units(python: Any) -> Any:
    """The function within the one in which Brian2 gives units to its arguments."""
    code = getattr(python, "__code__", None)
    if code is not None and code.co_qualname.endswith(
        "add_numpy_implementation.<locals>.wrapper_function"
    ):
        return inspect.getclosurevars(python).nonlocals["orig_func"]
    return python
