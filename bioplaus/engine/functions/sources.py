"""The syntax tree of a Python function, found in the file that it comes from."""

from __future__ import annotations

import ast
import functools
import linecache
import types
from collections.abc import Iterator

__all__ = ["definition"]


def definition(code: types.CodeType) -> ast.FunctionDef | ast.Lambda | None:
    """The definition from which Python has compiled ``code``, None if it cannot be found.

    The file may have been changed since it was read.  Its text is compiled again and must give the
    same code, which tells the positions, constants and names that it was made of.
    """
    text = "".join(linecache.getlines(code.co_filename))
    found = _of_text(text).get(code) if text else None
    return found[0] if found is not None and len(found) == 1 else None


@functools.lru_cache(maxsize=64)
def _of_text(text: str) -> dict[types.CodeType, list[ast.FunctionDef | ast.Lambda]]:
    """All definitions in a text, by their code."""
    try:
        tree = ast.parse(text)
        codes = list(_nested(compile(tree, "<text>", "exec", dont_inherit=True)))
    except (SyntaxError, ValueError):
        return {}
    nodes: dict[int, list[ast.FunctionDef | ast.Lambda]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            nodes.setdefault(_first_line(node), []).append(node)
    return {
        code: [node for node in nodes.get(code.co_firstlineno, ()) if _ends_in(node, code)]
        for code in codes
    }


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _nested(constant)


def _first_line(node: ast.FunctionDef | ast.Lambda) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _ends_in(node: ast.FunctionDef | ast.Lambda, code: types.CodeType) -> bool:
    """Whether the code is that of the node: several lambdas may stand in one line."""
    if isinstance(node, ast.FunctionDef):
        return node.name == code.co_name
    body = node.body
    place = (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
    return code.co_name == "<lambda>" and place in set(code.co_positions())
