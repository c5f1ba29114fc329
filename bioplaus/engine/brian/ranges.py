"""Where integers of an expression may leave their 64 bits: told from the ranges of what is in it.

Integers of a kernel are calculated in 64 bits.  What an expression can reach is known from the
types of its variables: a product of two integers of 32 bits always fits, one of three may not.
Only where it may not are there lines that look, before it is calculated, and leave the kernel.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from brian2.core.functions import DEFAULT_FUNCTIONS, Function

from .overflow import beyond

__all__ = ["Checks", "Ranges"]

Range = tuple[int, int]

_LARGEST = 2**63 - 1
_ANY: Range = (-_LARGEST, _LARGEST)
_TRUTH: Range = (0, 1)
_SHORT: Range = (-(2**31), 2**31 - 1)
_FITS = "abs({}) < 9223372036854771712.0"
"""In floats, whose rounding is less than the 4096 that are missing here."""
_ROUNDED = {
    id(DEFAULT_FUNCTIONS["int"]): "-2147483649.0 < {} < 2147483648.0",
    id(DEFAULT_FUNCTIONS["floor"]): "-2147483648.0 <= {} < 2147483648.0",
    id(DEFAULT_FUNCTIONS["ceil"]): "-2147483649.0 < {} <= 2147483647.0",
}
"""What fits into the 32 bits of what these functions return."""
_ABS = id(DEFAULT_FUNCTIONS["abs"])
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Pow: "**"}


class Ranges:
    """The least and largest number that integer expressions of a code object can be."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.known: dict[str, Range | None] = {}

    def read(self, name: str) -> None:
        """A variable has what its array holds."""
        self.known[name] = _of_type(self.variables[name])

    def assign(self, name: str, value: Range | None, new: bool) -> None:
        """A name has another value, in some of the cases at least; new : in all of them."""
        before = value if new else self.of(ast.Name(name, ast.Load()))
        known = value is not None and before is not None
        self.known[name] = _hull(*value, *before) if known else None  # type: ignore[misc]

    def of(self, node: ast.expr) -> Range | None:
        """The range of an expression, cut where it is checked; None if it is no integer."""
        match node:
            case ast.Constant(value=bool()) | ast.Compare() | ast.BoolOp():
                return _TRUTH
            case ast.UnaryOp(op=ast.Not()):
                return _TRUTH
            case ast.Constant(value=int() as value):
                return value, value
            case ast.Name(id=name):
                return self.known[name] if name in self.known else self._of_variable(name)
            case ast.Call(func=ast.Name(id=name)):
                return self._of_call(self.variables.get(name), [self.of(a) for a in node.args])
        found = self.uncut(node)
        return None if found is None else (max(found[0], -_LARGEST), min(found[1], _LARGEST))

    def uncut(self, node: ast.expr) -> Range | None:
        """The range that an operation would have in integers without end."""
        match node:
            case ast.UnaryOp(operand=operand):
                inner = self.of(operand)
                minus = inner is not None and isinstance(node.op, ast.USub)
                return (-inner[1], -inner[0]) if inner is not None and minus else inner
            case ast.BinOp(left=left, right=right):
                one, other = self.of(left), self.of(right)
                return None if one is None or other is None else _combined(node.op, one, other)
        return None

    def _of_variable(self, name: str) -> Range | None:
        variable = self.variables.get(name)
        return None if variable is None else _of_type(variable)

    def _of_call(self, function: Any, given: list[Range | None]) -> Range | None:
        kind = function._return_type if isinstance(function, Function) else "float"
        if kind == "boolean":
            return _TRUTH
        if id(function) in _ROUNDED:
            return _cut(given[0]) if given[0] is not None else _SHORT
        if kind == "integer":
            return _ANY
        if kind != "highest" or any(each is None for each in given):
            return None
        ends = [end for each in given if each is not None for end in each]
        return _hull(*ends, *(-end for end in ends), -1, 1)


