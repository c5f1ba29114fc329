"""What equations take from outside by name: numbers, tables over time, functions.

Brian2 looks names up when it prepares a run: in the namespace of the group, then in that of
``run()``, which may be the local variables of a function.  While it does so the names are noted
here, and looked up again before the next run.  A number of the same type and dimensions, and a
table of the same kind, take the place of the last ones; anything else is another network.
"""

from __future__ import annotations

import inspect
import numbers
import weakref
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from brian2.core.functions import Function
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS, DEFAULT_UNITS
from brian2.core.variables import Constant, Variable
from brian2.groups.group import Group
from brian2.input.timedarray import TimedArray
from brian2.parsing import expressions
from brian2.units.fundamentalunits import DIMENSIONLESS

from ..brian.codeobject import NumbaCodeObject

__all__ = ["ANEW", "CHANGED", "SAME", "Externals", "Noted", "install", "noting"]

SAME, CHANGED, ANEW = range(3)

_MISSING = object()
_FLOAT = np.dtype(float)
_NUMBERS = (float, int, bool)


class Noted:
    """The names that were looked up while a network was prepared.

    names : by group; exponents : names whose value decided about dimensions, as n in ``v**n``.
    """

    def __init__(self) -> None:
        self.names: dict[weakref.ref[Any], dict[str, None]] = {}
        self.exponents: set[str] = set()


_noted: Noted | None = None


@contextmanager
def noting() -> Iterator[Noted]:
    """Note the names that Brian2 looks up meanwhile."""
    global _noted
    _noted = Noted()
    try:
        yield _noted
    finally:
        _noted = None


def install() -> None:
    """Have Brian2 tell which names it looks up: called once, by the import of the package."""
    resolve = Group._resolve_external
    value_of = expressions._get_value_from_expression

    def resolve_external(group: Any, identifier: str, *args: Any, **kwds: Any) -> Any:
        if _noted is not None and kwds.get("internal_variable") is None:
            by_name = _noted.names.setdefault(weakref.ref(group.__repr__.__self__), {})
            by_name.update({identifier: None} if not _is_brian2s(identifier) else {})
        return resolve(group, identifier, *args, **kwds)

    def value_from_expression(expr: Any, variables: Any) -> Any:
        if _noted is not None and hasattr(expr, "id"):
            _noted.exponents.add(expr.id)
        return value_of(expr, variables)

    Group._resolve_external = resolve_external
    expressions._get_value_from_expression = value_from_expression


def _is_brian2s(name: str) -> bool:
    return name in DEFAULT_CONSTANTS or name in DEFAULT_UNITS or name in DEFAULT_FUNCTIONS


class Externals:
    """The names that a prepared network takes from outside, and what they stood for.

    noted : from its preparation; namespace : that of ``run()``; code_objects : all of them.
    """

    def __init__(
        self, noted: Noted, namespace: Mapping[str, Any], code_objects: Iterable[Any]
    ) -> None:
        code_objects, run = list(code_objects), _maps(namespace)
        self._names: list[tuple[weakref.ref[Any], list[_External]]] = []
        for known, names in noted.names.items():
            group: Any = known()
            own = group.namespace or {}
            users = [c for c in code_objects if c.owner.__repr__.__self__ is group]
            externals = []
            for name in names:
                found = _find(name, (own, *run))
                fixed = name in noted.exponents
                externals.append(
                    _External(name, found, [c for c in users if _takes(c, name)], fixed)
                )
            self._names.append((known, externals))

    @property
    def has_tables(self) -> bool:
        """Whether there is a table over time among them."""
        return any(isinstance(e.found, TimedArray) for _, names in self._names for e in names)

    def look_up(self, namespace: Mapping[str, Any]) -> int:
        """Look all names up again: SAME, CHANGED (the code objects have the new values) or ANEW."""
        changed: list[_External] = []
        tables: dict[int, Any] = {}
        known_numbers: dict[int, Any] = {}
        run = _maps(namespace)
        for known, externals in self._names:
            group = known()
            if group is None:
                return ANEW
            maps = (group.namespace or {}, *run)
            for external in externals:
                found = _find(external.name, maps, external.found)
                if found is external.found and type(found) in _NUMBERS:
                    continue  # it cannot be changed in place
                if id(found) not in known_numbers:
                    known_numbers[id(found)] = _number(found)
                state = external.compare(found, known_numbers[id(found)])
                if state == ANEW:
                    return ANEW
                if state == CHANGED:
                    changed.append(external)
                # Groups that share a table share its memory in the compiled loop.
                if isinstance(found, TimedArray) and (
                    tables.setdefault(id(external.table), found) is not found
                ):
                    return ANEW
        for external in changed:
            external.hand_over()
        return CHANGED if changed else SAME


