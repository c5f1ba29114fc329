"""What a Python function reads from outside itself: globals, closures, defaults, attributes, items.

An expression that does not depend on the function's arguments has one value at a time, whatever
the neuron.  It is evaluated here as Python would, each time anew, and its value is handed over to
compiled code.  Only expressions that cannot have side effects are: of numbers, strings, tuples, and
what plain containers, modules and objects hold.
"""

from __future__ import annotations

import ast
import builtins
import operator
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from brian2.core.functions import Function
from brian2.units.fundamentalunits import Quantity, Unit

from ..compiler.sources import OPERATORS
from .elementary import is_pure

__all__ = ["Outside", "UnreadableError", "Where", "underlying"]

_LARGEST = 2**53
"""Integers up to here are floats without rounding."""

_OPERATIONS: dict[type[ast.AST], Callable[..., Any]] = OPERATORS | {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}


class _Pair(NamedTuple):
    first: int


_STORED = (types.MemberDescriptorType, type(vars(_Pair)["first"]))
"""What gives access to slots and to the fields of named tuples."""

Where = tuple[ast.expr, ...]
"""Where a function is found: the calls that lead to it from the one in the equations."""


class UnreadableError(Exception):
    """An expression that may have side effects, or whose value is of another kind than expected."""


@dataclass(frozen=True)
class _Reading:
    """An expression in the surroundings of a function.

    truth : its value is a truth value; whole : it is an integer.
    """

    where: Where
    node: ast.expr
    truth: bool = False
    whole: bool = False


class Outside:
    """The values that a function, and those that it calls, read from outside.

    root : the function in the equations; another with the same code may take its place.
    """

    def __init__(self, root: types.FunctionType) -> None:
        self.root = root
        self._numbers: dict[tuple[Any, ...], _Reading] = {}
        self._fixed: dict[tuple[Any, ...], tuple[_Reading, Any]] = {}

    def function(self, where: Where) -> types.FunctionType:
        """The function at a place as it is now."""
        function = self.root
        for node in where:
            function = underlying(evaluate(node, _surroundings(function)))
        return function

    def value(self, where: Where, node: ast.expr) -> Any:
        """The present value of an expression in the surroundings of the function at a place."""
        return evaluate(node, _surroundings(self.function(where)))

    def number(self, where: Where, node: ast.expr, whole: bool = False) -> tuple[int, bool]:
        """The position of a number that is read, and whether it is a truth value."""
        value = self.value(where, node)
        reading = _Reading(where, node, isinstance(value, (bool, np.bool_)), whole)
        _as_float(value, reading)
        key = (*_key(where, node), whole)
        self._numbers.setdefault(key, reading)
        return list(self._numbers).index(key), reading.truth

    def fix(self, where: Where, node: ast.expr) -> Any:
        """The value of an expression on which the compiled code itself depends."""
        value = self.value(where, node)
        self._fixed.setdefault(_key(where, node), (_Reading(where, node), value))
        return value

    def mark(self) -> tuple[int, int]:
        """What has been read so far, for `forget`."""
        return len(self._numbers), len(self._fixed)

    def forget(self, mark: tuple[int, int]) -> None:
        """Forget what has been read since."""
        self._numbers = dict(list(self._numbers.items())[: mark[0]])
        self._fixed = dict(list(self._fixed.items())[: mark[1]])

    def read(self, position: int) -> float:
        """A number as it is now; not a number if it cannot be read, see `holds`."""
        reading = list(self._numbers.values())[position]
        try:
            return _as_float(self.value(reading.where, reading.node), reading)
        except Exception:
            return np.nan

    def holds(self) -> bool:
        """Whether code that was compiled for these readings is still right: only numbers differ."""
        try:
            for reading in self._numbers.values():
                _as_float(self.value(reading.where, reading.node), reading)
            return all(
                _same(self.value(reading.where, reading.node), value)
                for reading, value in self._fixed.values()
            )
        except Exception:  # what Python raises, it raises when the function runs in Python
            return False


def underlying(called: Any) -> types.FunctionType:
    """The plain function within what Brian2's and Numba's decorators make of it.

    Raises UnreadableError for everything else that can be called.
    """
    if isinstance(called, Function):
        called = called.pyfunc
    called = getattr(called, "_orig_func", called)
    called = getattr(called, "py_func", called)
    if not isinstance(called, types.FunctionType):
        raise UnreadableError(f"{called!r} is not a plain Python function")
    return called


