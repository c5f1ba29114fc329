"""The processor's control register, which decides what becomes of denormal numbers.

A trace that decays without end passes through the denormal numbers, below 2.2e-308, on its way to
zero, and processors take tens of times longer for each operation on one.  While a program runs,
x86 processors are told to read and write zero instead; on others nothing is done.  The difference
is far below every rounding error.
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["_nb_flush_denormals", "_nb_restore_denormals"]

_X86 = platform.machine().lower() in ("x86_64", "amd64")
_FLUSH = 0x8040
"""Bits "flush to zero" and "denormals are zero" of the control register MXCSR."""


def _control(builder: Any, instruction: str, place: Any) -> None:
    """Store the control register to memory, or load it from there."""
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.sse.{instruction}")
    builder.call(function, [builder.bitcast(place, pointer)])


def _flush(typing_context: Any) -> Any:
    """Start flushing; returns what the control register was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not _X86:
            return ir.Constant(ir.IntType(32), 0)
        place = cgutils.alloca_once(builder, ir.IntType(32))
        _control(builder, "stmxcsr", place)
        before = builder.load(place)
        builder.store(builder.or_(before, ir.Constant(ir.IntType(32), _FLUSH)), place)
        _control(builder, "ldmxcsr", place)
        return before

    return types.uint32(), generate


def _restore(typing_context: Any, before: Any) -> Any:
    """Set the control register back."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _X86:
            place = cgutils.alloca_once_value(builder, arguments[0])
            _control(builder, "ldmxcsr", place)
        return context.get_dummy_value()

    return types.void(types.uint32), generate


_nb_flush_denormals: Any = intrinsic(_flush)
_nb_restore_denormals: Any = intrinsic(_restore)
