"""Writing LLVM's intermediate language: registers, blocks, memory, conversions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .kinds import BOOL, Kind, NotInSubsetError, Number, Tuple, Value, literal

__all__ = ["Assembly", "Merge"]

Merge = tuple[str, Value]
"""The label of a block that ends with a value, and that value."""


class Assembly:
    """The body of one function, as it grows.

    reached : whether control can come to the place that is written next.
    declarations : functions and constants that it refers to; shared by all functions of a module.
    """

    def __init__(self, declarations: dict[str, None]) -> None:
        self.declarations = declarations
        self.lines: list[str] = []
        self.memory: list[str] = []
        self.reached = True
        self._count = 0

    def new(self, name: str) -> str:
        """A name that no other register or label of the function has."""
        self._count += 1
        return f"{name}.{self._count}"

    def do(self, instruction: str) -> None:
        """An instruction without a result."""
        self.lines.append("  " + instruction)

    def result(self, instruction: str) -> str:
        """The register that holds the result of an instruction."""
        self._count += 1
        register = f"%r.{self._count}"
        self.lines.append(f"  {register} = {instruction}")
        return register

    def label(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")
        self.reached = True

    def jump(self, label: str) -> None:
        """End a block."""
        self.do(f"br label %{label}")
        self.reached = False

    def branch(self, condition: str, yes: str, no: str) -> None:
        """End a block in one of two ways."""
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")
        self.reached = False

    def select(self, condition: str, kind: str, yes: str, no: str) -> str:
        """One of two values, both of which have been calculated."""
        return self.result(f"select i1 {condition}, {kind} {yes}, {kind} {no}")

    def declare(self, declaration: str) -> None:
        """Make a function or constant known to the module."""
        self.declarations[declaration] = None

    def call(self, symbol: str, kind: str, *arguments: str, pure: bool = True) -> str:
        """Call a function of the C library or one that LLVM knows; all is of one type.

        pure : whether the result depends on nothing else, and nothing else happens.
        """
        attributes = " nounwind willreturn memory(none)" if pure and "llvm" not in symbol else ""
        self.declare(f"declare {kind} @{symbol}({', '.join([kind] * len(arguments))}){attributes}")
        passed = ", ".join(f"{kind} {argument}" for argument in arguments)
        return self.result(f"call {kind} @{symbol}({passed})")

    def inline(self, function: Any, *arguments: Value) -> Value:
        """Call a Python function, which is compiled into this one."""
        raise NotImplementedError

    def slot(self, kind: Kind) -> tuple[str, ...]:
        """Memory of the function for a value; zero at first, as Numba has it."""
        addresses = tuple(f"%{self.new('m')}" for _ in kind.parts)
        for address, part in zip(addresses, kind.parts):
            self.memory += [
                f"  {address} = alloca {part}",
                f"  store {part} zeroinitializer, ptr {address}",
            ]
        return addresses

    def load(self, kind: Kind, slot: Sequence[str]) -> Value:
        """The value in a slot."""
        loaded = (self.result(f"load {p}, ptr {s}") for p, s in zip(kind.parts, slot))
        return Value(kind, tuple(loaded))

    def store(self, value: Value, slot: Sequence[str]) -> None:
        """Put a value into a slot of its type."""
        for part, operand, address in zip(value.kind.parts, value.operands, slot):
            self.do(f"store {part} {operand}, ptr {address}")

    def merged(self, ways: Sequence[Merge], kind: Kind, label: str) -> Value:
        """The value that is ready at ``label``, whichever way control comes there."""
        slot = self.slot(kind)
        for way, value in ways:
            self.label(way)
            self.store(self.cast(value, kind), slot)
            self.jump(label)
        self.label(label)
        return self.load(kind, slot)

    def cast(self, value: Value, kind: Kind) -> Value:
        """The value as another type."""
        if value.kind == kind:
            return value
        if isinstance(kind, Tuple):
            parts = (self.cast(v, k) for v, k in zip(elements(value), kind.elements))
            return Value(kind, tuple(operand for part in parts for operand in part.operands))
        if not isinstance(kind, Number):
            raise NotInSubsetError(f"{value.kind} as {kind}")
        return Value(kind, (self._number(value.operand, value.number, kind),))

    def _number(self, operand: str, old: Number, new: Number) -> str:
        if new == BOOL:
            return self._truth(operand, old)
        if old.is_float:
            if new.is_float:
                change = "fpext" if new.bits > old.bits else "fptrunc"
            else:
                change = "fptosi" if new.sort == "i" else "fptoui"
        elif new.is_float:
            if operand.lstrip("-").isdigit():
                value = int(operand) + 2**64 * (old.sort == "u" and operand.startswith("-"))
                return literal(value, new)
            change = "sitofp" if old.sort == "i" else "uitofp"
        elif old == BOOL:
            change = "zext"
        elif old.bits == new.bits or (operand.lstrip("-").isdigit() and new.bits > old.bits):
            return operand
        elif new.bits < old.bits:
            change = "trunc"
        else:
            change = "sext" if old.sort == "i" else "zext"
        return self.result(f"{change} {old.register} {operand} to {new.register}")

    def _truth(self, operand: str, kind: Number) -> str:
        if kind.is_float:  # what is not a number is true
            return self.result(f"fcmp une {kind.register} {operand}, 0.0")
        return self.result(f"icmp ne {kind.register} {operand}, 0")

    def truth(self, value: Value) -> str:
        """Whether a number is not zero."""
        return self.cast(value, BOOL).operand


def elements(value: Value) -> list[Value]:
    """The elements of a tuple."""
    if not isinstance(value.kind, Tuple):
        raise NotInSubsetError(f"{value.kind} is not a tuple")
    found, start = [], 0
    for kind in value.kind.elements:
        found.append(Value(kind, value.operands[start : start + len(kind.parts)]))
        start += len(kind.parts)
    return found