class Checks:
    """An expression in which what may not fit has names, and the lines that look before.

    changed : whether it is not what it was.
    """

    def __init__(self, ranges: Ranges, render: Callable[[ast.expr], str], index: str) -> None:
        self._ranges, self._render, self._index = ranges, render, index
        self.lines: list[str] = []
        self.changed = False

    def expression(self, node: ast.expr) -> ast.expr:
        """The expression with checks of its parts, which come first."""
        match node:
            case ast.UnaryOp():
                inner = self.expression(node.operand)
                checked: Any = ast.UnaryOp(node.op, inner)
                if isinstance(node.op, ast.USub) and self._is_signed(inner):
                    checked = self._long(inner, ast.Sub())
            case ast.BinOp():
                checked = ast.BinOp(
                    self.expression(node.left), node.op, self.expression(node.right)
                )
                found = self._ranges.uncut(checked)
                if found is not None and not -_LARGEST <= found[0] <= found[1] <= _LARGEST:
                    checked = self._operation(checked, ast.unparse(node))
            case ast.BoolOp():
                checked = ast.BoolOp(node.op, [self.expression(value) for value in node.values])
            case ast.Compare():
                others = [self.expression(other) for other in node.comparators]
                checked = ast.Compare(self.expression(node.left), node.ops, others)
            case ast.Call(func=ast.Name(id=name)):
                checked = ast.Call(node.func, [self.expression(a) for a in node.args], [])
                if id(self._ranges.variables.get(name)) == _ABS and self._is_signed(
                    checked.args[0]
                ):
                    checked.args = [self._long(checked.args[0], ast.Add())]
                fits = _ROUNDED.get(id(self._ranges.variables.get(name)))
                given = self._ranges.of(checked.args[0]) if fits is not None else _SHORT
                if fits is not None and (given is None or given != _cut(given)):
                    checked = ast.Call(node.func, [self._named(checked.args[0])], [])
                    fits = fits.format(self._render(checked.args[0]))
                    self._look(fits, ast.unparse(node), "32 bits")
            case _:
                checked = node
        return checked

    def _operation(self, node: ast.BinOp, title: str) -> ast.BinOp:
        left, right = self._named(node.left), self._named(node.right)
        one, other = (f"_nb_np.float64({self._render(each)})" for each in (left, right))
        least = self._ranges.of(right)
        if isinstance(node.op, ast.Pow) and least is not None and least[0] < 0:
            self._look(f"{self._render(right)} >= 0", title, "whole numbers")
        self._look(_FITS.format(f"{one} {_SIGNS[type(node.op)]} {other}"), title, "64 bits")
        return ast.BinOp(left, node.op, right)

    def _is_signed(self, node: ast.expr) -> bool:
        found = self._ranges.of(node)
        return found is not None and found[0] < 0 and not isinstance(node, ast.Constant)

    def _long(self, node: ast.expr, operation: ast.operator) -> ast.expr:
        """An integer or its negative in 64 bits: the least of fewer has none."""
        self.changed = True
        return ast.BinOp(ast.Constant(0), operation, node)

    def _named(self, node: ast.expr) -> ast.expr:
        """A name for an expression, which is calculated once."""
        if isinstance(node, (ast.Name, ast.Constant)):
            return node
        name = f"_checked_{len(self._ranges.known)}"
        self._ranges.known[name] = self._ranges.of(node)
        self.lines.append(f"{name} = {self._render(node)}")
        return ast.Name(name, ast.Load())

    def _look(self, condition: str, title: str, room: str) -> None:
        self.changed = True
        self.lines += beyond(condition, title, room, self._index)


def _of_type(variable: Any) -> Range | None:
    """The range of a variable; integers of 64 bits without sign are calculated as floats."""
    dtype = np.dtype(variable.dtype)
    if dtype.kind == "b":
        return _TRUTH
    if dtype.kind not in "iu" or dtype == np.uint64:
        return None
    if getattr(variable, "value", None) is not None and np.ndim(variable.value) == 0:
        return _SHORT if _hull(*_SHORT, int(variable.value)) == _SHORT else _ANY
    kind = np.iinfo(dtype)
    return max(kind.min, -_LARGEST), kind.max


def _combined(operation: ast.operator, one: Range, other: Range) -> Range | None:
    largest = max(abs(end) for end in one)
    match operation:
        case ast.Add():
            return one[0] + other[0], one[1] + other[1]
        case ast.Sub():
            return one[0] - other[1], one[1] - other[0]
        case ast.Mult():
            return _hull(*(a * b for a in one for b in other))
        case ast.FloorDiv():
            return -largest, largest
        case ast.Mod():
            divisor = max(abs(end) for end in other)
            return (0, divisor) if other[0] >= 0 else (-divisor, divisor)
        case ast.Pow():
            power = largest ** min(other[1], 64) if other[0] >= 0 else 2 * _LARGEST
            return (0 if other[0] == other[1] and other[0] % 2 == 0 else -power), power
    return None


def _hull(*numbers: int) -> Range:
    return min(numbers), max(numbers)


def _cut(found: Range) -> Range:
    return max(found[0], _SHORT[0]), min(found[1], _SHORT[1])
