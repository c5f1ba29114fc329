"""Functions that become instructions, by the object that a name of the text stands for.

All other functions are compiled from their Python source (see `sources`).  To add one, write what
it does with values and enter it in `_functions`.
"""

from __future__ import annotations

import ast
import functools
import math
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..machine import denormals, support
from ..machine.mathematics import parts
from ..machine.mathematics.power import power as power_of_floats
from ..machine.mathematics.power import power_alone
from . import arrays, processor, samplers
from .arithmetic import binary, least, power
from .assembly import Assembly
from .kinds import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT8,
    INT64,
    NUMBERS,
    UINT64,
    Generator,
    NotInSubsetError,
    Number,
    Value,
    constant,
)

__all__ = ["Handler", "draw", "known"]

Handler = Callable[..., Value | None]
"""Takes the assembly and the arguments; an argument that is a type is that of Python or NumPy."""

_INTRINSIC = ("sin", "cos", "exp", "log", "log10", "sqrt", "rint", "fabs")
_LIBRARY = {
    **{name: name for name in ("tan", "sinh", "cosh", "tanh", "expm1", "log1p", "nextafter")},
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
}


def _mathematical(kind: Number) -> Number:
    """The type in which NumPy's functions calculate."""
    if kind.is_float:
        return kind
    return FLOAT32 if kind.bits <= 16 else FLOAT64


def _intrinsic(name: str, asm: Assembly, *arguments: Value) -> Value:
    kind = _mathematical(arguments[0].number)
    operands = (asm.cast(argument, kind).operand for argument in arguments)
    return Value(kind, (asm.call(f"llvm.{name}.f{kind.bits}", kind.register, *operands),))


def _library(symbol: str, asm: Assembly, *arguments: Value) -> Value:
    kind = _mathematical(arguments[0].number)
    operands = [asm.cast(argument, kind).operand for argument in arguments]
    symbol += "" if kind == FLOAT64 else "f"
    return Value(kind, (asm.call(symbol, kind.register, *operands),))


def _in_double(function: Handler, asm: Assembly, value: Value) -> Value | None:
    """A function of the module ``math``, which makes integers double."""
    return function(asm, value if value.number.is_float else asm.cast(value, FLOAT64))


def _rounded(name: str, asm: Assembly, value: Value) -> Value:
    return _intrinsic(name, asm, value) if value.number.is_float else value


def _rounded_to_integer(name: str, asm: Assembly, value: Value) -> Value:
    return asm.cast(_intrinsic(name, asm, asm.cast(value, FLOAT64)), INT64)


def _is_nan(asm: Assembly, value: Value) -> Value:
    kind = value.number
    if not kind.is_float:
        return constant(False)
    return Value(BOOL, (asm.result(f"fcmp uno {kind.register} {value.operand}, 0.0"),))


def _as(kind: Number, asm: Assembly, value: Value) -> Value:
    value.number  # noqa: B018 - refuses what is not a number
    return asm.cast(value, kind)


def _as_int(asm: Assembly, value: Value) -> Value:
    kind = value.number
    return asm.cast(value, INT64) if kind.is_float or kind == BOOL else value


def _as_float(asm: Assembly, value: Value) -> Value:
    if value.number == BOOL:
        raise NotInSubsetError("float() of a truth value")
    return value if value.number.is_float else asm.cast(value, FLOAT64)


def _absolute(asm: Assembly, value: Value) -> Value:
    if value.number == BOOL:
        value = asm.cast(value, INT8)
    kind = value.number
    if kind.is_float:
        return _intrinsic("fabs", asm, value)
    if kind.sort == "u":
        return value
    negative = asm.result(f"icmp slt {kind.register} {value.operand}, 0")
    negated = asm.result(f"sub {kind.register} 0, {value.operand}")
    return Value(kind, (asm.select(negative, kind.register, negated, value.operand),))


def _least(operator: ast.cmpop, asm: Assembly, *values: Value) -> Value:
    if len(values) < 2:
        raise NotInSubsetError("min or max of a sequence")
    return least(asm, list(values), operator)


def _length(asm: Assembly, value: Value) -> Value:
    return arrays.length(value)


def _rounding_integers(operator: ast.operator, asm: Assembly, left: Value, right: Value) -> Value:
    """An operation in which an integer beside a float of 32 bits becomes one."""
    kinds = left.number, right.number
    if FLOAT32 in kinds and any(kind.sort in "iu" for kind in kinds):
        left, right = asm.cast(left, FLOAT32), asm.cast(right, FLOAT32)
    return binary(asm, operator, left, right)


