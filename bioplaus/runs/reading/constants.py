"""The constants of a script that can be set: values that stand at the level of its module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bioplaus.runs.reading import binding
from bioplaus.runs.reading.arithmetic import is_arithmetic
from bioplaus.runs.reading.comments import Comments
from bioplaus.runs.reading.imports import Imports
from bioplaus.runs.reading.literals import NotLiteral, evaluate
from bioplaus.units import Amount, measured_in

__all__ = ["Constants", "Place", "ScriptParameter", "listed_lines", "place_of"]

Place = tuple[int, int, int | None, int | None]
"""Line and column where an expression begins and ends."""

_LONGEST_TEXT = 80
_EQUATION = re.compile(r"\bd\w+\s*/\s*dt\s*=|^\s*\w+\s*(=[^=].*)?:\s*\w", re.MULTILINE)
_NAMESPACES = ("dict", "SimpleNamespace", "types.SimpleNamespace")


@dataclass(frozen=True)
class ScriptParameter:
    """A value that a script gives to a name.

    text : the value as it is written; number, unit : the same in two parts if it is written so
    (``20`` and ``ms``), else the text and what it is measured in; value : read, quantities as
    :class:`~bioplaus.units.Amount`; meaning : the comment beside it; line, place : where it stands.
    """

    name: str
    text: str
    number: str
    unit: str
    value: Any
    meaning: str
    line: int
    place: Place


class Constants:
    """Finds the parameters of a script, and tells why another constant is none.

    parameters : by name, in the order of the text; refused : name to reason.
    """

    def __init__(
        self, tree: ast.Module, text: str, bindings: dict[str, list[int]], imports: Imports
    ) -> None:
        self.parameters: dict[str, ScriptParameter] = {}
        self.refused: dict[str, str] = {}
        self.bindings = bindings
        self.imports = imports
        self._comments = Comments(text)
        self._lines = text.encode().splitlines(keepends=True)  # columns are counted in bytes
        self._written = binding.writes(tree)
        for statement in binding.level_statements(tree):
            self._take(statement, "")

    def _take(self, node: ast.stmt, prefix: str) -> None:
        """Find the parameters of one statement."""
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            for (name, *others), value in binding.pairs(node):
                self._take_value(f"{prefix}{name}", value, node)
                for other in others:
                    self._refuse(f"{prefix}{other}", f"it is set together with {name}")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not prefix:
            for argument, value in _defaults(node.args):
                self._take_value(f"{node.name}.{argument.arg}", value, argument, listed=False)
        elif isinstance(node, ast.ClassDef) and not prefix:
            for part in node.body:
                if isinstance(part, (ast.Assign, ast.AnnAssign)):
                    self._take(part, f"{node.name}.")
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            for name in binding.targets(node.target):
                self._refuse(name, f"it is a loop variable (line {node.lineno})")

    def _take_value(self, name: str, value: ast.expr, place: Any, listed: bool = True) -> None:
        """Find the parameter or parameters in a value that a name is given."""
        base = name.partition(".")[0]
        if base.startswith("__"):
            return
        why = self._why_not(name, value)
        entries = () if why else _entries(value)
        for key, entry in entries:
            self._take_value(f"{name}.{key}", entry, entry, listed=False)
        if entries:
            return
        why = why or self._why_no_literal(value)
        if not why:
            self._add(name, value, place)
        elif listed and (self._is_constant(value) or len(self.bindings[base]) > 1):
            self._refuse(name, why)

    def _add(self, name: str, node: ast.expr, place: Any) -> None:
        value = evaluate(node, self.imports.amount)
        number, unit = self.imports.split(node)
        self.parameters[name] = ScriptParameter(
            name=name,
            text=self._source_of(node),
            number=self._source_of(number),
            unit=unit or _unit(value),
            value=value,
            meaning=self._comments.of(place.lineno, place.end_lineno or place.lineno),
            line=node.lineno,
            place=place_of(node),
        )

    def _source_of(self, node: ast.expr) -> str:
        """How an expression is written (the function of ``ast`` takes 10 ms each time)."""
        lines = self._lines[node.lineno - 1 : node.end_lineno]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return " ".join(b"".join(lines).decode().split())

    def _refuse(self, name: str, why: str) -> None:
        if name not in self.parameters:
            self.refused.setdefault(name, why)

    def _why_not(self, name: str, value: ast.expr) -> str:
        """Why a value cannot be set although it may be a literal."""
        base, dot, _ = name.partition(".")
        lines = self.bindings[base]
        if len(lines) > 1:
            return f"it is assigned at {listed_lines(lines)}"
        if base in self._written and (dot or _is_container(value)):
            return f"the script writes to it at {listed_lines(self._written[base])}"
        return "it starts empty" if _is_container(value) and not _has_content(value) else ""

    def _why_no_literal(self, value: ast.expr) -> str:
        try:
            found = evaluate(value, self.imports.amount)
        except NotLiteral:
            names = [name for name in binding.names_read(value) if name in self.bindings]
            lines = sorted({self.bindings[name][0] for name in names})
            if not names:
                return f"it is computed at line {value.lineno}"
            return f"it follows from {_listed(names)}, {listed_lines(lines)}"
        if isinstance(found, str) and _EQUATION.search(found):
            return "it is an equation"
        long = isinstance(found, str) and ("\n" in found or len(found) >= _LONGEST_TEXT)
        return "it is a long text" if long else ""

    def _is_constant(self, value: ast.expr) -> bool:
        """Whether a value is made of constants, so that one may take it for a parameter."""
        if _is_container(value):
            return not binding.names_read(value)
        own = [name for name in binding.names_read(value) if self.bindings.get(name)]
        known = all(name in self.parameters or name in self.refused for name in own)
        return known and is_arithmetic(value, self.imports)


def place_of(node: ast.expr) -> Place:
    """Where an expression stands."""
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _unit(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        units = {_unit(item) for item in value}
        return units.pop() if len(units) == 1 else ""
    return measured_in(value) if isinstance(value, Amount) else ""


def _entries(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """The entries of a dictionary or namespace written out, by key."""
    if isinstance(node, ast.Dict):
        keyed = zip(node.keys, node.values)
        return [
            (key.value, value)
            for key, value in keyed
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        ]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _NAMESPACES:
        return [(word.arg, word.value) for word in node.keywords if word.arg]
    return []


_NAMESPACES = ("dict", "SimpleNamespace", "types.SimpleNamespace")


def _is_container(node: ast.expr) -> bool:
    kinds = (ast.Dict, ast.List, ast.Tuple, ast.Set)
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return isinstance(node, kinds) or called in (*_NAMESPACES, "list", "set")


def _has_content(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return bool(node.args or node.keywords)
    return any(isinstance(part, ast.expr) for part in ast.iter_child_nodes(node))


def _defaults(arguments: ast.arguments) -> Iterable[tuple[ast.arg, ast.expr]]:
    """The arguments of a function that have a value of their own, with that value."""
    positional = [*arguments.posonlyargs, *arguments.args]
    if arguments.defaults:
        yield from zip(positional[-len(arguments.defaults) :], arguments.defaults)
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults):
        if value is not None:
            yield argument, value


def listed_lines(lines: Iterable[int]) -> str:
    """``line 12``, or ``lines 12 and 40``."""
    found = [str(line) for line in sorted(set(lines))]
    return f"line {found[0]}" if len(found) == 1 else f"lines {_listed(found)}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
