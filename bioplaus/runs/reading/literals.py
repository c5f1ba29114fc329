"""Values that stand in a script as they are, and text that is read to replace one of them."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bioplaus.errors import UserError
from bioplaus.units import SYMBOLS, UNITS, Amount, dimensions, measured_in, number

__all__ = ["OPERATORS", "NotLiteral", "ScriptError", "brian_unit", "check_like", "evaluate", "like"]

Names = Callable[[str], Any]
"""From a name as it is written (``ms``, ``b2.ms``) to its value; KeyError for any other name."""

OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_HIGHEST_POWER = 100  # of whole numbers, which would otherwise be worked out to the last digit
_NUMBER_AND_UNIT = re.compile(
    r"\s*((?>[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))\s*([A-Za-z].*)"
)
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class ScriptError(UserError, ValueError):
    """Something about a script, or about a value set in it, that its user can change."""


class NotLiteral(ValueError):
    """An expression that only running the script can evaluate."""


def evaluate(node: ast.expr, names: Names, functions: Names | None = None) -> Any:
    """The value of an expression of numbers, text, units, tuples and lists.

    Parameters
    ----------
    names
        What names, attributes and items stand for.
    functions
        What may be called; by default ``Path`` alone.

    Raises
    ------
    NotLiteral
        For any other expression.
    """

    def operand_of(part: ast.expr) -> Any:
        value = of(part)
        if isinstance(value, (bool, str, list, tuple, Path)) or value is None:
            raise NotLiteral(f"{value!r} is not a number")
        return value

    def of(node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return names(ast.unparse(node))
            case ast.Tuple() | ast.List():
                values = [of(element) for element in node.elts]
                return tuple(values) if isinstance(node, ast.Tuple) else values
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                return -operand_of(operand) if isinstance(sign, ast.USub) else operand_of(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return _operate(op, operand_of(left), operand_of(right))
            case ast.Call(func=called, args=arguments, keywords=[]):
                function = (functions or _PATH.__getitem__)(ast.unparse(called))
                return function(*map(of, arguments))
        raise NotLiteral(f"{ast.unparse(node)} is not a plain value")

    try:
        return of(node)
    except KeyError as error:
        raise NotLiteral(f"{error.args[0]} is not known before it runs") from None
    except (ArithmeticError, TypeError, ValueError) as error:
        raise NotLiteral(str(error)) from None


_PATH = {"Path": Path, "pathlib.Path": Path}


def _operate(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Pow) and isinstance(left, int) and abs(right) > _HIGHEST_POWER:
        raise NotLiteral("a power too high to work out")
    return OPERATORS[type(op)](left, right)


# Text that replaces a value


def check_like(before: Any, text: str, name: str, written: str = "") -> Any:
    """Read text as a value of the kind and dimension of ``before``, without importing Brian2.

    Returns the value, with :class:`Amount` where it has a unit.  ``written`` is how the value
    before stands in the script.

    Raises
    ------
    ScriptError
        For a value of another kind or dimension; the message says what would be right.
    """
    return _read(before, text, name, written, lambda unit: UNITS[_in_brian(unit)])


def like(before: Any, text: str, name: str, written: str = "") -> Any:
    """Read text as :func:`check_like` does, with Brian2's quantities, as the script has them.

    Raises
    ------
    ScriptError
        As :func:`check_like`.
    """
    value = check_like(before, text, name, written)
    return _read(before, text, name, written, brian_unit) if _has_amount(value) else value


def brian_unit(name: str) -> Any:
    """Brian2's unit of that name or symbol (``ms``, ``volt``, ``V``)."""
    from brian2.units import allunits, stdunits

    known = _in_brian(name)
    return getattr(stdunits if known in stdunits.__all__ else allunits, known)


def _in_brian(name: str) -> str:
    """A unit's name in Brian2, from that name or from its symbol."""
    name = name.rpartition(".")[2]
    return name if name in UNITS else SYMBOLS[name]


def _has_amount(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_has_amount, value))
    return isinstance(value, Amount)


def _read(before: Any, text: str, name: str, written: str, names: Names) -> Any:
    if isinstance(before, (bool, str, Path)) or type(before).__name__ == "bool_":
        return _word(before, text, name)
    match = _NUMBER_AND_UNIT.fullmatch(text.replace("µ", "u").replace("μ", "u"))
    spelled = f"{match[1]}*{match[2]}" if match else text
    try:
        node = ast.parse(spelled.strip(), mode="eval").body
        value = evaluate(node, names)
    except (SyntaxError, ValueError) as error:
        why = f" ({error})" if isinstance(error, NotLiteral) else ""
        raise ScriptError(
            f"{name} = {text!r} cannot be read{why}; {_wanted(before, written)}"
        ) from None
    return _fit(before, value, name, text, written)


def _word(before: Any, text: str, name: str) -> Any:
    if isinstance(before, Path):
        return Path(text)
    if isinstance(before, str):
        quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
        return text[1:-1] if quoted else text
    if text.lower() not in _WORDS:
        raise ScriptError(f"{name} = {text!r} is neither true nor false")
    return _WORDS[text.lower()]


def _fit(before: Any, value: Any, name: str, text: str, written: str) -> Any:
    """The value in the kind of the one before."""
    if before is None:
        return value
    if isinstance(before, (list, tuple)):
        return _fit_sequence(before, value, name, text, written)
    wanted = dimensions(before)
    if isinstance(value, (bool, str, list, tuple, Path)) or value is None:
        raise ScriptError(f"{name} = {text!r} is not a number; {_wanted(before, written)}")
    if dimensions(value) != wanted:
        unit = measured_in(before)
        if not any(wanted):
            raise ScriptError(f"{name} = {text} has a unit; {_wanted(before, written)}")
        if not any(dimensions(value)):
            raise ScriptError(f"{name} = {text} has no unit; write for example {text}*{unit}")
        raise ScriptError(f"{name} = {text} has the wrong unit; {_wanted(before, written)}")
    if not math.isfinite(number(value)):
        raise ScriptError(f"{name} = {text} is not finite; {_wanted(before, written)}")
    if any(wanted):
        return value
    if not _whole_kind(before):
        return float(value)
    if value != int(value):
        raise ScriptError(
            f"{name} = {text} is not a whole number; {_wanted(before, written)} "
            "(written with a decimal point in the script it could be)"
        )
    return int(value)


def _fit_sequence(before: Any, value: Any, name: str, text: str, written: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise ScriptError(f"{name} = {text!r} is not several values; {_wanted(before, written)}")
    kinds = {(type(item).__name__, dimensions(item)) for item in before}
    if kinds <= {("int", dimensions(0)), ("float", dimensions(0))} and len(kinds) == 2:
        value = [_fit(0.5, item, name, text, written) for item in value]
    elif len(kinds) == 1:
        value = [_fit(before[0], item, name, text, written) for item in value]
    return type(before)(value)


def _whole_kind(before: Any) -> bool:
    return isinstance(before, int) or "int" in type(before).__name__


def _wanted(before: Any, written: str) -> str:
    """What would be right, from the value that stands in the script."""
    shown = written or repr(before)
    if isinstance(before, (list, tuple)):
        return f"the script has {shown}"
    unit = measured_in(before)
    if unit:
        return f"{shown} is measured in {unit}"
    return f"{shown} is a whole number" if _whole_kind(before) else f"{shown} has no unit"
