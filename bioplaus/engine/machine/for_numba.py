"""What generated text calls, for Numba, which is imported with this module: where it compiles.

Functions that Python, LLVM and Numba read alike are compiled as they stand; the others say here
what they become.  All go into the caller, without wrappers, but for the cable equation.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from . import cable, denormals, random_numbers, support
from .mathematics import circular, exponential, logarithm, parts, power

_APART: Any = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_INLINE: Any = {**_APART, "forceinline": True}


def _nb_apart(kernel: Any) -> Any:
    """Decorator of a compiled function: no two of its arrays share memory.

    Loops are then vectorised without a test at run time, and with any number of arrays.
    """

    def customize(flags: Any) -> Any:
        flags.noalias = True
        return flags

    kernel._compiler._customize_flags = customize
    return kernel


def _nb_once(kernel: Any) -> Any:
    """Decorator of a function that is called but once in a run, to which Numba does as to all."""
    return kernel


def _address(typing_context: Any, integer: Any) -> Any:
    """The untyped pointer to the memory at an address held in an unsigned integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(types.uint64), generate


_at_address: Any = intrinsic(_address)


@njit(**_INLINE)
def _view(address: Any, length: Any, dtype: Any) -> Any:
    # Its arguments are no literals, for each of which Numba compiles.
    return carray(_at_address(address), (np.intp(length),), dtype)


@intrinsic
def _first_flag(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        never_zero = ir.Constant(ir.IntType(1), 1)
        return builder.lshr(builder.cttz(arguments[0], never_zero), ir.Constant(word_type, 3))

    word_type = ir.IntType(64)
    return types.int64(types.uint64), generate


@intrinsic
def _prefetch(typing_context: Any, array: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(array)(context, builder, arguments[0]).data
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        address = builder.bitcast(builder.gep(data, [arguments[1]]), pointer)
        builder.call(function, [address, *(ir.Constant(number, n) for n in (1, 3, 1))])
        return context.get_dummy_value()

    return types.none(array, place), generate


def _control(builder: Any, instruction: str, place: Any) -> None:
    """Store the control register to memory, or load it from there."""
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.sse.{instruction}")
    builder.call(function, [builder.bitcast(place, pointer)])


@intrinsic
def _flush(typing_context: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not denormals.X86:
            return ir.Constant(ir.IntType(32), 0)
        place = cgutils.alloca_once(builder, ir.IntType(32))
        _control(builder, "stmxcsr", place)
        before = builder.load(place)
        flushing = builder.or_(before, ir.Constant(ir.IntType(32), denormals.FLUSH))
        builder.store(flushing, place)
        _control(builder, "ldmxcsr", place)
        return before

    return types.uint32(), generate


@intrinsic
def _restore(typing_context: Any, before: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if denormals.X86:
            place = cgutils.alloca_once_value(builder, arguments[0])
            _control(builder, "ldmxcsr", place)
        return context.get_dummy_value()

    return types.void(types.uint32), generate


def _rounding_integers(operation: Callable[[Any, Any], Any]) -> Any:
    """The operation on two numbers, of which an integer beside a float32 becomes one as well."""

    def combined(left: Any, right: Any) -> Any:
        return operation(left, right)

    calculate = njit(**_INLINE)(operation)

    def typed(left: Any, right: Any) -> Any:
        if left == types.float32 and isinstance(right, types.Integer):
            return lambda left, right: calculate(left, np.float32(right))
        if right == types.float32 and isinstance(left, types.Integer):
            return lambda left, right: calculate(np.float32(left), right)
        return lambda left, right: calculate(left, right)

    # Numba compares whole signatures, and the implementations have no annotations.
    typed.__annotations__.clear()
    overload(combined, jit_options=_INLINE)(typed)
    return combined


@intrinsic
def _bits_of(typing_context: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


@intrinsic
def _number_of(typing_context: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


def _power(calculate: Any) -> Any:
    """``base**exponent``: products for an integer exponent, otherwise as ``calculate`` has it."""

    def raised(base, exponent):  # type: ignore[no-untyped-def]  # Numba compares signatures
        raise NotImplementedError

    def typed(base, exponent):  # type: ignore[no-untyped-def]
        form = _forms[calculate]
        if not isinstance(exponent, types.Float):
            return lambda base, exponent: base**exponent
        if exponent == types.float32 and base == types.float32:
            return lambda base, exponent: np.float32(form(base, exponent))
        return lambda base, exponent: form(base, exponent)

    overload(raised, jit_options=_INLINE)(typed)
    return raised


_forms: dict[Any, Any] = {
    parts.bits_of: _bits_of,
    parts.number_of: _number_of,
    power._nb_power: _power(power.power),
    power._nb_power_alone: _power(power.power_alone),
    support._nb_view: _view,
    support._nb_first_flag: _first_flag,
    support._nb_prefetch: _prefetch,
    denormals._nb_flush_denormals: _flush,
    denormals._nb_restore_denormals: _restore,
}
"""What Numba has in place of a function."""
for _operation in (
    support._nb_add,
    support._nb_subtract,
    support._nb_multiply,
    support._nb_divide,
):
    _forms[_operation] = _rounding_integers(_operation)


def _compile(module: ModuleType, options: Any) -> None:
    """Give the functions of a module, which call each other and those of modules before it."""
    names = dict(vars(module))
    for name, function in vars(module).items():
        if isinstance(function, FunctionType) and function.__module__ == module.__name__:
            own = FunctionType(function.__code__, names, name, function.__defaults__)
            _forms.setdefault(function, njit(**options)(own))
    names.update({name: _form(value) for name, value in names.items()})


def _form(value: Any) -> Any:
    return _forms.get(value, value) if isinstance(value, FunctionType) else value


_compile(cable, _APART)
for _module in (parts, exponential, logarithm, circular, power):
    # What calls it may be compiled with fast mathematics, which Numba would hand down.
    _compile(_module, {**_INLINE, "fastmath": False})
for _module in (random_numbers, support):
    _compile(_module, _INLINE)
__all__ = ["_nb_apart", "_nb_once", "njit", "prange"]
for _name in support.__all__:
    globals()[_name] = _form(getattr(support, _name))
    __all__ += [_name]
