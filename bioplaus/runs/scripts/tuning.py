"""Changes while a script runs: its constants, what follows from them, and shared variables.

A change holds from the next segment on.  It is a row of ``changes.csv``, and is made again at that
segment whenever the script is replayed.
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2 import Quantity
from brian2.core.variables import Constant
from brian2.units.fundamentalunits import get_or_create_dimension

from bioplaus.errors import UserError
from bioplaus.parameters import unknown_name
from bioplaus.records.reader import RunReader
from bioplaus.runs.reading.following import follows
from bioplaus.runs.reading.literals import like
from bioplaus.runs.reading.script import SETTINGS, ScriptError
from bioplaus.runs.scripts.course import Course
from bioplaus.runs.scripts.offering import offered

__all__ = ["Tuning", "constants_in_use", "shared_variables"]

_NUMBERS = (bool, int, float, np.number, Quantity)


class Tuning:
    """The values that have been changed.

    overlay : name to (the value that the script has, the value now); tuned : parameters by name.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self.overlay: dict[str, tuple[Any, Any]] = {}
        self.tuned: dict[str, Any] = {}
        self._changes: dict[int, list[tuple[str, str]]] = {}
        self._offered_of: set[str] = set()
        for segment, _, name, value in RunReader(course.writer.path).changes:
            self._changes.setdefault(segment, []).append((name, value))

    def overlaid(self, namespace: Mapping[str, Any]) -> Mapping[str, Any]:
        """A namespace with the changed values, but where the script itself has given another."""
        changed = {
            name: new
            for name, (old, new) in self.overlay.items()
            if name in namespace and _equal(namespace[name], old)
        }
        if not changed:
            return namespace
        maps = namespace.maps if isinstance(namespace, ChainMap) else [namespace]
        return ChainMap(changed, *maps)

    # Changes

    def at_end_of_segment(
        self, objects: list[Any], names: Mapping[int, str], namespace: Mapping[str, Any]
    ) -> None:
        """Make the changes of this segment again, then those that are asked for now."""
        course = self.course
        for name, value in self._changes.pop(course.segment, []):
            self._change(name, value, objects, names, namespace)
        if course.replaying:
            return
        for name, value in course.writer.take_requests():
            try:
                follows = self._change(name, value, objects, names, namespace)
            except (UserError, ValueError) as error:
                course.writer.log(f"refused to change {name} to {value}: {error}")
                continue
            course.writer.append_change(course.segment, course.simulated, name, value)
            so = f", and so {', '.join(follows)}" if follows else ""
            course.writer.log(f"segment {course.segment}: {name} = {value} from now on{so}")
        self._offer(objects, names, namespace)

    def _offer(
        self, objects: list[Any], names: Mapping[int, str], namespace: Mapping[str, Any]
    ) -> None:
        """Say what can be changed, whenever another network has run."""
        if set(names.values()) == self._offered_of:
            return
        self._offered_of = set(names.values())
        settings = self.course.variables.get(SETTINGS, {})
        used, shared = constants_in_use(objects, namespace), shared_variables(objects, names)
        can = offered(self.course.script, settings, self._line(), used, shared)
        self.course.writer.write_tunable(can)

    def _change(
        self,
        name: str,
        text: str,
        objects: list[Any],
        names: Mapping[int, str],
        namespace: Mapping[str, Any],
    ) -> list[str]:
        """Make a change; returns what follows from it, in words."""
        shared = shared_variables(objects, names)
        if name in shared:
            group, variable = shared[name]
            view = getattr(group, variable)
            setattr(group, variable, self._like(Quantity(view[:], dim=view.dim), text, name))
            return []
        used = constants_in_use(objects, namespace)
        if name in self.course.script.parameters:
            new = self.course.script.value(name, text)
            settings = self.course.variables.get(SETTINGS, {})
            tuned = {**self.tuned, name: new}
            found = follows(self.course.script, tuned, self._line(), settings)
            self.tuned = tuned
            new_values = {name: new} | {key: value for key, value in found.items() if key != name}
        elif name in used:
            new_values = {name: self._like(used[name], text, name)}
        else:
            known = sorted({*shared, *used, *self.course.script.parameters})
            raise ScriptError(unknown_name("parameter", name, known))
        for key, value in new_values.items():
            now = namespace.get(key, self.course.variables.get(key))
            first = self.overlay[key][0] if key in self.overlay else now
            self.overlay[key] = (first, value)
            if key in self.course.variables:
                self.course.variables[key] = value
        return [f"{key} = {value}" for key, value in new_values.items() if key != name]

    def _like(self, before: Any, text: str, name: str) -> Any:
        plain = isinstance(before, Quantity) and before.dim.is_dimensionless
        return like(float(before) if plain else before, text, name, str(before))

    def _line(self) -> int:
        """The line that the script's module executes."""
        frame: Any = sys._getframe()
        line = sys.maxsize
        while frame is not None:
            if frame.f_locals is self.course.variables:
                line = frame.f_lineno
            frame = frame.f_back
        return line

    # States

    def state(self) -> dict[str, Any]:
        """The changed values, as plain data."""
        return {
            "overlay": {k: [_packed(v) for v in pair] for k, pair in self.overlay.items()},
            "tuned": {k: _packed(v) for k, v in self.tuned.items()},
        }

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Be where a state was written."""
        pairs = state["overlay"].items()
        self.overlay = {k: (_unpacked(old), _unpacked(new)) for k, (old, new) in pairs}
        self.tuned = {k: _unpacked(v) for k, v in state["tuned"].items()}
        for segment in [s for s in self._changes if s <= self.course.segment]:
            del self._changes[segment]
        for name, (old, new) in self.overlay.items():
            if name in self.course.variables and _equal(self.course.variables[name], old):
                self.course.variables[name] = new


def shared_variables(
    objects: Iterable[Any], names: Mapping[int, str]
) -> dict[str, tuple[Any, str]]:
    """Variables that all elements of a group share, as ``group.variable``."""
    found = {}
    for group in objects:
        equations = getattr(group, "equations", None) or {}
        for name, equation in equations.items():
            if "shared" in equation.flags and equation.type == "parameter":
                found[f"{names.get(id(group), group.name)}.{name}"] = (group, name)
    return found


def constants_in_use(objects: Iterable[Any], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that equations take from the script, as they are now."""
    found: dict[str, Any] = {}
    for thing in objects:
        for code in getattr(thing, "code_objects", []):
            own = getattr(code.owner, "variables", {})
            for name, variable in code.variables.items():
                outside = isinstance(variable, Constant) and name not in own and name in namespace
                if outside and isinstance(namespace[name], _NUMBERS):
                    found[name] = namespace[name]
    return found


def _packed(value: Any) -> Any:
    if isinstance(value, Quantity):
        return {"value": float(value), "dim": [float(power) for power in value.dim._dims]}
    return value.item() if isinstance(value, np.generic) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return Quantity(value["value"], dim=get_or_create_dimension(value["dim"]))
    return value


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(np.all(a == b))
    except Exception:  # of different dimensions, or compared in a way of its own
        return a is b
