"""Operators on numbers: the instructions that Numba's operators come to."""

from __future__ import annotations

import ast

from . import library
from .assembly import Assembly
from .kinds import (
    BOOL,
    FLOAT64,
    INT64,
    NotInSubsetError,
    Number,
    Value,
    common,
    literal,
    operands,
    sixty_four,
)

__all__ = ["binary", "compare", "least", "power", "unary"]

_FLOAT = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_INTEGER = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}
_BITS = {ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor"}
_ORDER = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}


def binary(asm: Assembly, operator: ast.operator, left: Value, right: Value) -> Value:
    """The value of ``left operator right``."""
    if isinstance(operator, ast.Pow):
        return power(asm, left, right)
    if isinstance(operator, (ast.LShift, ast.RShift)):
        return _shift(asm, operator, left, right)
    if type(operator) in _BITS:
        return _bitwise(asm, operator, left, right)
    to_left, to_right, kind = operands(left.number, right.number)
    if isinstance(operator, ast.Div) and not kind.is_float:
        # From the integers of 64 bits, which may be unsigned.
        left, right = asm.cast(left, to_left), asm.cast(right, to_right)
        to_left = to_right = kind = FLOAT64
    a, b = asm.cast(left, to_left).operand, asm.cast(right, to_right).operand
    if type(operator) in _FLOAT and kind.is_float:
        return _of(kind, asm.result(f"{_FLOAT[type(operator)]} {kind.register} {a}, {b}"))
    if type(operator) in _INTEGER:
        # Numba promises that signed integers do not overflow, so that places in arrays are linear.
        promise = " nsw" if kind == INT64 else ""
        return _of(kind, asm.result(f"{_INTEGER[type(operator)]}{promise} i64 {a}, {b}"))
    if isinstance(operator, (ast.FloorDiv, ast.Mod)):
        if kind.is_float:
            return _divide_floats(asm, operator, kind, a, b)
        quotient, remainder = _divide_integers(asm, kind, a, b)
        return _of(kind, quotient if isinstance(operator, ast.FloorDiv) else remainder)
    raise NotInSubsetError(f"the operator {type(operator).__name__}")


def _of(kind: Number, operand: str) -> Value:
    return Value(kind, (operand,))


def _bitwise(asm: Assembly, operator: ast.operator, left: Value, right: Value) -> Value:
    if left.number.is_float or right.number.is_float:
        raise NotInSubsetError("bits of a floating-point number")
    if left.number == right.number == BOOL:
        to_left = to_right = kind = BOOL
    else:
        to_left, to_right, kind = operands(left.number, right.number)
    a, b = asm.cast(left, to_left).operand, asm.cast(right, to_right).operand
    return _of(kind, asm.result(f"{_BITS[type(operator)]} {kind.register} {a}, {b}"))


def _shift(asm: Assembly, operator: ast.operator, left: Value, right: Value) -> Value:
    if left.number.is_float or right.number.is_float:
        raise NotInSubsetError("a shift of a floating-point number")
    kind = sixty_four(left.number)
    a, b = asm.cast(left, kind).operand, asm.cast(right, sixty_four(right.number)).operand
    backward = "ashr" if kind == INT64 else "lshr"
    instruction = "shl" if isinstance(operator, ast.LShift) else backward
    return _of(kind, asm.result(f"{instruction} i64 {a}, {b}"))


def _divide_integers(asm: Assembly, kind: Number, a: str, b: str) -> tuple[str, str]:
    """Quotient rounded down, and remainder with the sign of the divisor; both 0 by 0."""
    void = asm.result(f"icmp eq i64 {b}, 0")
    if kind == INT64:
        least = asm.result(f"icmp eq i64 {a}, {-(2**63)}")
        minus = asm.result(f"icmp eq i64 {b}, -1")
        void = asm.result(f"or i1 {void}, {asm.result(f'and i1 {least}, {minus}')}")
    divisor = asm.select(void, "i64", "1", b)
    sign = "s" if kind == INT64 else "u"
    quotient = asm.result(f"{sign}div i64 {a}, {divisor}")
    remainder = asm.result(f"{sign}rem i64 {a}, {divisor}")
    if kind == INT64:
        left_over = asm.result(f"icmp ne i64 {remainder}, 0")
        differ = asm.result(f"icmp slt i64 {asm.result(f'xor i64 {divisor}, {remainder}')}, 0")
        down = asm.result(f"and i1 {left_over}, {differ}")
        less = asm.result(f"sub i64 {quotient}, 1")
        more = asm.result(f"add i64 {remainder}, {divisor}")
        quotient = asm.select(down, "i64", less, quotient)
        remainder = asm.select(down, "i64", more, remainder)
    return asm.select(void, "i64", "0", quotient), asm.select(void, "i64", "0", remainder)


