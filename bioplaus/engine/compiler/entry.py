"""The function that a text is entered by, called with NumPy's arrays and generators."""

from __future__ import annotations

import ctypes
import hashlib
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import cache
from . import machine, objects, sources
from .kinds import GENERATOR, INT64, Array, Kind, NotInSubsetError, number_of
from .unit import Unit, Units

__all__ = ["EntryPoint", "compiled"]


def compiled(text: str, functions: Mapping[str, Any], arguments: Sequence[Any]) -> EntryPoint:
    """The function ``run`` of a text, for arguments of the types of these.

    functions : those that Numba has compiled, by the names that they have in the text.

    Raises NotInSubsetError, with the reason, for what only Numba compiles.
    """
    if functions:
        names = ", ".join(sorted(functions))
        raise NotInSubsetError(f"functions that Numba has compiled ({names})")
    return EntryPoint(text, tuple(_kind(argument) for argument in arguments))


class EntryPoint:
    """Machine code that is called with arrays and generators of always the same types."""

    def __init__(self, text: str, kinds: tuple[Kind, ...]) -> None:
        self.symbol = _loaded(text, kinds)
        parts = [part for kind in kinds for part in kind.parts]
        types = [ctypes.c_void_p if part == "ptr" else ctypes.c_int64 for part in parts]
        function = ctypes.CFUNCTYPE(ctypes.c_int64, *types)
        self._function = function(machine.address(self.symbol))
        self._kinds = kinds
        self._held: Sequence[Any] = ()
        self._passed: list[int] = []

    def __call__(self, *arguments: Any) -> int:
        """Enter the machine code, without Python's global lock."""
        if len(self._held) == 0 or not all(map(operator.is_, arguments, self._held)):
            self._hold(arguments)
        return int(self._function(*self._passed))

    def _hold(self, arguments: Sequence[Any]) -> None:
        """Look up where the arguments are, which takes longer than entering."""
        kinds = tuple(_kind(argument) for argument in arguments)
        if kinds != self._kinds:
            raise TypeError(f"compiled for arguments of types {self._kinds}, called with {kinds}")
        self._passed = [part for argument in arguments for part in _parts(argument)]
        self._held = arguments


def _kind(argument: Any) -> Kind:
    if isinstance(argument, np.random.Generator):
        return GENERATOR
    if not isinstance(argument, np.ndarray) or argument.ndim != 1:
        raise NotInSubsetError(f"an argument of type {type(argument).__name__}")
    if not argument.flags.c_contiguous or not argument.flags.aligned:
        raise NotInSubsetError("an array that is not contiguous")
    return Array(number_of(argument.dtype))


def _parts(argument: Any) -> list[int]:
    if isinstance(argument, np.random.Generator):
        return [argument.bit_generator.ctypes.bit_generator.value]
    return [argument.__array_interface__["data"][0], argument.size]


def _loaded(text: str, kinds: tuple[Kind, ...]) -> str:
    """Bring the machine code of a text into this process, from disk or made now."""
    question = "\n".join([cache.engine_digest(), machine.target(), repr(kinds), text])
    symbol = f"run_{hashlib.sha256(question.encode()).hexdigest()[:32]}"
    if machine.loaded(symbol):
        return symbol
    found = objects.read(symbol)
    if found is not None:
        kept = {name: objects.read(name) for name in found[0] if not machine.loaded(name)}
        if all(kept.values()):
            kernels = {name: each[1] for name, each in kept.items() if each is not None}
            machine.load({**kernels, symbol: found[1]})
            return symbol
    _make(sources.entry(text, "run"), kinds, symbol)
    return symbol


def _make(source: Any, kinds: tuple[Kind, ...], symbol: str) -> None:
    unit = Units(machine.target()).unit(source, kinds, symbol)
    if unit.result != INT64:
        raise NotInSubsetError(f"a result of type {unit.result}")
    new: dict[str, objects.Object] = {}
    code: dict[str, bytes] = {}
    for one in unit.all():
        if machine.loaded(one.symbol) or one.symbol in code:
            continue
        kept = objects.read(one.symbol) if one is not unit else None
        if kept is None:
            kept = new[one.symbol] = _called(one), machine.object_code(one.text, one.effort)
        code[one.symbol] = kept[1]
    machine.load(code)
    objects.keep(new)


def _called(unit: Unit) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kernel.symbol for kernel in unit.all()[1:]))
