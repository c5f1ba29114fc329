"""Instructions of the processor that Python has no word for."""

from __future__ import annotations

from ..machine import denormals
from . import arrays
from .assembly import Assembly
from .kinds import INT32, INT64, UINT64, Number, Value

__all__ = ["first_flag", "flush_denormals", "prefetch", "reinterpreted", "restore_denormals"]


def reinterpreted(old: Number, new: Number, asm: Assembly, value: Value) -> Value:
    """The number of another type that has the same bits."""
    operand = asm.cast(value, old).operand
    return Value(new, (asm.result(f"bitcast {old.register} {operand} to {new.register}"),))


def first_flag(asm: Assembly, word: Value) -> Value:
    """The place of the first byte of a word that is not zero."""
    asm.declare("declare i64 @llvm.cttz.i64(i64, i1)")
    bits = asm.cast(word, UINT64).operand
    zeros = asm.result(f"call i64 @llvm.cttz.i64(i64 {bits}, i1 true)")
    return Value(INT64, (asm.result(f"lshr i64 {zeros}, 3"),))


def prefetch(asm: Assembly, array: Value, index: Value) -> None:
    """Have an element brought near, which is going to be written to."""
    address = arrays.place(asm, array, index)
    asm.declare("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
    asm.do(f"call void @llvm.prefetch.p0(ptr {address}, i32 1, i32 3, i32 1)")


def _control_register(asm: Assembly, instruction: str, address: str) -> None:
    asm.declare(f"declare void @llvm.x86.sse.{instruction}(ptr)")
    asm.do(f"call void @llvm.x86.sse.{instruction}(ptr {address})")


def flush_denormals(asm: Assembly) -> Value:
    """Make numbers zero that are too small for full precision; what was set before."""
    if not denormals.X86:
        return Value(INT32, ("0",))
    (address,) = asm.slot(INT32)
    _control_register(asm, "stmxcsr", address)
    before = asm.load(INT32, (address,))
    flushed = asm.result(f"or i32 {before.operand}, {denormals.FLUSH}")
    asm.store(Value(INT32, (flushed,)), (address,))
    _control_register(asm, "ldmxcsr", address)
    return before


def restore_denormals(asm: Assembly, before: Value) -> None:
    """Undo `flush_denormals`."""
    if denormals.X86:
        address = asm.slot(INT32)
        asm.store(before, address)
        _control_register(asm, "ldmxcsr", address[0])
