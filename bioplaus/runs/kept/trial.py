"""The first state of a loop is tried: read back beside what lives, and compared with it.

What is packed and made again may still be another thing, for a kind that nobody has thought of.
"""

from __future__ import annotations

import copy
import io
import pathlib
import random
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from bioplaus.runs.kept.generators import UNPACKED
from bioplaus.runs.kept.plain_values import slots_of
from bioplaus.runs.kept.stateless import held_by
from bioplaus.runs.kept.unpacking import Unpacker, bare

__all__ = ["Trial", "same"]

_FILLED = ("list", "set", "deque", "dict", "OrderedDict", "Counter", "defaultdict", "bytearray")
_MADE_ANEW = ("array", *UNPACKED)


class Trial(Unpacker):
    """Makes values anew where an unpacker fills what lives, and leaves that alone.

    held : what functions and classes hold, as it lives and as it was read.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.held: list[tuple[Any, Any]] = []

    def unpack(self, tree: Any, old: Any = None) -> Any:
        """The value, beside what lives at its place now."""
        kind = tree[0] if isinstance(tree, list) else ""
        if kind in _MADE_ANEW:
            old = None
        elif kind in _FILLED and old is not None:
            old = copy.copy(old)
        return super().unpack(tree, old)

    def _code(self, number: int, content: list[Any], old: Any) -> Any:
        itself, held = content
        value = super()._code(number, [itself, {}], old)
        now = held_by(value)
        self.held += [(now[name], self.unpack(tree, now[name])) for name, tree in held.items()]
        return value

    def _file(self, number: int, content: list[Any], old: Any) -> Any:
        return self._keep(number, old)

    def _instance(self, number: int, content: list[Any], old: Any) -> Any:
        beside = old
        if not isinstance(old, (tuple, type(None))):
            beside = bare(type(old))
            getattr(beside, "__dict__", {}).update(getattr(old, "__dict__", {}))
            for name in slots_of(old).keys() - getattr(old, "__dict__", {}).keys():
                object.__setattr__(beside, name, getattr(old, name))
        return super()._instance(number, content, beside)


def same(a: Any, b: Any, pairs: dict[int, tuple[Any, Any]]) -> bool:
    """Whether two values are equal to the bit, and so is what they hold.

    pairs : what stood for what so far, by the first one's identity: two names of one thing are to
    be two names of one thing again.
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if id(a) in pairs:
        return pairs[id(a)][1] is b
    if isinstance(a, (np.ndarray, np.generic)):
        pairs[id(a)] = a, b
        alike = (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes())
        return alike and getattr(a, "dim", None) is getattr(b, "dim", None)
    if isinstance(a, (float, complex)):
        return repr(a) == repr(b)
    inside = list(_inside(a)), list(_inside(b))
    if not inside[0] and not inside[1]:
        return type(a).__eq__ is object.__eq__ or bool(a == b)
    pairs[id(a)] = a, b
    return len(inside[0]) == len(inside[1]) and all(same(x, y, pairs) for x, y in zip(*inside))


def _inside(value: Any) -> Iterator[Any]:
    """What a value holds, in its order."""
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    if isinstance(value, random.Random):
        yield value.getstate()
    elif isinstance(value, np.random.RandomState):
        yield value.get_state(legacy=False)
    elif isinstance(value, np.random.Generator):
        yield value.bit_generator
    elif isinstance(value, np.random.BitGenerator):
        yield value.state
        yield value.seed_seq
    elif isinstance(value, np.random.SeedSequence):
        yield value.state
    elif isinstance(value, types.MethodType):
        yield value.__func__
        yield value.__self__
    elif isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "maxlen"):
        yield from value
    elif not isinstance(value, (type, types.FunctionType, io.IOBase, pathlib.PurePath)):
        yield from slots_of(value).values()
