"""How many lines of code something is."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

__all__ = ["code_lines"]


def code_lines(of: type | Callable[..., Any]) -> int:
    """Lines of a class or a function that hold code: no docstrings, comments and blank lines."""
    source = inspect.getsource(getattr(of, "py_func", of))  # of a compiled one, what was written
    tree = ast.parse(textwrap.dedent(source))
    held: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if isinstance(node, ast.Expr | ast.stmt | ast.expr | ast.arg | ast.keyword):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                held.add(node.lineno)
            elif not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                held |= {node.lineno, node.end_lineno or node.lineno}
    return len(held)
