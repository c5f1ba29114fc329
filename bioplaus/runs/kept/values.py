"""Plain Python values as text and arrays, with identity kept; anything else is refused by name.

A value is plain if its whole state can be read and written: numbers, text, arrays without objects,
quantities, containers of these, random streams, and instances of the script's own classes.  Some
things have no state of their own and stay as the script has made them again: modules, functions
(whose closures and defaults are looked into), classes (likewise), units, views of Brian's.  What is
neither is refused, never taken for unchanged.

A packed value is what JSON can hold; what JSON cannot is a list whose first item says what it is.
Arrays stand aside, by their number.
"""

from __future__ import annotations

import collections
import enum
import pathlib
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2 import Quantity
from brian2.core.functions import Function
from brian2.input.timedarray import TimedArray

from bioplaus.runs.kept import generators, stateless
from bioplaus.runs.kept.brian_objects import digest
from bioplaus.runs.kept.numbering import is_nameable, number_of
from bioplaus.runs.kept.plain_values import comes_back_in_order, flat, slots_of, small_scalar

__all__ = ["NotKept", "Packer"]

_NATIVE = (type(None), bool, int, float, str)
_SEQUENCES = (list, tuple, set, frozenset, collections.deque)
_MAPPINGS = (dict, collections.OrderedDict, collections.Counter, collections.defaultdict)
FACTORIES: dict[str, Any] = {"list": list, "int": int, "float": float, "dict": dict, "set": set}
LARGE = 1 << 16
"""Bytes from which an array is compared with how it was where the loop began."""


class NotKept(Exception):
    """A value that cannot be kept; ``place`` says where it is, ``what`` what it is.

    name : what the script calls it; root : the variable that it belongs to.
    """

    def __init__(self, place: str, what: str) -> None:
        self.place, self.what = place, what
        self.name = place.partition(":")[2]
        self.root = re.split(r"[.\[]", self.name, maxsplit=1)[0]
        super().__init__(f"'{self.name}' is {what} and cannot be kept")

    def why(self, line: int | None = None) -> str:
        """For people: what it is, where it gets its value, and what can be done."""
        where = f" (line {line})" if line else ""
        return (
            f"'{self.name}'{where} is {self.what} and cannot be kept; "
            f"bioplaus.keep({self.root}=(read, write)) can say how"
        )


