"""Operators on numbers: the instructions that Numba's operators come to."""

from __future__ import annotations

import ast

from .assembly import Assembly
from .kinds import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT32,
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
_LARGEST_POWER = 0x10000
"""Beyond this exponent Numba calls the function of the C library instead of multiplying."""


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
        divide = _divide_floats if kind.is_float else _divide_integers
        quotient, remainder = divide(asm, kind, a, b)
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


def _divide_floats(asm: Assembly, kind: Number, a: str, b: str) -> tuple[str, str]:
    """As Python's: the remainder is exact and has the sign of the divisor."""
    t = kind.register
    exact = asm.result(f"frem {t} {a}, {b}")
    quotient = asm.result(f"fdiv {t} {asm.result(f'fsub {t} {a}, {exact}')}, {b}")
    some = asm.result(f"fcmp une {t} {exact}, 0.0")
    below = asm.result(f"fcmp olt {t} {b}, 0.0")
    differ = asm.result(f"xor i1 {below}, {asm.result(f'fcmp olt {t} {exact}, 0.0')}")
    down = asm.result(f"and i1 {some}, {differ}")
    quotient = asm.select(down, t, asm.result(f"fsub {t} {quotient}, 1.0"), quotient)
    remainder = asm.select(down, t, asm.result(f"fadd {t} {exact}, {b}"), exact)
    remainder = asm.select(some, t, remainder, asm.select(below, t, "-0.0", "0.0"))
    # The quotient is nearly an integer: the nearest one, or a zero of its own sign.
    floor = asm.call(f"llvm.floor.f{kind.bits}", t, quotient)
    beyond = asm.result(f"fcmp ogt {t} {asm.result(f'fsub {t} {quotient}, {floor}')}, 0.5")
    nearest = asm.select(beyond, t, asm.result(f"fadd {t} {floor}, 1.0"), floor)
    square = asm.result(f"fmul {t} {quotient}, {quotient}")
    zero = asm.result(f"fdiv {t} {asm.result(f'fmul {t} {square}, {a}')}, {b}")
    quotient = asm.select(asm.result(f"fcmp one {t} {quotient}, 0.0"), t, nearest, zero)
    by_zero = asm.result(f"fcmp oeq {t} {b}, 0.0")
    return (
        asm.select(by_zero, t, asm.result(f"fdiv {t} {a}, {b}"), quotient),
        asm.select(by_zero, t, asm.result(f"frem {t} {a}, {b}"), remainder),
    )


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
    return _power_of_float(asm, base, exponent)


def _fixed_power(asm: Assembly, base: Value, exponent: int) -> Value:
    kind = base.number if base.number.is_float else sixty_four(base.number)
    if base.number.sort == "u":
        kind = INT64  # the exponent is signed
    if abs(exponent) > _LARGEST_POWER or (exponent < 0 and not kind.is_float):
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


def _power_of_float(asm: Assembly, base: Value, exponent: Value) -> Value:
    """The same products for an exponent that is known at run time only."""
    kind, t = base.number, base.number.register
    wide = asm.cast(exponent, sixty_four(exponent.number))
    negative, size = "false", wide.operand
    if wide.kind == INT64:
        negative = asm.result(f"icmp slt i64 {size}, 0")
        size = asm.select(negative, "i64", asm.result(f"sub i64 0, {size}"), size)
    large, small, done = (asm.new(name) for name in ("large", "small", "done"))
    asm.branch(asm.result(f"icmp ugt i64 {size}, {_LARGEST_POWER}"), large, small)
    asm.label(large)
    as_float = asm.cast(_of(wide.number, size), kind).operand
    by_library = _of(kind, asm.call(f"llvm.pow.f{kind.bits}", t, base.operand, as_float))
    asm.jump(large_end := asm.new("large"))
    asm.label(small)
    product, square, left = asm.slot(kind), asm.slot(kind), asm.slot(INT64)
    asm.store(_of(kind, literal(1, kind)), product)
    asm.store(base, square)
    asm.store(_of(INT64, size), left)
    _multiply_while_left(asm, kind, product[0], square[0], left[0])
    by_products = asm.load(kind, product)
    asm.jump(small_end := asm.new("small"))
    result = asm.merged([(large_end, by_library), (small_end, by_products)], kind, done).operand
    inverse = asm.result(f"fdiv {t} {literal(1, kind)}, {result}")
    # As Numba has it, a large exponent leaves the sign to the library.
    huge = asm.result(f"icmp ugt i64 {size}, {_LARGEST_POWER}")
    invert = asm.result(f"and i1 {negative}, {asm.result(f'xor i1 {huge}, true')}")
    return _of(kind, asm.select(invert, t, inverse, result))


def _multiply_while_left(
    asm: Assembly, kind: Number, product: str, square: str, left: str
) -> None:
    t = kind.register
    head, odd, body, end = (asm.new(name) for name in ("power", "odd", "even", "end"))
    asm.jump(head)
    asm.label(head)
    bits = asm.result(f"load i64, ptr {left}")
    more = asm.new("more")
    asm.branch(asm.result(f"icmp ne i64 {bits}, 0"), more, end)
    asm.label(more)
    now = asm.result(f"load {t}, ptr {square}")
    lowest = asm.result(f"trunc i64 {bits} to i1")
    asm.branch(lowest, odd, body)
    asm.label(odd)
    before = asm.result(f"load {t}, ptr {product}")
    asm.do(f"store {t} {asm.result(f'fmul {t} {before}, {now}')}, ptr {product}")
    asm.jump(body)
    asm.label(body)
    asm.do(f"store i64 {asm.result(f'lshr i64 {bits}, 1')}, ptr {left}")
    asm.do(f"store {t} {asm.result(f'fmul {t} {now}, {now}')}, ptr {square}")
    asm.jump(head)
    asm.label(end)


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
