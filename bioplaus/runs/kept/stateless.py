"""Values that have no state of their own, and how one says that a value is still the same one."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import types
import typing
import weakref
from typing import Any

import numpy as np
from brian2 import Morphology, Quantity, Unit
from brian2.core.functions import Function
from brian2.core.variables import Variables, VariableView
from brian2.equations.equations import Equations
from brian2.units.fundamentalunits import Dimension

__all__ = [
    "ARGUMENTS",
    "Places",
    "address",
    "has_owner",
    "held_by",
    "is_empty_base",
    "is_stateless",
    "resolve",
    "what_it_is",
]

ARGUMENTS = argparse.Namespace
_KINDS = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    type,
    np.ufunc,
    type(np.place),
    np.dtype,
    re.Pattern,
    Unit,
    Dimension,
    Equations,
    Function,
    Morphology,
    Variables,
    VariableView,
    types.EllipsisType,
    types.NotImplementedType,
    types.GenericAlias,
    argparse.ArgumentParser,
)
_SHOWN_ONLY = ("tqdm", "progressbar", "rich.progress", "alive_progress")
"""Bars: what they count is shown and read by nobody."""
_EMPTY_BASES = (object, typing.Generic, typing.Protocol, tuple)


class Places:
    """Which object stood at which place where a loop began; it holds none of them alive."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}

    def is_same(self, place: str, value: Any, noting: bool) -> bool:
        """Whether the very object stood there (while noting: it stands there now)."""
        if noting:
            try:
                self._found[place] = weakref.ref(value)
            except TypeError:
                self._found[place] = _Identity(value)
            return True
        there = self._found.get(place)
        return there is not None and there() is value

    def __contains__(self, place: str) -> bool:
        return place in self._found


class _Identity:
    """For what cannot be referred to weakly: small things without state, and containers."""

    def __init__(self, value: Any) -> None:
        self.value = None if isinstance(value, (list, tuple)) else value

    def __call__(self) -> Any:
        return self.value


def is_stateless(value: Any) -> bool:
    """Whether a value is of a kind that has no state of its own."""
    if isinstance(value, Quantity) and type(value) is not Unit:
        return False
    shown = type(value).__module__.startswith(_SHOWN_ONLY)
    return isinstance(value, _KINDS) or shown


def is_empty_base(kind: type) -> bool:
    """Whether a class adds no state to those that derive from it."""
    return kind in _EMPTY_BASES or kind.__module__ in ("enum", "abc") or kind is Exception


def has_owner(value: Any) -> bool:
    """Whether a built-in function is the method of an object that may have a state."""
    owner = value.__self__
    return owner is not None and not isinstance(owner, (types.ModuleType, type))


def held_by(value: Any) -> dict[str, Any]:
    """What a function of the script remembers, or a class of it: by a name of its own."""
    if isinstance(value, type):
        return {
            name: item
            for name, item in vars(value).items()
            if not (name.startswith("__") and name.endswith("__")) and _may_change(item)
        }
    held = {f"cell {name}": cell.cell_contents for name, cell in cells(value)}
    held |= {f"default {n}": item for n, item in enumerate(value.__defaults__ or ())}
    held |= {f"default {name}": item for name, item in (value.__kwdefaults__ or {}).items()}
    return held | {f"attribute {name}": item for name, item in vars(value).items()}


def _may_change(item: Any) -> bool:
    descriptors = (property, types.MemberDescriptorType, types.GetSetDescriptorType)
    return not isinstance(item, (*descriptors, staticmethod, classmethod))


def cells(function: Any) -> list[tuple[str, Any]]:
    """The closure of a function by name, without what has no value yet."""
    found = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            cell.cell_contents  # noqa: B018
        except ValueError:
            continue
        found.append((name, cell))
    return found


def address(value: Any) -> tuple[str, str] | None:
    """Module and name under which a value can be found again."""
    module = getattr(value, "__module__", None)
    if isinstance(value, types.ModuleType):
        return value.__name__, ""
    name = getattr(value, "__qualname__", getattr(value, "__name__", None))
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    try:
        return (module, name) if resolve(module, name) is value else None
    except (ImportError, AttributeError):
        return None


def resolve(module: str, name: str) -> Any:
    """What stands under a name in a module."""
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    return found


def what_it_is(value: Any) -> str:
    """A value in words, with its kind."""
    kind = type(value)
    if isinstance(value, types.GeneratorType):
        return "a generator"
    if hasattr(value, "fileno") and hasattr(value, "name") and hasattr(value, "closed"):
        return f"an open file ({value.name})" if not value.closed else "a closed file"
    if hasattr(value, "__next__"):
        return f"an iterator ({kind.__name__})"
    names = {"function": "a function", "module": "a module", "type": "a class"}
    if kind.__name__ in names:
        return names[kind.__name__]
    where = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    return f"{'an' if kind.__name__[:1].lower() in 'aeiou' else 'a'} {where}{kind.__qualname__}"
