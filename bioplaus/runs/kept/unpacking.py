"""Packed values made again: what already lives at the same place is filled, so that aliases,
closures and views go on to point at it."""

from __future__ import annotations

import collections
import pathlib
from collections.abc import Callable
from inspect import getattr_static
from types import MemberDescriptorType
from typing import Any

import numpy as np
from brian2 import Quantity
from brian2.input.timedarray import TimedArray
from brian2.units.fundamentalunits import get_or_create_dimension

from bioplaus.runs.kept import generators, stateless
from bioplaus.runs.kept.numbering import Numbers
from bioplaus.runs.kept.plain_values import slots_of
from bioplaus.runs.kept.points import NotTheSame
from bioplaus.runs.kept.values import FACTORIES

__all__ = ["Unpacker", "bare"]

_CONTAINERS: dict[str, Any] = {
    "list": list,
    "set": set,
    "deque": collections.deque,
    "dict": dict,
    "OrderedDict": collections.OrderedDict,
    "Counter": collections.Counter,
    "defaultdict": collections.defaultdict,
}


class Unpacker:
    """Makes values from what a packer wrote."""

    def __init__(
        self, arrays: list[Any], numbers: Numbers, unpack_file: Callable[[Any, Any], Any]
    ) -> None:
        self.arrays, self.numbers, self.unpack_file = arrays, numbers, unpack_file
        self._made: dict[int, Any] = {}

    def unpack(self, tree: Any, old: Any = None) -> Any:
        """The value; ``old`` is what lives at its place now."""
        if not isinstance(tree, list):
            return tree
        kind, *rest = tree
        if kind == "same":
            return self._there(old) if not rest else self._keep(rest[0], self._there(old))
        if kind == "again":
            return self._made[rest[0]]
        if kind == "brian":
            return self.numbers.thing(rest[0])
        if kind == "timed":
            return self._timed(*rest)
        number, *content = rest
        if kind in ("list", "set", "deque"):
            return self._filled(kind, number, content, old)
        if kind in ("dict", "OrderedDict", "Counter", "defaultdict"):
            return self._mapping(kind, number, content, old)
        if kind in generators.UNPACKED:
            return self._keep(number, generators.UNPACKED[kind](content, old, self))
        make = getattr(self, f"_{kind}")
        return make(number, content, old)

    def _there(self, old: Any) -> Any:
        """What stands at a place, where it must be what the script has made again."""
        if old is None:
            raise NotTheSame("something that the script makes again is not where it was")
        return old

    def _keep(self, number: int, value: Any) -> Any:
        self._made[number] = value
        return value

    # Brian's

    def _timed(self, number: int, name: str, values: int, dt: float, dims: list[float]) -> Any:
        try:
            return self.numbers.thing(number)
        except KeyError:
            pass
        dim = get_or_create_dimension(dims)
        self.numbers.paused = True
        try:
            made = TimedArray(
                Quantity(self.arrays[values], dim=dim), dt=Quantity(dt, dim=_SECOND), name=name
            )
        finally:
            self.numbers.paused = False
        self.numbers.give(made, number)
        return made

    # Arrays and numbers

    def _unchanged(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, old)

    def _array(self, number: int, content: list[Any], old: Any) -> Any:
        aside, dim, layout, writeable = content
        values = self.arrays[aside]
        kind: Any = np.ndarray if dim is None else Quantity
        if (
            type(old) is kind
            and (dim is None or list(old.dim._dims) == dim)
            and (old.shape, old.dtype) == (values.shape, values.dtype)
            and old.flags.writeable
            and writeable
            and (None if old.flags.c_contiguous else list(old.strides)) == layout
        ):
            np.asarray(old)[...] = values
            return self._keep(number, old)
        made: Any = np.array(values) if layout is None else _laid_out(values, layout)
        if dim is not None:
            made = Quantity(made, dim=get_or_create_dimension(dim), copy=False)
        made.flags.writeable = writeable
        return self._keep(number, made)

    def _scalar(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, self.arrays[content[0]][()])

    def _complex(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, complex(*content))

    def _bytes(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, bytes.fromhex(content[0]))

    def _bytearray(self, number: int, content: list[Any], old: Any) -> Any:
        target = self._keep(number, old if type(old) is bytearray else bytearray())
        target[:] = bytes.fromhex(content[0])
        return target

    def _range(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, range(*content))

    def _slice(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, slice(*content))

    def _path(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, pathlib.Path(content[0]))

    # Containers

    def _items(self, tree: Any, before: list[Any]) -> list[Any]:
        if tree[:1] == ["flat"]:
            found: list[Any] = self.arrays[tree[1]].tolist()
            return found
        before = before + [None] * (len(tree) - len(before))
        return [self.unpack(item, old) for item, old in zip(tree, before)]

    def _filled(self, kind: str, number: int, content: list[Any], old: Any) -> Any:
        items, *limit = content
        made: Any = collections.deque(maxlen=limit[0]) if kind == "deque" else _CONTAINERS[kind]()
        if type(old) is type(made) and (not limit or old.maxlen == limit[0]):
            made = old
        self._keep(number, made)
        found = self._items(items, list(made) if kind != "set" else [])
        made.clear()
        (made.update if kind == "set" else made.extend)(found)
        return made

    def _tuple(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(
            number, tuple(self._items(content[0], list(old) if type(old) is tuple else []))
        )

    def _frozenset(self, number: int, content: list[Any], old: Any) -> Any:
        made: set[Any] = set()
        made.update(self._items(content[0], []))
        return self._keep(number, frozenset(made))

    def _mapping(self, kind: str, number: int, content: list[Any], old: Any) -> Any:
        items, factory = content
        made = _CONTAINERS[kind]() if type(old) is not _CONTAINERS[kind] else old
        if kind == "defaultdict":
            made.default_factory = None if factory is None else FACTORIES[factory]
        self._keep(number, made)
        before = dict(made)
        pairs = []
        for key_tree, tree in items:
            key = self.unpack(key_tree)
            pairs.append((key, self.unpack(tree, before.get(key))))
        made.clear()
        for key, value in pairs:
            made[key] = value
        return made

    # Code and instances

    def _global(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, stateless.resolve(*content))

    def _builtin(self, number: int, content: list[Any], old: Any) -> Any:
        owner, name = content
        known = getattr(old, "__self__", None)
        return self._keep(number, getattr(self.unpack(owner, known), name))

    def _method(self, number: int, content: list[Any], old: Any) -> Any:
        owner, function = content
        whose = self.unpack(owner, getattr(old, "__self__", None))
        what = self.unpack(function, getattr(old, "__func__", None))
        same = getattr(old, "__self__", None) is whose and getattr(old, "__func__", None) is what
        return self._keep(number, old if same else what.__get__(whose))

    def _code(self, number: int, content: list[Any], old: Any) -> Any:
        itself, held = content
        value = self._there(old) if itself == ["same"] else stateless.resolve(*itself[1:])
        self._keep(number, value)
        now = stateless.held_by(value)
        for name, tree in held.items():
            _let_hold(value, name, self.unpack(tree, now.get(name)), now.get(name))
        return value

    def _function(self, number: int, content: list[Any], old: Any) -> Any:
        self._keep(number, old)
        self.unpack(content[0], old.pyfunc)
        return old

    def _file(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, self.unpack_file(content[0], old))

    def _enum(self, number: int, content: list[Any], old: Any) -> Any:
        module, kind, name = content
        return self._keep(number, stateless.resolve(module, kind)[name])

    def _instance(self, number: int, content: list[Any], old: Any) -> Any:
        where, items, inside = content
        kind: Any = type(old) if where == ["same"] else stateless.resolve(*where[1:])
        if inside is not None:  # a named tuple
            before = list(old) if type(old) is kind else []
            return self._keep(number, tuple.__new__(kind, self._items(inside, before)))
        target = self._keep(number, old if type(old) is kind else bare(kind))
        now = slots_of(target)
        values = {name: self.unpack(tree, now.get(name)) for name, tree in items}
        for name in set(getattr(target, "__dict__", {})) - set(values):
            del target.__dict__[name]
        for name, value in values.items():
            if isinstance(getattr_static(kind, name, None), MemberDescriptorType):
                object.__setattr__(target, name, value)  # one of its __slots__
            else:
                target.__dict__[name] = value
        return target


_SECOND = get_or_create_dimension([0, 0, 1, 0, 0, 0, 0])


def bare(kind: Any) -> Any:
    """An instance of a class of the script, as nothing of the script has made it."""
    built_in = next(base for base in kind.__mro__ if not base.__flags__ & _MADE_BY_CLASS)
    return built_in.__new__(kind)


_MADE_BY_CLASS = 1 << 9
"""The flag of a type that a ``class`` statement has made (``Py_TPFLAGS_HEAPTYPE``)."""


def _laid_out(values: Any, strides: list[int]) -> Any:
    """An array with the same steps through memory: sums and products depend on them."""
    reach = [(n - 1) * step for n, step in zip(values.shape, strides)]
    low, high = sum(r for r in reach if r < 0), sum(r for r in reach if r > 0)
    memory = np.zeros(high - low + values.dtype.itemsize, np.uint8)
    made: Any = np.ndarray(values.shape, values.dtype, memory, -low, tuple(strides))
    made[...] = values
    return made


def _let_hold(value: Any, name: str, item: Any, before: Any) -> None:
    """Give a function or a class what it held."""
    if item is before:
        return
    if isinstance(value, type):
        setattr(value, name, item)
        return
    kind, _, rest = name.partition(" ")
    if kind == "cell":
        dict(zip(value.__code__.co_freevars, value.__closure__))[rest].cell_contents = item
    elif kind == "attribute":
        setattr(value, rest, item)
    elif rest.isdigit():
        defaults = list(value.__defaults__)
        defaults[int(rest)] = item
        value.__defaults__ = tuple(defaults)
    else:
        value.__kwdefaults__[rest] = item
