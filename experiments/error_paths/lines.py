"""How many lines of code a row is: its carrier, feedback and step, or the network that settles."""

from __future__ import annotations

import ast
import inspect
import textwrap

from bioplaus.layered.boltzmann import Boltzmann
from bioplaus.layered.settling import Settled, Settling
from bioplaus.layered.step import Descent
from bioplaus.models.error_paths import BOLTZMANN, ROWS, SETTLING

__all__ = ["code_lines", "lines"]


def lines(row: str) -> int:
    """Lines of what the row does beyond the way up and the plain forward step, and one for itself.

    Docstrings, comments and blank lines do not count.
    """
    if row in BOLTZMANN:
        return 1 + code_lines(Boltzmann)
    if row in SETTLING:
        return 1 + code_lines(Settling) + code_lines(Settled)
    path = ROWS[row]
    own = [type(path.carrier), type(path.feedback)]
    return 1 + sum(map(code_lines, own)) + (code_lines(Descent) if path.step != Descent() else 0)


def code_lines(of: type) -> int:
    """Lines of a class that hold code."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(of)))
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