def _takes(code_object: Any, name: str) -> bool:
    variable = code_object.variables.get(name)
    return isinstance(variable, Function) or (
        isinstance(variable, Constant) and variable.owner is None
    )


def _maps(namespace: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return namespace.maps if isinstance(namespace, ChainMap) else [namespace]


def _find(name: str, namespaces: Iterable[Mapping[str, Any]], last: Any = _MISSING) -> Any:
    """What Brian2 takes a name for that is none of its own; last : what that was before."""
    for namespace in namespaces:
        found = namespace.get(name, _MISSING)
        if found is not _MISSING and (found is last or _counts(found)):
            return found
    return _MISSING


def _counts(found: Any) -> bool:
    kind = type(found)
    if (
        kind is float
        or kind is int
        or isinstance(found, (np.ndarray, Function, Variable, numbers.Number))
    ):
        return True
    return (
        inspect.isfunction(found)
        and hasattr(found, "_arg_units")
        and hasattr(found, "_return_unit")
    )


class _External:
    """One name, what it stood for in the last run, and the code objects that use it.

    fixed : whether another value is another network.
    """

    def __init__(self, name: str, found: Any, code_objects: list[Any], fixed: bool) -> None:
        self.name, self.found, self.code_objects, self.fixed = name, found, code_objects, fixed
        #: The table that the compiled loop knows it by.
        self.table = found
        self.number = _number(found)

    def compare(self, found: Any, number: Any) -> int:
        """What has become of it; what was found, and its `_number`, is remembered."""
        if self.number is None:
            before, self.found = self.found, found
            if found is before:
                return SAME
            if isinstance(before, TimedArray) and isinstance(found, TimedArray):
                return CHANGED if _same_kind_of_table(before, found) else ANEW
            return SAME if _same_function(before, found) else ANEW
        if number is None or number[1:] != self.number[1:]:
            return ANEW
        self.found, before = found, self.number
        self.number = number
        if number[0] == before[0] or (number[0] != number[0] and before[0] != before[0]):
            return SAME
        return ANEW if self.fixed else CHANGED

    def hand_over(self) -> None:
        """Let the code objects have what was found."""
        for code_object in self.code_objects:
            variable = self.found
            if self.number is not None:
                value, _, dimensions = self.number
                variable = Constant(self.name, np.asarray(value), dimensions)
            code_object.variables[self.name] = variable
            if self.number is None and isinstance(code_object, NumbaCodeObject):
                code_object.translate_again(self.name)
            code_object.variables_to_namespace()


def _number(found: Any) -> tuple[Any, Any, Any] | None:
    """Value, type and dimensions of a number, None for anything else."""
    kind = type(found)
    if kind is float:
        return found, (_FLOAT, False), DIMENSIONLESS
    if not isinstance(found, np.ndarray) and (
        isinstance(found, (Function, Variable)) or not isinstance(found, numbers.Number)
    ):
        return None
    array: Any = found if hasattr(found, "dtype") else np.asarray(found)
    if array.shape != () or array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        return None
    # A quantity's own `item` makes another quantity.
    value = np.ndarray.item(array) if isinstance(array, np.ndarray) else array.item()
    # Where integers of more than 32 bits are calculated with, code looks whether they fit.
    long = array.dtype.kind in "iu" and not -(2**31) <= value < 2**31
    return value, (array.dtype, long), getattr(found, "dim", DIMENSIONLESS)


def _same_kind_of_table(one: TimedArray, two: TimedArray) -> bool:
    return one.values.ndim == two.values.ndim and one.dim is two.dim and one.dt == two.dt


def _same_function(one: Any, two: Any) -> bool:
    """Whether two functions come from one ``def`` and know nothing of where it was executed."""
    if not (inspect.isfunction(one) and inspect.isfunction(two)):
        return False
    units = [[getattr(f, name) for name in ("_arg_units", "_return_unit")] for f in (one, two)]
    one, two = (getattr(f, "_orig_func", f) for f in (one, two))
    return (
        one.__code__ is two.__code__
        and not one.__code__.co_freevars
        and one.__globals__ is two.__globals__
        and one.__defaults__ is None is two.__defaults__
        and one.__kwdefaults__ is None is two.__kwdefaults__
        and bool(units[0] == units[1])
    )