@dataclass
class Packer:
    """Packs values; what is met twice is packed once.

    own : whether a module is the script's or of its folder; made : Brian objects from this number
    on are not kept; at_entry : what stood at which place where the loop began (None: this is where
    it begins, and it is noted); base : digests of large arrays then; exempt : identities that the
    script keeps itself; pack_file : how an open file is kept (None: not one of ours).
    """

    own: Callable[[str], bool]
    made: int
    pack_file: Callable[[Any], dict[str, Any] | None]
    at_entry: stateless.Places
    noting: bool = False
    base: Mapping[str, str] = field(default_factory=dict)
    exempt: frozenset[int] = frozenset()
    copy: bool = False
    arrays: list[Any] = field(default_factory=list)
    things: list[Any] = field(default_factory=list)
    large: dict[str, Any] = field(default_factory=dict)
    spans: list[tuple[int, int, str, bool]] = field(default_factory=list)
    _known: dict[int, int] = field(default_factory=dict)
    _alive: list[Any] = field(default_factory=list)

    def pack_root(self, value: Any, place: str) -> Any:
        """Pack a variable; where it cannot be kept, nothing of it is left behind.

        Raises
        ------
        NotKept
            If it cannot be kept.
        """
        before = len(self._known), len(self.arrays), len(self.spans)
        try:
            return self.pack(value, place)
        except NotKept:
            while len(self._known) > before[0]:
                self._known.popitem()
            del self.arrays[before[1] :], self.spans[before[2] :]
            raise

    def pack(self, value: Any, place: str) -> Any:
        """What JSON can hold of a value.

        Raises
        ------
        NotKept
            If it cannot be kept.
        """
        if type(value) in _NATIVE:
            return value
        if id(value) in self.exempt:
            return ["same"]
        if is_nameable(value):
            return self._brian(value, place)
        if id(value) in self._known:
            return ["again", self._known[id(value)]]
        number = self._known[id(value)] = len(self._known)
        self._alive.append(value)  # identities stay unique while it is packed
        kind, *content = self._pack_new(value, place)
        return [kind, number, *content]

    def _pack_new(self, value: Any, place: str) -> list[Any]:
        kind = type(value)
        if kind in (np.ndarray, Quantity):
            return self._array(value, place)
        if kind in _SEQUENCES:
            return self._sequence(value, place)
        if kind in _MAPPINGS:
            return self._mapping(value, place)
        scalar = small_scalar(value)
        if scalar is not None:
            return [kind.__name__, *scalar]
        if isinstance(value, np.generic) and not value.dtype.hasobject:
            return ["scalar", self.aside(np.asarray(value))]
        if isinstance(value, pathlib.PurePath):
            return ["path", str(value)]
        if isinstance(value, Function):
            return ["function", self.pack(value.pyfunc, f"{place}.pyfunc")]
        stream = generators.packed(value, place, self)
        if stream is not None:
            return stream
        if isinstance(value, (type, types.FunctionType, types.MethodType)):
            return self._code(value, place)
        if self._is_own_instance(value):
            return self._instance(value, place)
        file = self.pack_file(value)
        if file is not None:
            return ["file", file]
        if isinstance(value, types.BuiltinMethodType) and stateless.has_owner(value):
            return ["builtin", self.pack(value.__self__, f"{place}.__self__"), value.__name__]
        if stateless.is_stateless(value):
            return self._same(value, place)
        raise NotKept(place, stateless.what_it_is(value))

    # Brian objects

    def _brian(self, value: Any, place: str) -> Any:
        number = number_of(value)
        if number is not None and number < self.made:
            self.things.append(value)
            return ["brian", number]
        if type(value) is TimedArray and number is not None:
            values = self.aside(np.asarray(value.values))
            return ["timed", number, value.name, values, float(value.dt), _powers(value.dim)]
        raise NotKept(place, f"a {type(value).__name__} that was made inside the loop")

    # Arrays

    def aside(self, values: Any) -> int:
        """Put an array aside; returns its number."""
        self.arrays.append(np.array(values) if self.copy else values)
        return len(self.arrays) - 1

    def _array(self, value: Any, place: str) -> list[Any]:
        if value.dtype.hasobject:
            raise NotKept(place, "an array of Python objects")
        plain = np.asarray(value)
        known = self.at_entry.is_same(place, value, self.noting)
        self.occupies(plain, place, known)
        if plain.nbytes >= LARGE:
            self.large[place] = plain
            if known and not self.noting and self.base.get(place) == digest(plain):
                return ["unchanged"]
        dim = _powers(value.dim) if type(value) is Quantity else None
        layout = None if plain.flags.c_contiguous else list(plain.strides)
        return ["array", self.aside(plain), dim, layout, bool(plain.flags.writeable)]

    def occupies(self, values: Any, place: str, known: bool) -> None:
        """Note which memory an array is in; known : it was there where the loop began."""
        if values.size:
            self.spans.append((*np.lib.array_utils.byte_bounds(values), place, known))

    def look_for_shared_memory(self) -> None:
        """Two arrays that share memory are both filled in place, or they are not kept.

        Raises
        ------
        NotKept
            For one that was made inside the loop.
        """
        end, last, last_known = 0, "", True
        for low, high, place, known in sorted(self.spans):
            if low < end and not (known and last_known):
                newer, older = (place, last) if not known else (last, place)
                older = older.partition(":")[2]
                raise NotKept(newer, f"an array that shares its memory with '{older}'")
            if high > end:
                end, last, last_known = high, place, known

    # Containers

    def _sequence(self, value: Any, place: str) -> list[Any]:
        kind = type(value)
        if kind in (set, frozenset) and not comes_back_in_order(value):
            raise NotKept(place, f"a {kind.__name__} whose order would be another one")
        if kind in (list, tuple):
            self.at_entry.is_same(place, value, self.noting)
        numbers = flat(value)
        if numbers is not None:
            items: Any = ["flat", self.aside(numbers)]
        else:
            items = [self.pack(item, f"{place}[{n}]") for n, item in enumerate(value)]
        extra = [value.maxlen] if kind is collections.deque else []
        return [kind.__name__, items, *extra]

    def _mapping(self, value: Any, place: str) -> list[Any]:
        factory = getattr(value, "default_factory", None)
        name = None if factory is None else getattr(factory, "__name__", "")
        if factory is not None and FACTORIES.get(str(name)) is not factory:
            raise NotKept(place, "a defaultdict with a factory of its own")
        items = [
            [self.pack(key, f"key of {place}"), self.pack(item, f"{place}[{key!r}]")]
            for key, item in value.items()
        ]
        return [type(value).__name__, items, name]

    # Code and instances

    def _code(self, value: Any, place: str) -> list[Any]:
        """A function, method or class: itself has no state, but what it holds may have."""
        if isinstance(value, types.MethodType):
            function = self.pack(value.__func__, f"{place}.__func__")
            return ["method", self.pack(value.__self__, f"{place}.__self__"), function]
        if not self.own(value.__module__ or ""):
            return self._same(value, place)
        held = {}
        for name, item in stateless.held_by(value).items():
            held[name] = self.pack(item, f"{place}.{name}")
        return ["code", self._same(value, place), held]

    def _same(self, value: Any, place: str) -> list[Any]:
        """What can be found by its name, or stays where the script has made it."""
        known = self.at_entry.is_same(place, value, self.noting)
        found = stateless.address(value)
        if found is not None:
            return ["global", *found]
        if known:
            return ["same"]
        raise NotKept(place, f"{stateless.what_it_is(value)} that was made inside the loop")

    def _is_own_instance(self, value: Any) -> bool:
        kind = type(value)
        if kind in (types.SimpleNamespace, stateless.ARGUMENTS):
            return True
        foreign = [k for k in kind.__mro__ if not self.own(k.__module__)]
        return all(stateless.is_empty_base(k) for k in foreign) and len(foreign) < len(kind.__mro__)

    def _instance(self, value: Any, place: str) -> list[Any]:
        kind = type(value)
        if isinstance(value, enum.Enum):
            return ["enum", kind.__module__, kind.__qualname__, value.name]
        items = [[k, self.pack(item, f"{place}.{k}")] for k, item in slots_of(value).items()]
        content: Any = None
        if isinstance(value, tuple):
            content = [self.pack(item, f"{place}[{n}]") for n, item in enumerate(tuple(value))]
        return ["instance", self._same(kind, f"{place}.__class__"), items, content]


def _powers(dim: Any) -> list[float]:
    """The powers of the base units, as plain numbers."""
    return [float(power) for power in dim._dims]
