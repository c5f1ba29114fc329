"""Arrays: their elements, views of a part, and constants of the module."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from .assembly import Assembly
from .kinds import (
    BOOL,
    INT64,
    UINT64,
    Array,
    NotInSubsetError,
    Value,
    literal,
    number_of,
)

__all__ = ["element", "length", "part", "place", "set_element", "table", "view"]


def _array(value: Value) -> Array:
    if not isinstance(value.kind, Array):
        raise NotInSubsetError(f"an array is needed where there is {value.kind}")
    return value.kind


def length(array: Value) -> Value:
    """The number of elements."""
    _array(array)
    return Value(INT64, (array.operands[1],))


def place(asm: Assembly, array: Value, index: Value) -> str:
    """The address of an element."""
    kind, (address, size) = _array(array), array.operands
    offset = _offset(asm, index, size)
    return asm.result(f"getelementptr inbounds {kind.element.memory}, ptr {address}, i64 {offset}")


def _offset(asm: Assembly, index: Value, size: str) -> str:
    """An index as an offset: a negative one counts from the end, an unsigned one never is."""
    sort = index.number.sort
    if sort not in "iu":
        raise NotInSubsetError(f"an index of type {index.number.name}")
    offset = asm.cast(index, INT64 if sort == "i" else UINT64).operand
    if sort == "u" or (index.is_constant and int(offset) >= 0):
        return offset
    from_end = asm.result(f"add i64 {offset}, {size}")
    return asm.select(asm.result(f"icmp slt i64 {offset}, 0"), "i64", from_end, offset)


def element(asm: Assembly, array: Value, address: str) -> Value:
    """The element at an address."""
    kind = _array(array).element
    loaded = asm.result(f"load {kind.memory}, ptr {address}")
    if kind == BOOL:
        loaded = asm.result(f"icmp ne i8 {loaded}, 0")
    return Value(kind, (loaded,))


def set_element(asm: Assembly, array: Value, address: str, value: Value) -> None:
    """Store a number as an element at an address."""
    kind = _array(array).element
    stored = asm.cast(value, kind).operand
    if kind == BOOL:
        stored = asm.result(f"zext i1 {stored} to i8")
    asm.do(f"store {kind.memory} {stored}, ptr {address}")


def part(asm: Assembly, array: Value, start: Value | None, stop: Value | None) -> Value:
    """The view ``array[start:stop]``, whose ends are brought into the array, as Numba does.

    Where it begins is hidden from LLVM.  It would see the beginnings of successive rows as places
    that go through the whole array, and before a loop over several rows at once test for overlap
    of all that each will ever go through, which is always found; and no loop would be vectorised.
    """
    kind, (address, size) = _array(array), array.operands
    low = _bound(asm, start, size) if start is not None else "0"
    high = _bound(asm, stop, size) if stop is not None else size
    high = asm.select(asm.result(f"icmp sgt i64 {high}, {size}"), "i64", size, high)
    number = asm.result(f"sub i64 {high}, {low}")
    none = asm.result(f"icmp sle i64 {number}, 0")
    low = asm.result(f'call i64 asm "", "=r,0"(i64 {low})')
    begin = asm.result(f"getelementptr inbounds {kind.element.memory}, ptr {address}, i64 {low}")
    return Value(kind, (begin, asm.select(none, "i64", "0", number)))


def _bound(asm: Assembly, index: Value, size: str) -> str:
    """An end that is not before the array; the view is empty if it begins behind it."""
    if index.number.sort not in "iu":
        raise NotInSubsetError(f"an index of type {index.number.name}")
    bound = asm.cast(index, INT64).operand
    from_end = asm.result(f"add i64 {bound}, {size}")
    bound = asm.select(asm.result(f"icmp slt i64 {bound}, 0"), "i64", from_end, bound)
    return asm.select(asm.result(f"icmp slt i64 {bound}, 0"), "i64", "0", bound)


def view(asm: Assembly, address: Value, number: Value, dtype: Any) -> Value:
    """The array of ``number`` elements at an address held in an integer."""
    pointer = asm.result(f"inttoptr i64 {asm.cast(address, UINT64).operand} to ptr")
    return Value(Array(number_of(dtype)), (pointer, asm.cast(number, INT64).operand))


def table(asm: Assembly, values: Any) -> Value:
    """An array that never changes, as part of the module."""
    array = np.ascontiguousarray(values)
    if array.ndim != 1:
        raise NotInSubsetError("a constant array of several dimensions")
    kind = number_of(array.dtype)
    name = f"@table_{sha256(array.tobytes() + kind.name.encode()).hexdigest()[:16]}"
    numbers = ", ".join(f"{kind.memory} {literal(value, kind)}" for value in array.tolist())
    asm.declare(
        f"{name} = private unnamed_addr constant [{len(array)} x {kind.memory}] [{numbers}]"
    )
    return Value(Array(kind), (name, str(len(array))))
