"""Types of the subset, and which type an operation has: Numba's rules.

A value of any type is a number of parts, each held by LLVM in one register: a number is one, an
array is its address and its length, a tuple is what its elements are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "BOOL",
    "FLOAT32",
    "FLOAT64",
    "GENERATOR",
    "INT8",
    "INT32",
    "INT64",
    "UINT64",
    "Array",
    "Generator",
    "Kind",
    "NotInSubsetError",
    "Number",
    "Tuple",
    "Value",
    "common",
    "constant",
    "number_of",
    "operands",
    "sixty_four",
]


class NotInSubsetError(Exception):
    """The compiler does not know a construct: Numba compiles the text instead."""


@dataclass(frozen=True)
class Number:
    """A number or truth value; ``sort`` is one of f (float), i (signed), u (unsigned), b (bool)."""

    name: str
    sort: str
    bits: int

    @property
    def parts(self) -> tuple[str, ...]:
        """LLVM types of the registers that hold a value."""
        return (self.register,)

    @property
    def register(self) -> str:
        """LLVM type of a value."""
        if self.sort == "f":
            return "double" if self.bits == 64 else "float"
        return "i1" if self.sort == "b" else f"i{self.bits}"

    @property
    def memory(self) -> str:
        """LLVM type of an element of an array."""
        return "i8" if self.sort == "b" else self.register

    @property
    def is_float(self) -> bool:
        """Whether it is a floating-point number."""
        return self.sort == "f"


BOOL = Number("bool", "b", 8)
INT8, INT16, INT32, INT64 = (Number(f"int{bits}", "i", bits) for bits in (8, 16, 32, 64))
UINT8, UINT32, UINT64 = (Number(f"uint{bits}", "u", bits) for bits in (8, 32, 64))
FLOAT32, FLOAT64 = Number("float32", "f", 32), Number("float64", "f", 64)
NUMBERS = {
    number.name: number
    for number in (BOOL, INT8, INT16, INT32, INT64, UINT8, UINT32, UINT64, FLOAT32, FLOAT64)
}


@dataclass(frozen=True)
class Array:
    """Numbers in contiguous memory."""

    element: Number
    parts = ("ptr", "i64")


@dataclass(frozen=True)
class Tuple:
    """Values of any types."""

    elements: tuple[Kind, ...]

    def __len__(self) -> int:
        return len(self.elements)

    @property
    def parts(self) -> tuple[str, ...]:
        """Those of all elements."""
        return tuple(part for element in self.elements for part in element.parts)


@dataclass(frozen=True)
class Generator:
    """A random generator of NumPy's: the address of its ``bitgen_t``."""

    parts = ("ptr",)


GENERATOR = Generator()

Kind = Number | Array | Tuple | Generator


@dataclass(frozen=True)
class Value:
    """A value of the text: its type and the LLVM operands of its parts."""

    kind: Kind
    operands: tuple[str, ...]

    @property
    def operand(self) -> str:
        """The operand of a value of one part."""
        (operand,) = self.operands
        return operand

    @property
    def number(self) -> Number:
        """The type of a number."""
        if not isinstance(self.kind, Number):
            raise NotInSubsetError(f"a number is needed where there is {self.kind}")
        return self.kind

    @property
    def is_constant(self) -> bool:
        """Whether it is a number that is written in the text."""
        return isinstance(self.kind, Number) and not self.operand.startswith("%")


def number_of(dtype: Any) -> Number:
    """The type of elements of a NumPy array."""
    name = np.dtype(dtype).name
    if name not in NUMBERS:
        raise NotInSubsetError(f"elements of type {name}")
    return NUMBERS[name]


def constant(value: Any) -> Value:
    """A number of Python's or NumPy's, with the type that Numba gives it."""
    if isinstance(value, (bool, np.bool_)):
        return Value(BOOL, ("true" if value else "false",))
    if isinstance(value, np.generic):
        kind = number_of(value.dtype)
    elif isinstance(value, float):
        kind = FLOAT64
    elif isinstance(value, int) and -(2**63) <= value < 2**64:
        kind = INT64 if value < 2**63 else UINT64
    else:
        raise NotInSubsetError(f"the constant {value!r}")
    return Value(kind, (literal(value, kind),))


def literal(value: Any, kind: Number) -> str:
    """How LLVM writes a number; bits decide, so that nothing is lost."""
    if kind.is_float:
        # LLVM writes both widths as the bits of a double.
        return f"0x{int(np.float64(np.dtype(kind.name).type(value)).view(np.uint64)):016X}"
    return str(int(value) - 2**64 if int(value) >= 2**63 else int(value))


def common(left: Kind, right: Kind) -> Kind:
    """The type of a variable that is one or the other, and of numbers that are compared."""
    if left == right:
        return left
    if isinstance(left, Tuple) and isinstance(right, Tuple) and len(left) == len(right):
        return Tuple(tuple(map(common, left.elements, right.elements)))
    if not isinstance(left, Number) or not isinstance(right, Number):
        raise NotInSubsetError(f"one name for {left} and {right}")
    if left.is_float or right.is_float:
        return _common_float(left, right)
    if "b" in (left.sort, right.sort):
        return right if left.sort == "b" else left
    if left.sort == right.sort:
        return max(left, right, key=lambda number: number.bits)
    signed, unsigned = (left, right) if left.sort == "i" else (right, left)
    if signed.bits > unsigned.bits:
        return signed
    return FLOAT64 if unsigned.bits == 64 else NUMBERS[f"int{2 * unsigned.bits}"]


def _common_float(left: Number, right: Number) -> Number:
    """Numbers of up to 16 bits do not widen a float of 32 bits; all others do."""
    narrow = all(n == FLOAT32 or (not n.is_float and n.bits <= 16) for n in (left, right))
    return FLOAT32 if narrow else FLOAT64


def sixty_four(number: Number) -> Number:
    """What an integer becomes before it is calculated with."""
    return UINT64 if number.sort == "u" else INT64


def operands(left: Number, right: Number) -> tuple[Number, Number, Number]:
    """What two numbers become before they are added or multiplied, and the type of the result."""
    if left.is_float or right.is_float:
        both = _common_float(left, right)
        return both, both, both
    wide = sixty_four(left), sixty_four(right)
    return (*wide, UINT64 if wide == (UINT64, UINT64) else INT64)
