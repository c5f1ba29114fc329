"""Reading a script without running it: its title, its parameters, and what is not one and why.

A parameter is a value that stands at the level of the module: ``tau = 20*ms``.  Nothing is
executed and Brian2 is not imported, so that ``--help`` is quick and a wrong ``--set`` is told
before the first line runs.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bioplaus.parameters import unknown_name
from bioplaus.runs.reading import binding
from bioplaus.runs.reading.constants import (
    Constants,
    Place,
    ScriptParameter,
    listed_lines,
    place_of,
)
from bioplaus.runs.reading.imports import Imports
from bioplaus.runs.reading.literals import ScriptError, brian_unit, check_like, evaluate, like

__all__ = ["SETTINGS", "Script", "ScriptError", "ScriptParameter"]

SETTINGS = "__bioplaus_settings__"
"""The name in the script's globals under which the values that were set are looked up."""


class Script:
    """A script's text, parsed: made by :meth:`read`.

    path : absolute; tree : never changed; title : first line of the docstring; parameters : by
    name, in the order of the text; refused : other constants, and why they are no parameters;
    bound : the names that the script binds at the level of the module.
    """

    def __init__(self, path: Path, text: str, tree: ast.Module) -> None:
        self.path = path
        self.text = text
        self.tree = tree
        self.title = (ast.get_docstring(tree) or "").strip().split("\n", 1)[0]
        self.bindings = binding.module_bindings(tree)
        self.bound = frozenset(self.bindings)
        self.imports = Imports(tree, self.bound)
        found = Constants(tree, text, self.bindings, self.imports)
        self.parameters: dict[str, ScriptParameter] = found.parameters
        self.refused: dict[str, str] = found.refused

    @classmethod
    def read(cls, path: Path, text: str | None = None) -> Script:
        """Read a script.

        Parameters
        ----------
        text
            Its text, where that is not the file's (the copy in a run directory).

        Raises
        ------
        ScriptError
            If there is no such file, or it is not Python; the message names the line.
        """
        path = path.resolve()
        text = _text_of(path) if text is None else text
        try:
            tree = ast.parse(text, str(path))
        except SyntaxError as error:
            raise ScriptError(f"{path.name}, line {error.lineno}: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise ScriptError(f"{path.name} cannot be read as Python: {error}") from None
        return cls(path, text, tree)

    # Setting

    def value(self, name: str, text: str) -> Any:
        """What ``--set name=text`` gives: of the kind and unit of the script's own value.

        Raises
        ------
        ScriptError
            For a name that is no parameter (the nearest one, or the reason, is told), or a value
            of the wrong kind or unit.
        """
        before = self._known(name)
        return like(before.value, text, name, before.text)

    def check(self, name: str, text: str) -> Any:
        """As :meth:`value`, without importing Brian2: quantities come as amounts."""
        before = self._known(name)
        return check_like(before.value, text, name, before.text)

    def settings(self, assignments: Mapping[str, str]) -> dict[str, Any]:
        """All values that are set, checked: name to value.

        Raises
        ------
        ScriptError
            As :meth:`value`.
        """
        for name, text in assignments.items():
            self.check(name, text)
        return {name: self.value(name, text) for name, text in assignments.items()}

    def replaced(self, settings: Mapping[str, Any]) -> ast.Module:
        """A copy of the tree in which the values of ``settings`` are looked up at their places.

        Lines before see nothing of it, what is derived follows, and tracebacks keep their lines.
        """
        places = {self.parameters[name].place: name for name in settings}
        tree: ast.Module = _LookUp(places).visit(ast.parse(self.text, str(self.path)))
        return ast.fix_missing_locations(tree)

    def in_brian(self, name: str) -> Any:
        """A parameter's own value, with Brian2's quantities."""
        node = ast.parse(self.parameters[name].text, mode="eval").body
        return evaluate(node, lambda written: brian_unit(self.imports.unit(written) or written))

    def _known(self, name: str) -> ScriptParameter:
        if name in self.parameters:
            return self.parameters[name]
        where = self.path.name
        if name in self.refused:
            raise ScriptError(f"{name} is not a parameter of {where}: {self.refused[name]}")
        if name in self.bindings:
            made = listed_lines(self.bindings[name])
            raise ScriptError(f"{name} is not a parameter of {where}: it is made at {made}")
        if not self.parameters:
            raise ScriptError(f"{where} has no parameters (constants such as tau = 20*ms)")
        message = unknown_name("parameter", name, list(self.parameters))
        raise ScriptError(message.replace("unknown parameter", f"{where} has no parameter", 1))


class _LookUp(ast.NodeTransformer):
    """Puts a look-up of the settings where a value stood."""

    def __init__(self, places: Mapping[Place, str]) -> None:
        self.places = places

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and (name := self.places.get(place_of(node))):
            settings = ast.Name(SETTINGS, ast.Load())
            look_up = ast.Subscript(settings, ast.Constant(name), ast.Load())
            return ast.copy_location(look_up, node)
        return self.generic_visit(node)


def _text_of(path: Path) -> str:
    """The text of a script, in the encoding that it names.

    Raises
    ------
    ScriptError
        If there is no such file, or its bytes are no text.
    """
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except FileNotFoundError:
        raise ScriptError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise ScriptError(f"{path} is a folder, not a script") from None
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path.name} is no text that Python can read: {error}") from None