def evaluate(node: ast.expr, lookup: Callable[[str], Any]) -> Any:
    """The value of an expression; raises UnreadableError, and whatever Python raises."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return lookup(node.id)
        case ast.Attribute():
            return _attribute(evaluate(node.value, lookup), node.attr)
        case ast.Subscript():
            return _item(evaluate(node.value, lookup), evaluate(node.slice, lookup))
        case ast.Tuple():
            return tuple(evaluate(element, lookup) for element in node.elts)
        case ast.BinOp():
            operands = (_plain(evaluate(side, lookup)) for side in (node.left, node.right))
            return _operation(node.op)(*operands)
        case ast.UnaryOp():
            return _operation(node.op)(_plain(evaluate(node.operand, lookup)))
        case ast.Compare(ops=[op], comparators=[right]):
            return _operation(op)(*(_plain(evaluate(n, lookup)) for n in (node.left, right)))
        case ast.BoolOp():
            decides = isinstance(node.op, ast.Or)
            for side in node.values:
                value = _plain(evaluate(side, lookup))
                if bool(value) is decides:
                    break
            return value
        case ast.IfExp():
            truth = _plain(evaluate(node.test, lookup))
            return evaluate(node.body if truth else node.orelse, lookup)
        case ast.Call(keywords=[]):
            function = evaluate(node.func, lookup)
            arguments = [_plain(evaluate(argument, lookup)) for argument in node.args]
            if is_pure(function):
                return function(*arguments)
    raise UnreadableError(f"'{ast.unparse(node)}' is not known to have no side effects")


def _operation(op: ast.AST) -> Callable[..., Any]:
    if type(op) not in _OPERATIONS:
        raise UnreadableError(f"the operation {type(op).__name__} is not known")
    return _OPERATIONS[type(op)]


def _plain(value: Any) -> Any:
    """A value whose operations do nothing but calculate."""
    if type(value) in (tuple, list, dict):
        for element in value.values() if isinstance(value, dict) else value:
            _plain(element)
        return value
    simple = (bool, int, float, complex, str, type(None), np.ndarray, Quantity, Unit)
    if type(value) in simple or isinstance(value, np.generic):
        return value
    raise UnreadableError(f"a {type(value).__name__} is no plain value")


def _attribute(owner: Any, name: str) -> Any:
    """An attribute that is stored, not computed."""
    kind = type(owner)
    if isinstance(owner, types.ModuleType):
        return vars(owner)[name]
    looks_up = getattr(kind.__getattribute__, "__objclass__", None)
    if looks_up in (object, tuple, types.SimpleNamespace) or kind is type:
        classes = owner.__mro__ if kind is type else kind.__mro__
        of_class = [vars(c)[name] for c in classes if name in vars(c)]
        own = {} if kind is type else getattr(owner, "__dict__", {})
        if of_class and isinstance(of_class[0], _STORED):
            return getattr(owner, name)
        if name in own and not (of_class and hasattr(of_class[0], "__set__")):
            return own[name]
        if of_class and not hasattr(of_class[0], "__get__"):
            return of_class[0]
    raise UnreadableError(f"'{name}' of a {kind.__name__} is computed when it is asked for")


def _item(container: Any, key: Any) -> Any:
    if type(container) not in (tuple, list, dict, str, np.ndarray, Quantity):
        raise UnreadableError(f"an item of a {type(container).__name__} may be computed")
    return container[_plain(key)]


def _surroundings(function: types.FunctionType) -> Callable[[str], Any]:
    """What a name stands for that is not local to a function, or an argument not given."""
    code = function.__code__

    def lookup(name: str) -> Any:
        positional = code.co_varnames[: code.co_argcount]
        if name in positional:
            return (function.__defaults__ or ())[positional.index(name) - len(positional)]
        if name in code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]:
            return (function.__kwdefaults__ or {})[name]
        if name in code.co_freevars:
            return (function.__closure__ or ())[code.co_freevars.index(name)].cell_contents
        if name in function.__globals__:
            return function.__globals__[name]
        return vars(builtins)[name]

    return lookup


def _as_float(value: Any, reading: _Reading) -> float:
    """The number as a float; UnreadableError where it is none, or not of the kind expected."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = np.asarray(value)[()]
    truth = isinstance(value, (bool, np.bool_))
    integer = isinstance(value, (int, np.integer)) and not truth
    if isinstance(value, np.longdouble) and np.longdouble is not np.float64:
        raise UnreadableError("a number of more than 64 bits")
    if not (truth or integer or isinstance(value, (float, np.floating))):
        raise UnreadableError(f"a {type(value).__name__} is no number")
    if integer and abs(int(value)) > _LARGEST:
        raise UnreadableError(f"the integer {value} is too large for a float")
    if truth != reading.truth or (reading.whole and not integer):
        raise UnreadableError("a number of another kind than before")
    return float(value)


def _key(where: Where, node: ast.expr) -> tuple[str, ...]:
    return tuple(ast.dump(part) for part in (*where, node))


def _same(now: Any, before: Any) -> bool:
    """Whether two values make the same code of a function that refers to them."""
    if now is before:
        return True
    if type(now) in (bool, int, float, str, tuple, type(None)):
        return repr(now) == repr(before)
    try:
        return underlying(now).__code__ == underlying(before).__code__
    except UnreadableError:
        return False