def _power(function: Any, asm: Assembly, base: Value, exponent: Value) -> Value:
    if not exponent.number.is_float:
        return power(asm, base, exponent)
    single = base.number == exponent.number == FLOAT32
    raised = asm.inline(function, base, exponent)
    return asm.cast(raised, FLOAT32) if single else raised


#: Members of NumPy's ``bitgen_t``: its state, and functions of the state.
_STATE, _NEXT_UINT64, _NEXT_DOUBLE = 0, 1, 3


def _next(member: int, kind: Number, asm: Assembly, generator: Value) -> Value:
    if not isinstance(generator.kind, Generator):
        raise NotInSubsetError(f"{generator.kind} is no generator")
    address = generator.operand
    state = asm.result(f"load ptr, ptr {address}")
    entry = asm.result(f"getelementptr inbounds ptr, ptr {address}, i64 {member}")
    function = asm.result(f"load ptr, ptr {entry}")
    return Value(kind, (asm.result(f"call {kind.register} {function}(ptr {state})"),))


_uniform = partial(_next, _NEXT_DOUBLE, FLOAT64)


def _view(asm: Assembly, address: Value, number: Value, dtype: Any) -> Value:
    return arrays.view(asm, address, number, dtype)


_MATH_NAMES = ("sin", "cos", "tan", "exp", "log", "log10", "sqrt", "fabs", "expm1", "log1p")


def _functions() -> dict[Any, Handler]:
    known: dict[Any, Handler] = {
        abs: _absolute,
        bool: partial(_as, BOOL),
        float: _as_float,
        int: _as_int,
        len: _length,
        max: partial(_least, ast.Gt()),
        min: partial(_least, ast.Lt()),
        pow: power,
        math.floor: partial(_rounded_to_integer, "floor"),
        math.ceil: partial(_rounded_to_integer, "ceil"),
        np.floor: partial(_rounded, "floor"),
        np.ceil: partial(_rounded, "ceil"),
        np.isnan: _is_nan,
        parts.bits_of: partial(processor.reinterpreted, FLOAT64, INT64),
        parts.number_of: partial(processor.reinterpreted, INT64, FLOAT64),
        support._nb_add: partial(_rounding_integers, ast.Add()),
        support._nb_subtract: partial(_rounding_integers, ast.Sub()),
        support._nb_multiply: partial(_rounding_integers, ast.Mult()),
        support._nb_divide: partial(_rounding_integers, ast.Div()),
        support._nb_power: partial(_power, power_of_floats),
        support._nb_power_alone: partial(_power, power_alone),
        support._nb_first_flag: processor.first_flag,
        support._nb_prefetch: processor.prefetch,
        support._nb_view: _view,
        denormals._nb_flush_denormals: processor.flush_denormals,
        denormals._nb_restore_denormals: processor.restore_denormals,
        samplers.next_double: _uniform,
        samplers.next_uint64: partial(_next, _NEXT_UINT64, UINT64),
    }
    for name, kind in NUMBERS.items():
        known[np.dtype(name).type] = partial(_as, kind)
    known |= {getattr(np, name): partial(_intrinsic, name) for name in _INTRINSIC}
    known |= {getattr(np, name): partial(_library, symbol) for name, symbol in _LIBRARY.items()}
    for name in _MATH_NAMES:
        known[getattr(math, name)] = partial(_in_double, known[getattr(np, name)])
    return known


_KNOWN = _functions()


def known(function: Any) -> Handler | None:
    """What a function becomes; None for one that is compiled from its source."""
    try:
        found = _KNOWN.get(function)
    except TypeError:  # not hashable
        return None
    # Before Numba is imported nobody can name what is Numba's.
    return found or (_of_numba().get(function) if "numba" in sys.modules else None)


@functools.cache
def _of_numba() -> dict[Any, Handler]:
    """Numba's names of types."""
    from numba import types

    return {getattr(types, name): partial(_as, kind) for name, kind in NUMBERS.items()}


_DRAWS: dict[str, tuple[str, Number | None]] = {
    "standard_normal": ("random_standard_normal", None),
    "standard_exponential": ("random_standard_exponential", None),
    "poisson": ("random_poisson", INT64),
    "binomial": ("random_binomial", INT64),
}
"""Methods of a generator: the function of Numba's that draws, and the type it is converted to."""


def draw(method: str) -> Handler:
    """What a method of a generator becomes.

    Raises NotInSubsetError for a method that is not known.
    """
    if method == "random":
        return _uniform
    if method not in _DRAWS:
        raise NotInSubsetError(f"the method {method} of a generator")
    name, kind = _DRAWS[method]
    function = samplers.sampler(name)

    def drawn(asm: Assembly, *arguments: Value) -> Value | None:
        number = asm.inline(function, *arguments)
        return number if kind is None else asm.cast(number, kind)

    return drawn
