"""Functions as syntax trees, with what the names in them stand for."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import linecache
import operator
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import Any

from ..machine import mathematics
from .kinds import NotInSubsetError

__all__ = ["MISSING", "OPERATORS", "Source", "entry", "of_function", "of_text"]

MISSING: Any = object()
"""What a name stands for that is a variable, or nothing."""

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
"""What Python's operators do, but for shifts and comparisons."""

_FOLDED = OPERATORS | {ast.LShift: operator.lshift, ast.RShift: operator.rshift}


@dataclass(frozen=True, eq=False)
class Source:
    """A function: its tree, and its names that are no variables.

    apart : whether no two of its arrays share memory; kernel : whether it is a function of the
    text, which is kept as machine code of its own, or one that is compiled into its callers;
    once : whether it is called but once in a run; seldom_above : see `mathematics.parts.seldom`.
    """

    tree: ast.FunctionDef
    names: Mapping[str, Any]
    apart: bool = False
    kernel: bool = False
    once: bool = False
    seldom_above: float | None = None

    @cached_property
    def arguments(self) -> list[str]:
        """The names of its arguments."""
        return [argument.arg for argument in self.tree.args.args]

    @cached_property
    def assigned(self) -> set[str]:
        """The names that it gives a value."""
        names = (name for target in _targets(self.tree.body) for name in ast.walk(target))
        return {n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}

    @property
    def is_elementary(self) -> bool:
        """Whether it belongs to the elementary functions of the engine."""
        return str(self.names.get("__name__")).startswith(mathematics.__name__)

    def meaning(self, name: str) -> Any:
        """What a name stands for that is no variable."""
        return self.names.get(name, getattr(builtins, name, MISSING))


def _targets(statements: Iterable[Any]) -> Iterator[ast.expr]:
    """What the statements of a function assign to."""
    for node in statements:
        yield from getattr(node, "targets", ())
        if hasattr(node, "target"):
            yield node.target
        yield from _targets(getattr(node, "body", ()))
        yield from _targets(getattr(node, "orelse", ()))


class _Fold(ast.NodeTransformer):
    """Calculates with constants, as Python does before Numba sees them."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _folded(node, node.op, node.left, node.right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _folded(node, node.op, node.operand)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Without constants that do not decide, and without what is behind one that does."""
        self.generic_visit(node)
        *others, last = node.values
        kept: list[ast.expr] = []
        for value in others:
            if not isinstance(value, ast.Constant):
                kept.append(value)
            elif bool(value.value) is isinstance(node.op, ast.Or):
                last = value
                break
        node.values = [*kept, last]
        return node if kept else last

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.test, ast.Constant):
            return node
        return node.body if node.test.value else node.orelse


def _folded(node: ast.expr, operation: ast.AST, *operands: ast.expr) -> ast.expr:
    values: list[Any] = [operand.value for operand in operands if isinstance(operand, ast.Constant)]
    if len(values) < len(operands) or type(operation) not in _FOLDED:
        return node
    if not all(isinstance(value, (bool, int, float)) for value in values):
        return node
    if isinstance(operation, (ast.Pow, ast.LShift)) and abs(values[1]) > 64:
        return node
    try:
        return ast.copy_location(ast.Constant(_FOLDED[type(operation)](*values)), node)
    except (ArithmeticError, ValueError):
        return node  # left to the run time, as Python leaves it


def of_text(text: str) -> dict[str, Source]:
    """The functions of a module that the engine wrote, by name."""
    tree = _Fold().visit(ast.parse(text))
    names: dict[str, Any] = {}
    functions: dict[str, Source] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            module = import_module(str(node.module))
            names |= {name: getattr(module, name) for name in module.__all__}
        elif isinstance(node, ast.FunctionDef):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            _refuse(decorators)
            kernel = not node.name.startswith("_nb_user_")
            apart, once = (name in decorators for name in ("_nb_apart", "_nb_once"))
            source = Source(node, names, apart=apart, kernel=kernel, once=once)
            functions[node.name] = names[node.name] = source
        else:
            raise NotInSubsetError(f"{type(node).__name__} in a module")
    return functions


class _LoadWhereUsed(ast.NodeTransformer):
    """Writes what is taken from an argument at the beginning where it is used instead.

    Hundreds of addresses that live throughout the loop over steps would cost LLVM a time that
    grows with the square of their number, to end in memory all the same.
    """

    def __init__(self, tree: ast.FunctionDef) -> None:
        stored: Counter[str] = Counter()
        changed: set[str] = set()
        for node in (node for target in _targets(tree.body) for node in ast.walk(target)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                stored[node.id] += 1
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                changed.add(node.value.id)
        fixed = {argument.arg for argument in tree.args.args} - changed - set(stored)
        self.loads: dict[str, ast.expr] = {}
        for node in tree.body:
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                continue
            used = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            variable = used & (set(stored) | changed)
            if stored[node.targets[0].id] == 1 and used & fixed and not variable:
                self.loads[node.targets[0].id] = node.value

    def visit_Assign(self, node: ast.Assign) -> ast.Assign | None:
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id in self.loads:
            return None
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.loads.get(node.id, node)


def entry(text: str, name: str) -> Source:
    """The function of a module that the others are called from.

    No function that it calls may write to its arguments: the engine keeps tables in them.
    """
    source = of_text(text)[name]
    return replace(source, tree=_LoadWhereUsed(source.tree).visit(source.tree))


def _refuse(decorators: list[str]) -> None:
    for option, reason in (("fastmath=", "fast mathematics"), ("parallel=", "threads")):
        if any(option in decorator for decorator in decorators):
            raise NotInSubsetError(reason)


def _lines(python: Any) -> str:
    """The text of a function, from its file.

    `inspect.getsource` looks through every module of the process first, thousands of them.
    """
    code = python.__code__
    lines = linecache.getlines(code.co_filename)
    if len(lines) < code.co_firstlineno:
        raise OSError("no source")
    return "".join(inspect.getblock(lines[code.co_firstlineno - 1 :]))


@functools.cache
def of_function(function: Any) -> Source:
    """A Python function, compiled by Numba or not, from where it was defined."""
    python = getattr(function, "py_func", function)
    if not inspect.isfunction(python):
        raise NotInSubsetError(f"a call of {function!r}")
    try:
        tree = ast.parse(textwrap.dedent(_lines(python)))
    except (OSError, SyntaxError):
        raise NotInSubsetError(f"the function {python.__name__}, whose source is lost") from None
    node = _Fold().visit(tree).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise NotInSubsetError(f"the function {python.__name__}, which is an expression")
    inside = inspect.getclosurevars(python).nonlocals
    bound = getattr(python, "seldom_above", None)
    return Source(node, {**python.__globals__, **inside}, seldom_above=bound)
