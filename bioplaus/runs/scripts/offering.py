"""Which values of a running script can be changed: the sliders of the viewer."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from brian2 import Quantity

from bioplaus.runs.reading.following import follows
from bioplaus.runs.reading.literals import evaluate
from bioplaus.runs.reading.script import Script
from bioplaus.units import UNITS, measured_in, number

__all__ = ["offered"]


def offered(
    script: Script,
    settings: Mapping[str, Any],
    line: int,
    used: Mapping[str, Any],
    shared: Mapping[str, tuple[Any, str]],
) -> dict[str, str]:
    """What can be changed while a script runs: name to the value now, as text with its unit.

    Numbers that equations take from outside, parameters from which such numbers follow, those that
    only loops of the script read, and shared variables.  Sizes, seeds, and what is read but once
    before the run, have no effect any more and are not offered.

    Parameters
    ----------
    settings
        What was set before the script began.
    line
        The line of the module that is executing.
    used, shared
        What equations take from the script, and shared variables as (group, variable).
    """
    used = {n: value for n, value in used.items() if n not in UNITS or n in script.bound}
    in_loops = _read_in_loops_only(script.tree)
    found = {}
    for name, parameter in script.parameters.items():
        value = settings[name] if name in settings else script.in_brian(name)
        numeric = isinstance(value, (int, float, Quantity)) and not isinstance(value, bool)
        if parameter.line < line and numeric:
            follows = name in used or name.partition(".")[0] in in_loops
            if follows or _changes(script, name, value, line, settings) & used.keys():
                found[name] = _as_written(script, name, value)
    found |= {name: _text(value) for name, value in used.items() if name not in found}
    for name, (group, variable) in shared.items():
        view = getattr(group, variable)
        found[name] = _text(Quantity(view[:], dim=view.dim))
    return found


def _changes(
    script: Script, name: str, value: Any, line: int, settings: Mapping[str, Any]
) -> set[str]:
    """The constants that follow from a parameter."""
    other = value * 2 if value else value + 1 if not isinstance(value, Quantity) else value
    return set(follows(script, {name: other}, line, settings))


def _read_in_loops_only(tree: ast.Module) -> set[str]:
    """Names that are read in the bodies of loops and nowhere else."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, (ast.For, ast.While))
        for statement in node.body
        for part in ast.walk(statement)
    }
    read: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read[node.id] = read.get(node.id, True) and id(node) in inside
    return {name for name, only in read.items() if only}


def _as_written(script: Script, name: str, value: Any) -> str:
    """A parameter in the unit in which the script has it."""
    parameter = script.parameters[name]
    if not isinstance(value, Quantity):
        return repr(value)
    if not parameter.unit:
        return _text(value)
    unit = evaluate(ast.parse(parameter.unit, mode="eval").body, script.imports.amount)
    return f"{float(value) / number(unit):.12g} {parameter.unit}"


def _text(value: Any) -> str:
    """A number with its SI unit, to the last digit."""
    unit = measured_in(value).replace(" ", "*").replace("^", "**")
    return f"{float(value)!r} {unit}".strip()
