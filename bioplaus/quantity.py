"""A quantity as it is written: a number and a product of units.

It is read as one of Brian2's, or as an amount where that is not to be imported.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable
from typing import Any

from bioplaus.errors import ParameterError
from bioplaus.units import SYMBOLS, UNITS

__all__ = ["amount", "number_and_unit", "to_quantity"]

_NUMBER = re.compile(
    # A number is taken whole: a part of it would leave the rest for a unit.
    r"\s*((?>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))\s*\*?\s*((?:(?:[A-Za-z/(]|1/).*?)?)\s*$"
)


def number_and_unit(text: str) -> tuple[float, str] | None:
    """A number and the text of its unit (``5 ms``, ``2.5``, ``0.1 / ms``), or None for others.

    A second number is no unit: ``2 0.5 0.03`` is a list.
    """
    match = _NUMBER.match(text.replace("µ", "u").replace("μ", "u"))
    return None if match is None else (float(match.group(1)), match.group(2))


def to_quantity(text: Any, name: str = "value") -> Any:
    """Read ``"5 ms"``, ``"5*ms"`` or ``"5ms"`` as a Brian2 quantity; pass quantities through."""
    if not isinstance(text, str):
        return text
    found = number_and_unit(text)
    if found is None:
        raise ParameterError(f"{name} = {text!r} is not a number with a unit, such as 5ms or 1.15V")
    number, unit = found
    return number * _evaluate_unit(unit, text, name) if unit else number


def amount(text: Any) -> Any:
    """A number with its dimensions, or None for what is told better where Brian2 reads it."""
    found = number_and_unit(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        return found[0] * _product(found[1], lambda name: UNITS[SYMBOLS.get(name, name)])
    except (SyntaxError, KeyError, TypeError):
        return None


def _evaluate_unit(unit: str, text: str, name: str) -> Any:
    """What :func:`_unit` says, or what a person should have written."""
    try:
        return _unit(unit)
    except (SyntaxError, KeyError, TypeError):
        raise ParameterError(
            f"{name} = {text!r} has an unknown unit {unit!r}; write for example 5ms or 1.15V"
        ) from None


@functools.cache
def _unit(unit: str) -> Any:
    """A unit of Brian2's, from its text."""
    from brian2.units import allunits

    return _product(unit, lambda name: vars(allunits)[SYMBOLS.get(name, name)])


def _product(unit: str, of: Callable[[str], Any]) -> Any:
    """Evaluate a product of units (``nS``, ``1/second``, ``uA*cm**-2``) and nothing else.

    of : what a name stands for; raises ``KeyError`` for others.
    """
    if not unit:
        return 1
    expression = f"1{unit}" if unit.startswith("/") else unit
    return _evaluate(ast.parse(expression, mode="eval").body, of)


def _evaluate(node: ast.expr, of: Callable[[str], Any]) -> Any:
    if isinstance(node, ast.Name):
        return of(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand, of)
    if isinstance(node, ast.BinOp):
        left, right = _evaluate(node.left, of), _evaluate(node.right, of)
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
        if isinstance(node.op, ast.Pow):
            return left**right
    raise TypeError(f"not a unit: {ast.dump(node)}")
