"""Expressions of the text as values: each construct of the subset once, types and instructions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from . import arrays
from .arithmetic import binary, compare, unary
from .assembly import Assembly, elements
from .kinds import (
    BOOL,
    GENERATOR,
    Generator,
    Kind,
    NotInSubsetError,
    Tuple,
    Value,
    common,
    constant,
)
from .known import draw, known
from .sources import MISSING, Source, of_function

__all__ = ["Expressions", "UndefinedError"]


class UndefinedError(NotInSubsetError):
    """A variable that has no value yet, or none that is the same type however one comes here."""


Call = Callable[["Expressions", Source, list[Value]], "Value | None"]


class Expressions(Assembly):
    """Writes the expressions of one function.

    kinds : the type of every variable that has a value now.  fixed : arguments that are never
    assigned to.  call : writes the call of a function that is compiled from its source.
    """

    def __init__(self, declarations: dict[str, None], source: Source, call: Call) -> None:
        super().__init__(declarations)
        self.source = source
        self._call_source = call
        self.kinds: dict[str, Kind] = {}
        self.fixed: dict[str, Value] = {}
        self.slots: dict[tuple[str, Kind], tuple[str, ...]] = {}
        self.variables = source.assigned.union(source.arguments)

    def inline(self, function: Any, *arguments: Value) -> Value:
        """Call a Python function, which is compiled into this one."""
        value = self._call_source(self, of_function(function), list(arguments))
        assert value is not None
        return value

    def memory_of(self, name: str, kind: Kind) -> tuple[str, ...]:
        """Where a variable is kept while it has a type."""
        if (name, kind) not in self.slots:
            self.slots[name, kind] = self.slot(kind)
        return self.slots[name, kind]

    def meaning(self, node: ast.expr) -> Any:
        """The object that an expression of names stands for, MISSING for values of variables."""
        if isinstance(node, ast.Name) and node.id not in self.variables:
            return self.source.meaning(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.meaning(node.value)
            return MISSING if owner is MISSING else getattr(owner, node.attr, MISSING)
        return MISSING

    def value(self, node: ast.expr) -> Value:
        """The value of an expression."""
        write = getattr(self, f"_{type(node).__name__.lower()}", None)
        if write is None:
            raise NotInSubsetError(f"{type(node).__name__} in '{ast.unparse(node)}'")
        value = write(node)
        if value is None:
            raise NotInSubsetError(f"'{ast.unparse(node)}' has no value")
        assert isinstance(value, Value)
        return value

    def condition(self, node: ast.expr, yes: str, no: str) -> None:
        """Go on at one label or the other."""
        if isinstance(node, ast.BoolOp) and not _at_once(node):
            for operand in node.values[:-1]:
                further = self.new("and" if isinstance(node.op, ast.And) else "or")
                both = (further, no) if isinstance(node.op, ast.And) else (yes, further)
                self.condition(operand, *both)
                self.label(further)
            self.condition(node.values[-1], yes, no)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.condition(node.operand, no, yes)
        elif isinstance(node, ast.Constant):
            self.jump(yes if node.value else no)
        else:
            self.branch(self.truth(self.value(node)), yes, no)

    def _constant(self, node: ast.Constant) -> Value:
        return constant(node.value)

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.fixed:
            return self.fixed[node.id]
        if node.id in self.kinds:
            kind = self.kinds[node.id]
            return self.load(kind, self.memory_of(node.id, kind))
        if node.id in self.variables:
            raise UndefinedError(f"'{node.id}' may have no value")
        return self._object(node)

    def _attribute(self, node: ast.Attribute) -> Value:
        return self._object(node)

    def _object(self, node: ast.expr) -> Value:
        meaning = self.meaning(node)
        if isinstance(meaning, (bool, int, float, np.generic)):
            return constant(meaning)
        if isinstance(meaning, np.ndarray):
            return arrays.table(self, meaning)
        raise NotInSubsetError(f"'{ast.unparse(node)}' is no number")

    def _list(self, node: ast.List) -> Value:
        numbers = [n.value for n in node.elts if isinstance(n, ast.Constant)]
        if len(numbers) < len(node.elts) or not all(isinstance(n, float) for n in numbers):
            raise NotInSubsetError(f"the list '{ast.unparse(node)}'")
        return arrays.table(self, np.array(numbers, dtype=np.float64))

    def _tuple(self, node: ast.Tuple) -> Value:
        values = [self.value(element) for element in node.elts]
        operands = tuple(operand for value in values for operand in value.operands)
        return Value(Tuple(tuple(value.kind for value in values)), operands)

    def _binop(self, node: ast.BinOp) -> Value:
        return binary(self, node.op, self.value(node.left), self.value(node.right))

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        return unary(self, node.op, self.value(node.operand))

    def _compare(self, node: ast.Compare) -> Value:
        if not all(isinstance(n, (ast.Name, ast.Constant)) for n in node.comparators[1:]):
            # Python would look at them only if the comparisons before hold.
            raise NotInSubsetError(f"'{ast.unparse(node)}'")
        values = [self.value(n) for n in (node.left, *node.comparators)]
        held = [compare(self, o, a, b) for o, a, b in zip(node.ops, values, values[1:])]
        result = held[0]
        for other in held[1:]:
            result = self.result(f"and i1 {result}, {other}")
        return Value(BOOL, (result,))

    def _boolop(self, node: ast.BoolOp) -> Value:
        """The first operand that decides, or the last; they are of one type."""
        if _at_once(node):
            return self._selected(node)
        ways = []
        for operand in node.values[:-1]:
            value, decided, further = self.value(operand), self.new("decided"), self.new("further")
            both = (further, decided) if isinstance(node.op, ast.And) else (decided, further)
            self.branch(self.truth(value), *both)
            ways.append((decided, value))
            self.label(further)
        ways.append(self._way(node.values[-1]))
        return self._joined(ways)

    def _selected(self, node: ast.BoolOp) -> Value:
        """The same without a branch, all operands having been calculated."""
        values = [self.value(operand) for operand in node.values]
        kind = values[0].kind
        for value in values[1:]:
            kind = common(kind, value.kind)
        *others, chosen = (self.cast(value, kind) for value in values)
        for value in reversed(others):
            ways = (chosen, value) if isinstance(node.op, ast.And) else (value, chosen)
            chosen = self._choice(self.truth(value), *ways)
        return chosen

    def _choice(self, condition: str, yes: Value, no: Value) -> Value:
        parts = zip(yes.kind.parts, yes.operands, no.operands)
        return Value(yes.kind, tuple(self.select(condition, *part) for part in parts))

    def _ifexp(self, node: ast.IfExp) -> Value:
        if _at_once(node):
            condition = self.truth(self.value(node.test))
            yes_value, no_value = self.value(node.body), self.value(node.orelse)
            kind = common(yes_value.kind, no_value.kind)
            return self._choice(condition, self.cast(yes_value, kind), self.cast(no_value, kind))
        yes, no = self.new("yes"), self.new("no")
        self.condition(node.test, yes, no)
        ways = []
        for label, operand in ((yes, node.body), (no, node.orelse)):
            self.label(label)
            ways.append(self._way(operand))
        return self._joined(ways)

    def _way(self, node: ast.expr) -> tuple[str, Value]:
        value, end = self.value(node), self.new("way")
        self.jump(end)
        return end, value

    def _joined(self, ways: list[tuple[str, Value]]) -> Value:
        kind = ways[0][1].kind
        for _, value in ways[1:]:
            kind = common(kind, value.kind)
        return self.merged(ways, kind, self.new("joined"))

    def _subscript(self, node: ast.Subscript) -> Value:
        owner = self.value(node.value)
        if isinstance(owner.kind, Tuple):
            if not isinstance(node.slice, ast.Constant):
                raise NotInSubsetError(f"'{ast.unparse(node)}'")
            return elements(owner)[int(str(node.slice.value))]
        if isinstance(node.slice, ast.Slice):
            if node.slice.step is not None:
                raise NotInSubsetError(f"'{ast.unparse(node)}'")
            bounds = (node.slice.lower, node.slice.upper)
            return arrays.part(self, owner, *(self.value(n) if n else None for n in bounds))
        return arrays.element(self, owner, self.place(owner, node))

    def place(self, owner: Value, node: ast.Subscript) -> str:
        """The address of an element."""
        if isinstance(node.slice, (ast.Slice, ast.Tuple)):
            raise NotInSubsetError(f"'{ast.unparse(node)}' as a place")
        return arrays.place(self, owner, self.value(node.slice))

    def _call(self, node: ast.Call) -> Value | None:
        if node.keywords or any(isinstance(n, ast.Starred) for n in node.args):
            raise NotInSubsetError(f"the arguments of '{ast.unparse(node)}'")
        function = self.meaning(node.func)
        if function is MISSING:
            return self._draw(node)
        arguments = [self._argument(argument) for argument in node.args]
        handler = known(function)
        if handler is not None:
            try:
                return handler(self, *arguments)
            except TypeError as problem:
                raise NotInSubsetError(f"'{ast.unparse(node)}': {problem}") from problem
        source = function if isinstance(function, Source) else of_function(function)
        if not all(isinstance(argument, Value) for argument in arguments):
            raise NotInSubsetError(f"the arguments of '{ast.unparse(node)}'")
        return self._call_source(self, source, arguments)

    def _argument(self, node: ast.expr) -> Any:
        """A value, or a type, which some known functions take."""
        meaning = self.meaning(node)
        return meaning if isinstance(meaning, type) else self.value(node)

    def _draw(self, node: ast.Call) -> Value | None:
        """A random number from a generator's method."""
        if not isinstance(node.func, ast.Attribute):
            raise NotInSubsetError(f"a call of '{ast.unparse(node.func)}'")
        generator = self.value(node.func.value)
        if not isinstance(generator.kind, Generator):
            raise NotInSubsetError(f"a method of {generator.kind}")
        arguments = [Value(GENERATOR, generator.operands), *(self.value(n) for n in node.args)]
        return draw(node.func.attr)(self, *arguments)


_CHEAP = (ast.Name, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.IfExp)
_PARTS = (ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop)


def _at_once(node: ast.expr) -> bool:
    """Whether to calculate an expression in any case is as well as to branch around it.

    A branch keeps the loop around it from being vectorised, or costs more than what it saves.
    """
    return all(isinstance(part, (*_CHEAP, *_PARTS)) for part in ast.walk(node))
