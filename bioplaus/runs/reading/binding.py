"""Which names a script binds at the level of its module, and which containers it writes to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

__all__ = [
    "bound_here",
    "level_statements",
    "module_bindings",
    "names_read",
    "pairs",
    "targets",
    "writes",
]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_WRITING = {
    *("append", "extend", "insert", "pop", "remove", "clear", "update", "sort", "reverse", "add"),
    *("setdefault", "discard", "popitem", "appendleft", "popleft", "extendleft", "rotate"),
}


def level_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module and of ``if __name__ == "__main__":``, in order."""
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in names_read(node.test):
            yield from node.body
        else:
            yield node


def targets(node: ast.expr) -> list[str]:
    """The names that an assignment to an expression binds."""
    return [
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    ]


def pairs(node: ast.Assign | ast.AnnAssign) -> list[tuple[list[str], ast.expr]]:
    """Which names an assignment gives which expressions.

    ``a, b = 1, 2`` has two pairs; ``a = b = 1`` has one, of two names.  What is given to anything
    but names, or cannot be told apart, is left out.
    """
    if node.value is None:
        return []
    whole = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [target.id for target in whole if isinstance(target, ast.Name)]
    found = [(names, node.value)] if names else []
    for target in whole:
        match target, node.value:
            case ast.Tuple(elts=ones), ast.Tuple(elts=values) if len(ones) == len(values):
                both = zip(ones, values)
                found += [([one.id], value) for one, value in both if isinstance(one, ast.Name)]
    return found


def names_read(node: ast.AST) -> list[str]:
    """The names that an expression reads, each once, in order."""
    found = [
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    ]
    return list(dict.fromkeys(found))


def module_bindings(tree: ast.Module) -> dict[str, list[int]]:
    """Every name that is bound at the level of the module: the lines where that is done."""
    found: dict[str, list[int]] = {}
    for name, line in bound_here(tree.body):
        found.setdefault(name, []).append(line)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            shared = _declared(node, ast.Global)
            for name, line in bound_here(node.body):
                if name in shared:
                    found.setdefault(name, []).append(line)
    return found


def _declared(function: ast.AST, *kinds: type[ast.Global | ast.Nonlocal]) -> set[str]:
    """The names of which a function says that they are not its own."""
    return {name for part in ast.walk(function) if isinstance(part, kinds) for name in part.names}


def bound_here(body: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """Names bound by statements, those in functions, classes and comprehensions left out."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node.lineno
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.AnnAssign) and node.value is None:
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name != "*":
                    yield alias.asname or alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name, node.lineno
        if isinstance(node, _COMPREHENSIONS):
            walruses = (n for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            yield from ((n.target.id, n.lineno) for n in walruses)
        else:
            yield from bound_here(ast.iter_child_nodes(node))


def writes(tree: ast.Module) -> dict[str, list[int]]:
    """Names of the module into whose values the script writes (items, attributes, methods).

    Functions in which the name is a local one are left out.
    """
    found: dict[str, list[int]] = {}

    def look(node: ast.AST, local: frozenset[str]) -> None:
        if isinstance(node, _FUNCTIONS):
            local = local | _locals(node)
        written = _written(node)
        if written is not None and written not in local:
            found.setdefault(written, []).append(node.lineno)  # type: ignore[attr-defined]
        for child in ast.iter_child_nodes(node):
            look(child, local)

    look(tree, frozenset())
    return found


def _written(node: ast.AST) -> str | None:
    """The name whose value a node writes into, if it does."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        return _root(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _root(node.func) if node.func.attr in _WRITING else None
    return None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _locals(function: Function) -> frozenset[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    names = {argument.arg for argument in every}
    if not isinstance(function, ast.Lambda):
        outer = _declared(function, ast.Global, ast.Nonlocal)
        names |= {name for name, _ in bound_here(function.body)} - outer
    return frozenset(names)
