"""Which expressions of a script are arithmetic, so that they can be worked out without it."""

from __future__ import annotations

import ast

from bioplaus.runs.reading.imports import Imports

__all__ = ["FUNCTIONS", "is_arithmetic"]

FUNCTIONS = {"exp", "log", "log10", "sqrt", "sin", "cos", "tan", "tanh", "floor", "ceil"}
FUNCTIONS |= {"abs", "int", "float", "round", "min", "max"}


def is_arithmetic(node: ast.expr, imports: Imports) -> bool:
    """Whether an expression is made of names, numbers, arithmetic and a few functions."""
    parts = [part for part in ast.walk(node) if isinstance(part, ast.expr)]
    allowed = (ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.UnaryOp, ast.BinOp)
    calls = [part for part in parts if isinstance(part, ast.Call)]
    return all(isinstance(part, (*allowed, ast.Call)) for part in parts) and all(
        imports.origin(ast.unparse(call.func)).rpartition(".")[2] in FUNCTIONS for call in calls
    )