def _divide_floats(asm: Assembly, operator: ast.operator, kind: Number, a: str, b: str) -> Value:
    """As Python's: the remainder is exact and has the sign of the divisor."""
    exact = _of(kind, asm.result(f"frem {kind.register} {a}, {b}"))
    x, divisor = _of(kind, a), _of(kind, b)
    zero, one = (_of(kind, literal(number, kind)) for number in (0, 1))
    if isinstance(operator, ast.Mod):
        return asm.inline(library.remainder, exact, divisor, zero)
    return asm.inline(library.floored, x, divisor, exact, one)


def power(asm: Assembly, base: Value, exponent: Value) -> Value:
    """The value of ``base ** exponent``: products for an integer exponent, else the C library."""
    if base.number == BOOL:
        raise NotInSubsetError("a power of a truth value")
    if exponent.number.is_float:
        kind = common(base.number, exponent.number)
        assert isinstance(kind, Number)
        a, b = asm.cast(base, kind).operand, asm.cast(exponent, kind).operand
        return _of(kind, asm.call(f"llvm.pow.f{kind.bits}", kind.register, a, b))
    if exponent.is_constant and exponent.number == INT64:
        return _fixed_power(asm, base, int(exponent.operand))
    if not base.number.is_float:
        raise NotInSubsetError("a power of integers whose exponent is not a constant")
    wide = asm.cast(exponent, sixty_four(exponent.number))
    kind = base.number
    return asm.cast(asm.inline(library.raised, base, wide, _of(kind, literal(1, kind))), kind)


def _fixed_power(asm: Assembly, base: Value, exponent: int) -> Value:
    kind = base.number if base.number.is_float else sixty_four(base.number)
    if base.number.sort == "u":
        kind = INT64  # the exponent is signed
    if abs(exponent) > library.LARGEST_POWER or (exponent < 0 and not kind.is_float):
        raise NotInSubsetError(f"the exponent {exponent}")
    multiply = "fmul" if kind.is_float else "mul"
    square, left = asm.cast(base, kind).operand, abs(exponent)
    product = literal(1, kind)
    while left:
        if left & 1:
            product = asm.result(f"{multiply} {kind.register} {product}, {square}")
        left >>= 1
        square = asm.result(f"{multiply} {kind.register} {square}, {square}")
    if exponent < 0:
        product = asm.result(f"fdiv {kind.register} {literal(1, kind)}, {product}")
    return _of(kind, product)


def unary(asm: Assembly, operator: ast.unaryop, value: Value) -> Value:
    """The value of an operator before a number."""
    kind = value.number
    if isinstance(operator, ast.Not):
        return _of(BOOL, asm.result(f"xor i1 {asm.truth(value)}, true"))
    if isinstance(operator, ast.Invert):
        if kind.is_float:
            raise NotInSubsetError("bits of a floating-point number")
        return _widened(asm, kind, asm.result(f"xor {kind.register} {value.operand}, -1"))
    if kind.is_float:
        plain = isinstance(operator, ast.UAdd)
        return value if plain else _of(kind, asm.result(f"fneg {kind.register} {value.operand}"))
    if kind == BOOL:
        value = asm.cast(value, INT64)
        kind = INT64
    if isinstance(operator, ast.UAdd):
        return asm.cast(value, sixty_four(kind))
    # Numba negates before it widens: an unsigned number keeps its width.
    return _widened(asm, kind, asm.result(f"sub {kind.register} 0, {value.operand}"))


def _widened(asm: Assembly, kind: Number, operand: str) -> Value:
    value = _of(kind, operand)
    return value if kind == BOOL else asm.cast(value, sixty_four(kind))


def compare(asm: Assembly, operator: ast.cmpop, left: Value, right: Value) -> str:
    """Whether ``left operator right``."""
    if type(operator) not in _ORDER:
        raise NotInSubsetError(f"the comparison {type(operator).__name__}")
    kind = common(left.number, right.number)
    assert isinstance(kind, Number)
    a, b = asm.cast(left, kind).operand, asm.cast(right, kind).operand
    order = _ORDER[type(operator)]
    if kind.is_float:
        order = ("u" if order == "ne" else "o") + order
        return asm.result(f"fcmp {order} {kind.register} {a}, {b}")
    if order not in ("eq", "ne"):
        order = ("s" if kind.sort == "i" else "u") + order
    return asm.result(f"icmp {order} {kind.register} {a}, {b}")


def least(asm: Assembly, values: list[Value], operator: ast.cmpop) -> Value:
    """``min`` or ``max`` as Python has it: what is not a number is passed over unless it is first.

    operator : compares a later value with the one kept so far; the later one is taken if it holds.
    """
    kept, *others = values
    for value in others:
        kind = common(kept.number, value.number)
        assert isinstance(kind, Number)
        kept, value = asm.cast(kept, kind), asm.cast(value, kind)
        take = compare(asm, operator, value, kept)
        kept = _of(kind, asm.select(take, kind.register, value.operand, kept.operand))
    return kept
