"""Expressions of Python functions as text for one element, where it is known to be the same.

Brian2 gives a Python function whole arrays.  Only what gives for the elements one by one what it
gives for the array is translated: arithmetic and comparisons, the functions of `elementary`, and
functions of the user's made of these.  Everything else raises UnsupportedFunctionError with the
reason, and the function is run in Python.

No name of the user's gets into the text.  Expressions that do not depend on the arguments are
evaluated by `outside` and handed over as numbers: the text does not depend on their values.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .elementary import elementary
from .outside import Outside, UnreadableError, Where, underlying

__all__ = ["Definition", "Expressions", "UnsupportedFunctionError", "Value", "outside_name"]


class UnsupportedFunctionError(Exception):
    """A function that only Python can run."""


@dataclass(frozen=True)
class Definition:
    """A function in compiled code.

    name : what it is called, made from its text; texts : its definition, after those of the
    functions that it calls; taken : positions of the numbers in `Outside` that it takes after its
    own arguments; truth : whether it returns a truth value.
    """

    name: str
    texts: tuple[str, ...]
    taken: tuple[int, ...]
    truth: bool


class Value(NamedTuple):
    """Text of an expression, and whether it is a truth value: NumPy adds these in its own way."""

    text: str
    truth: bool = False


_ARITHMETIC = {
    ast.Add: "({} + {})",
    ast.Sub: "({} - {})",
    ast.Mult: "({} * {})",
    ast.Div: "({} / {})",
    ast.FloorDiv: "_nb_floor_divide({}, {})",
    ast.Mod: "_nb_remainder({}, {})",
    # Of integers Python makes a float where the exponent is below zero.
    ast.Pow: "_nb_power(_nb_np.float64({}), {})",
}
_WHOLE = re.compile(r"\(-?\d+\)")
_WITH_PARTS = (ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.IfExp, ast.UnaryOp)
_BITS = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}
_COMPARISONS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def outside_name(position: int) -> str:
    """What the text of a function calls a number from outside, by its position in `Outside`."""
    return f"o{position}"


class Expressions:
    """Translates the expressions of one function.

    names : what a local name of the function is called in the text, and whether it is a truth
    value once it has been assigned; counters : those that are integers.  taken : positions of the
    numbers from outside that occur; called : definitions of the functions that are called.
    translate : defines a function at a place, of which the parameters of these names are given.
    """

    def __init__(
        self,
        outside: Outside,
        where: Where,
        title: str,
        names: dict[str, str],
        translate: Callable[[Where, list[str]], Definition],
    ) -> None:
        self.outside = outside
        self.where = where
        self.title = title
        self.names = names
        self.translate = translate
        self.truths: dict[str, bool] = {}
        self.counters: set[str] = set()
        self.taken: set[int] = set()
        self.called: dict[str, Definition] = {}

    def refused(self, what: str) -> UnsupportedFunctionError:
        """The reason why the function is run in Python."""
        return UnsupportedFunctionError(f"'{self.title}' {what}")

    def is_outside(self, node: ast.AST) -> bool:
        """Whether an expression has no local name in it."""
        return not any(isinstance(n, ast.Name) and n.id in self.names for n in ast.walk(node))

    def evaluated(self, ask: Callable[..., Any], node: ast.expr, *options: bool) -> Any:
        """What ``ask``, a method of `Outside`, says about an expression without local names."""
        try:
            return ask(self.where, node, *options)
        except UnreadableError:
            raise
        except Exception as problem:
            kind = type(problem).__name__
            raise self.refused(f"raises {kind} in '{ast.unparse(node)}'") from problem

    def expression(self, node: ast.expr) -> Value:
        """An expression of any kind."""
        if self.is_outside(node):
            try:
                return self._number(node)
            except UnreadableError as problem:
                if not isinstance(node, _WITH_PARTS):
                    raise self.refused(f"reads '{ast.unparse(node)}': {problem}") from problem
        match node:
            case ast.Name():
                if node.id not in self.truths:
                    raise self.refused(f"may read '{node.id}' before it is assigned")
                return Value(self.names[node.id], self.truths[node.id])
            case ast.BinOp():
                return self._operation(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.BoolOp():
                return self._one_of(node)
            case ast.IfExp():
                return self._conditional(node)
            case ast.Call():
                return self._call(node)
        raise self.refused(f"is not known to work element by element in '{ast.unparse(node)}'")

    def number(self, node: ast.expr) -> str:
        """An expression that must not be a truth value."""
        value = self.expression(node)
        if value.truth:
            raise self.refused(f"calculates with the truth value '{ast.unparse(node)}'")
        return value.text

    def test(self, node: ast.expr) -> str:
        """An expression of which only the truth matters."""
        if isinstance(node, ast.BoolOp) and not self.is_outside(node):
            word = " and " if isinstance(node.op, ast.And) else " or "
            return f"({word.join(self.test(side) for side in node.values)})"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"(not {self.test(node.operand)})"
        value = self.expression(node)
        return value.text if value.truth else f"({value.text} != 0)"

    def whole(self, node: ast.expr) -> str:
        """An integer that the text needs as one."""
        if self.is_outside(node):
            try:
                position, _ = self.evaluated(self.outside.number, node, True)
            except UnreadableError as problem:
                raise self.refused(f"needs an integer '{ast.unparse(node)}'") from problem
            self.taken.add(position)
            return f"_nb_np.int64({outside_name(position)})"
        return self.number(node)

    def _number(self, node: ast.expr) -> Value:
        """A number from outside, or one that is written in the function."""
        if not any(isinstance(n, ast.Name) for n in ast.walk(node)):
            value = self.evaluated(self.outside.value, node)
            small = isinstance(value, (bool, int)) and abs(value) < 2**31
            if small or (isinstance(value, float) and np.isfinite(value)):
                return Value(f"({value!r})", isinstance(value, bool))
        position, truth = self.evaluated(self.outside.number, node)
        self.taken.add(position)
        name = outside_name(position)
        return Value(f"({name} != 0)" if truth else name, truth)

    def _operation(self, node: ast.BinOp) -> Value:
        kind = type(node.op)
        if kind in _BITS:
            sides = [self.whole_or_truth(side) for side in (node.left, node.right)]
            if sides[0].truth != sides[1].truth:
                raise self.refused(f"mixes truth values and integers in '{ast.unparse(node)}'")
            return Value(f"({sides[0].text} {_BITS[kind]} {sides[1].text})", sides[0].truth)
        if kind not in _ARITHMETIC:
            raise self.refused(f"is not known to work element by element in '{ast.unparse(node)}'")
        left, right = self.expression(node.left), self.expression(node.right)
        if left.truth and right.truth:
            if kind is ast.Mult:
                return Value(f"({left.text} & {right.text})", truth=True)
            raise self.refused(f"calculates with truth values alone in '{ast.unparse(node)}'")
        if kind is ast.Pow and _WHOLE.fullmatch(right.text):
            return Value(f"(_nb_np.float64({left.text}) ** {right.text})")
        return Value(_ARITHMETIC[kind].format(left.text, right.text))

    def whole_or_truth(self, node: ast.expr) -> Value:
        """An operand of a bitwise operation."""
        try:
            value = self.expression(node)
        except UnsupportedFunctionError:
            return Value(self.whole(node))
        return value if value.truth or not self.is_outside(node) else Value(self.whole(node))

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return Value(f"(not {self.test(node.operand)})", truth=True)
        if isinstance(node.op, ast.Invert):
            value = self.expression(node.operand)
            return Value(f"(not {value.text})" if value.truth else f"(~{value.text})", value.truth)
        sign = "-" if isinstance(node.op, ast.USub) else "+"
        return Value(f"({sign}{self.number(node.operand)})")

    def _comparison(self, node: ast.Compare) -> Value:
        sides = [self.expression(side).text for side in (node.left, *node.comparators)]
        parts = []
        for left, op, right in zip(sides, node.ops, sides[1:]):
            if type(op) not in _COMPARISONS:
                raise self.refused(f"is not known for one element in '{ast.unparse(node)}'")
            parts.append(f"{left} {_COMPARISONS[type(op)]} {right}")
        return Value(f"({' and '.join(parts)})", truth=True)

    def _one_of(self, node: ast.BoolOp) -> Value:
        """``x and y`` or ``x or y``, which is one of the two."""
        values = [self.expression(side) for side in node.values]
        if len({value.truth for value in values}) > 1:
            raise self.refused(f"mixes truth values and numbers in '{ast.unparse(node)}'")
        word = " and " if isinstance(node.op, ast.And) else " or "
        return Value(f"({word.join(value.text for value in values)})", values[0].truth)

    def _conditional(self, node: ast.IfExp) -> Value:
        if self.is_outside(node.test):
            mark = self.outside.mark()
            try:
                return self._either(node)
            except UnsupportedFunctionError:
                self.forget(mark)
            return self.expression(node.body if self.decided(node.test) else node.orelse)
        return self._either(node)

    def forget(self, mark: tuple[int, int]) -> None:
        """Forget what has been read from outside since ``mark``, see `Outside`."""
        self.outside.forget(mark)
        self.taken = {position for position in self.taken if position < mark[0]}

    def decided(self, test: ast.expr) -> bool:
        """The truth of an expression without local names, on which the text then depends."""
        try:
            denial = ast.UnaryOp(ast.Not(), test)
            return not self.evaluated(self.outside.fix, denial)
        except UnreadableError as problem:
            raise self.refused(f"reads '{ast.unparse(test)}': {problem}") from problem

    def _either(self, node: ast.IfExp) -> Value:
        test = self.test(node.test)
        body, orelse = self.expression(node.body), self.expression(node.orelse)
        if body.truth != orelse.truth:
            raise self.refused(f"mixes truth values and numbers in '{ast.unparse(node)}'")
        return Value(f"({body.text} if {test} else {orelse.text})", body.truth)

    def _call(self, node: ast.Call) -> Value:
        called = ast.unparse(node.func)
        if not self.is_outside(node.func):
            raise self.refused(f"calls '{called}', which may mean the whole array")
        try:
            function = self.evaluated(self.outside.value, node.func)
            known = elementary(function)
            where = (*self.where, node.func)
            parameters = _parameters(underlying(function)) if known is None else []
        except UnreadableError as problem:
            text = f"calls '{called}', which may mean the whole array"
            raise self.refused(text) from problem
        self.evaluated(self.outside.fix, node.func)
        if known is not None:
            return self._elementary(node, called, known)
        keywords = [keyword.arg for keyword in node.keywords]
        given = [*parameters[: len(node.args)], *(k for k in keywords if k is not None)]
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        if None in keywords or len(set(given)) < len(values):
            raise self.refused(f"gives '{called}' arguments that cannot be told one by one")
        definition = self.translate(where, given)
        self.called[definition.name] = definition
        self.taken |= set(definition.taken)
        arguments = [self.number(value) for value in values]
        arguments += [outside_name(position) for position in definition.taken]
        return Value(f"{definition.name}({', '.join(arguments)})", definition.truth)

    def _elementary(self, node: ast.Call, called: str, known: Any) -> Value:
        number = len(node.args)
        repeated = called in ("max", "min") and number > 2
        if node.keywords or not (number == known.arguments or repeated):
            text = f"calls '{called}' in a way that may mean the whole array"
            raise self.refused(text)
        values = [
            self.expression(argument).text
            if position in known.takes_truth
            else self.number(argument)
            for position, argument in enumerate(node.args)
        ]
        text = known.text.format(*values[: known.arguments])
        for value in values[known.arguments :]:
            text = known.text.format(text, value)
        return Value(text, known.truth)


def _parameters(function: Any) -> list[str]:
    code = function.__code__
    return list(code.co_varnames[: code.co_argcount])
