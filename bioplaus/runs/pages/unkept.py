"""What a page changes in its loop and does not keep: after an interruption that would begin anew,
in silence."""

from __future__ import annotations

import ast
import inspect
import numbers
import pickle
import textwrap
from collections.abc import Iterable
from types import FrameType
from typing import Any

import numpy as np

__all__ = ["Unkept"]

_LOOKED_AT = 1_000_000  # bytes of an array, items of a list; larger ones are not looked into
_DEPTH = 4
_ONE_FOR_MANY = (numbers.Number, str, bytes, type(None))


class Unkept:
    """Looks at the variables of the function that loops, at the loop and after its first turn.

    frame : of that function, as it enters the loop.
    """

    def __init__(self, frame: FrameType) -> None:
        self._before = {name: _mark(value, frame) for name, value in frame.f_locals.items()}
        self._held = dict(frame.f_locals)  # or another object might get the identity of one
        self._line = frame.f_lineno

    def names(self, frame: FrameType, kept: Iterable[Any]) -> list[str]:
        """Variables that the first turn has changed for the next one or for what follows.

        kept : objects that come back, with all that they hold; a variable that is bound to
        another object is not kept.
        """
        now, held = frame.f_locals, _within(kept)
        changed = [
            name
            for name, mark in self._before.items()
            if name in now and _mark(now[name], frame) != mark and not held & {name, id(now[name])}
        ]
        if not changed:
            return []
        fresh = _made_anew(frame, self._line)
        return [name for name in changed if name not in fresh]


def _within(objects: Iterable[Any]) -> set[int | str]:
    """Identities of objects and of what they hold (attributes, items, what functions see), and
    names of the variables that functions share with the page."""
    found: set[int | str] = set()
    left = list(objects)
    for _ in range(_DEPTH):
        # Equal numbers and texts may be one object.
        left = [e for e in left if id(e) not in found and not isinstance(e, _ONE_FOR_MANY)]
        found |= {id(each) for each in left}
        found |= {n for f in left if inspect.isfunction(f) for n in f.__code__.co_freevars}
        left = [part for each in left for part in _parts(each)]
    return found


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, (list, tuple)):
        return value
    if inspect.isfunction(value):
        return [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
    if inspect.ismethod(value) or inspect.isbuiltin(value):
        return [value.__self__]
    return vars(value).values() if hasattr(value, "__dict__") else ()


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _mark(value: Any, frame: FrameType) -> Any:
    """Something that is another after the value has changed."""
    if isinstance(value, np.random.Generator):
        value = value.bit_generator.state
    elif type(value).__module__ == frame.f_globals.get("__name__"):
        value = vars(value) if hasattr(value, "__dict__") else value
    plain = (numbers.Number, str, bytes, tuple, list, dict, set, np.ndarray)
    size = value.nbytes if isinstance(value, np.ndarray) else getattr(value, "__len__", int)()
    if not isinstance(value, plain) or size > _LOOKED_AT:
        return id(value)
    try:
        return pickle.dumps(value)
    except Exception:  # whatever stands in it
        return id(value)


def _made_anew(frame: FrameType, line: int) -> set[str]:
    """Variables that every turn sets before it reads them, and nothing reads after the loop."""
    try:
        source = textwrap.dedent("".join(inspect.getsourcelines(frame.f_code)[0]))
        tree = ast.parse(source)
    except (OSError, SyntaxError):  # typed into a session, or a part of an expression
        return set(frame.f_locals)
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    here = line - frame.f_code.co_firstlineno + 1
    loop = next((node for node in loops if node.lineno <= here <= node.body[0].lineno), None)
    if loop is None:
        return set(frame.f_locals)
    turn = _First()
    turn.visit(loop.target)
    for statement in loop.body:
        turn.visit(statement)
    end = loop.end_lineno or loop.lineno
    after = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.lineno > end
    }
    return {name for name, read in turn.read_first.items() if not read} - after


class _First(ast.NodeVisitor):
    """Whether each name is read before it is set, in the order in which Python does it."""

    def __init__(self) -> None:
        self.read_first: dict[str, bool] = {}

    def visit_Name(self, node: ast.Name) -> None:
        self.read_first.setdefault(node.id, isinstance(node.ctx, ast.Load))

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._set(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._set(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        for part in ast.walk(node.target):
            if isinstance(part, ast.Name):
                self.read_first.setdefault(part.id, True)
        self.visit(node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._set(node.target)
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    def _set(self, target: ast.expr) -> None:
        """``buffer[:] = ...`` sets the buffer, as far as can be read."""
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self.visit(target.slice)
            self.read_first.setdefault(target.value.id, False)
        else:
            self.visit(target)
