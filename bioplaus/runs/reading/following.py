"""What follows from a script's constants: computed again from the tree when one of them changes."""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Mapping
from typing import Any

from bioplaus.runs.reading import binding
from bioplaus.runs.reading.arithmetic import FUNCTIONS
from bioplaus.runs.reading.imports import Imports
from bioplaus.runs.reading.literals import NotLiteral, brian_unit, evaluate
from bioplaus.runs.reading.script import Script

__all__ = ["follows"]

_CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf}


def follows(
    script: Script, changed: Mapping[str, Any], line: int, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The constants above a line that are others when parameters change.

    Parameters
    ----------
    changed
        Parameter to new value, all that differ from what the script began with.
    line
        The line of the module that is executing now; what stands below is not there yet.
    settings
        What was set before the script began.

    Returns
    -------
    Name to value, for the parameters in ``changed`` and for all constants that arithmetic gives
    another value now.
    """
    before = _constants(script, line, settings)
    after = _constants(script, line, {**settings, **changed})
    return {
        name: value
        for name, value in after.items()
        if name in changed or name not in before or not _same(before[name], value)
    }


def _constants(script: Script, line: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """All constants above a line that arithmetic alone gives, with some parameters given."""
    values = {
        name: given[name] if name in given else script.in_brian(name)
        for name, parameter in script.parameters.items()
        if parameter.line < line
    }
    for statement in binding.level_statements(script.tree):
        if statement.lineno >= line:
            break
        names = {name for name, _ in binding.bound_here([statement])} - values.keys()
        values.update(_assigned(script, statement, names, values))
    return values


def _assigned(
    script: Script, statement: ast.stmt, names: set[str], values: dict[str, Any]
) -> dict[str, Any]:
    """What a statement gives to names that are no parameters, as far as it is arithmetic."""
    found: dict[str, Any] = {}
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        for together, node in binding.pairs(statement):
            if names & set(together) and len(script.bindings[together[0]]) == 1:
                try:
                    value = evaluate(node, _Names(script, values), _function(script.imports))
                except NotLiteral:
                    continue
                found |= dict.fromkeys(together, value)
    return found


class _Names:
    """Looks up what a name in a script stands for: a constant, a unit, or a number such as pi."""

    def __init__(self, script: Script, values: Mapping[str, Any]) -> None:
        self.imports = script.imports
        self.values = values

    def __call__(self, written: str) -> Any:
        key = written.replace("['", ".").replace("']", "")  # rule['eta'] is rule.eta
        if key in self.values:
            return self.values[key]
        unit = self.imports.unit(written)
        if unit is not None:
            return brian_unit(unit)
        return _CONSTANTS[self.imports.origin(written).rpartition(".")[2]]


def _function(imports: Imports) -> Callable[[str], Any]:
    """Looks up the functions that may be called: Python's, and Brian2's that know units."""

    def look_up(written: str) -> Any:
        import brian2

        module, _, name = imports.origin(written).rpartition(".")
        if name not in FUNCTIONS:
            raise KeyError(written)
        return getattr({"math": math, "builtins": builtins}.get(module, brian2), name)

    return look_up


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)
