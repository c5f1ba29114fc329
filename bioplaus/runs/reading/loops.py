"""Finding the loops of a script in which networks run, by reading it.

A loop is wanted if its body reaches a run, itself or through functions of the script.  A wanted
``for`` goes over its turns through ``LOOP``; a wanted ``while`` asks ``WHILE`` at each of its
turns.  Lines stay where they are, so that messages name them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

__all__ = ["LOOP", "MODES", "PLAIN", "WHILE", "named"]

LOOP = "__bioplaus_loop__"
WHILE = "__bioplaus_while__"
PLAIN = "__bioplaus_plain_steps__"
PREFIX = "__bioplaus_"
MODES = ("auto", "marked", "none")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(tree: ast.Module, mode: str) -> ast.Module:
    """The tree with its loops over runs named; it is changed.

    mode : ``auto`` finds all, ``marked`` only those that go over ``steps``, ``none`` none.
    """
    if mode == "none":
        return tree
    found: ast.Module = _Loops(tree, mode).visit(tree)
    return ast.fix_missing_locations(found)


class _Loops(ast.NodeTransformer):
    def __init__(self, tree: ast.Module, mode: str) -> None:
        self.mode = mode
        self.running = {"run", *_other_names(tree)}
        self.running |= _reaching(tree, lambda node: bool(_mentioned(node) & self.running))

    def visit_For(self, node: ast.For) -> Any:
        marked = any(_is_steps(part) for part in ast.walk(node.iter))
        wanted = marked or (self.mode == "auto" and self._runs(node.body))
        header = f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
        self.generic_visit(node)
        if wanted:
            iterable = _Unmarked().visit(node.iter) if marked else node.iter
            node.iter = _call(LOOP, [iterable, ast.Constant(node.lineno), ast.Constant(header)])
        return node

    def visit_While(self, node: ast.While) -> Any:
        wanted = self.mode == "auto" and self._runs(node.body)
        header = f"while {ast.unparse(node.test)}"
        self.generic_visit(node)
        if not wanted:
            return node
        name = f"{PREFIX}while_{node.lineno}_{node.col_offset}"
        made = _call(WHILE, [ast.Constant(node.lineno), ast.Constant(header)])
        enter = ast.Assign([ast.Name(name, ast.Store())], made)
        turn = ast.Attribute(ast.Name(name, ast.Load()), "turn", ast.Load())
        leave = ast.Attribute(ast.Name(name, ast.Load()), "leave", ast.Load())
        node.test = ast.BoolOp(ast.And(), [ast.Call(turn, [], []), node.test])
        end = ast.Expr(ast.Call(leave, [], []))
        guarded = ast.Try(body=[node], handlers=[], orelse=[], finalbody=[end])
        return [ast.copy_location(part, node) for part in (enter, guarded)]

    def _runs(self, body: list[ast.stmt]) -> bool:
        return any(_mentioned(part) & self.running for part in body)


class _Unmarked(ast.NodeTransformer):
    """``steps`` inside of what a named loop goes over only gives its turns."""

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        return _call(PLAIN, node.args) if _is_steps(node) else node


def _call(name: str, arguments: list[Any]) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), arguments, [])


def _is_steps(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr == "steps" and ast.unparse(node.func.value) == "bioplaus"
    return isinstance(node.func, ast.Name) and node.func.id == "steps"


def _mentioned(node: ast.AST) -> set[str]:
    """Names and attributes that a piece of the script mentions; what a nested function mentions
    counts where that function is called."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
        waiting.extend(
            child for child in ast.iter_child_nodes(part) if not isinstance(child, _Function)
        )
    return found


def _other_names(tree: ast.Module) -> set[str]:
    """What else ``run`` is called: ``from brian2 import run as go``, ``go = network.run``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {name.asname for name in node.names if name.name == "run" and name.asname}
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Attribute, ast.Lambda)):
            runs = "run" in _mentioned(node.value)
            found |= {t.id for t in node.targets if isinstance(t, ast.Name) and runs}
    return found


def _reaching(tree: ast.Module, runs: Callable[[ast.AST], bool]) -> set[str]:
    """Names of functions of the script that reach a run, themselves or through others."""
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    mentions: dict[str, set[str]] = {}
    found = set()
    for function in functions:
        names = set().union(*(_mentioned(part) for part in function.body))
        mentions.setdefault(function.name, set()).update(names)
        if any(runs(part) for part in function.body):
            found.add(function.name)
    while True:
        more = {name for name, names in mentions.items() if names & found} - found
        if not more:
            return found
        found |= more
