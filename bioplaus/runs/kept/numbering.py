"""Brian objects by the order in which the script makes them.

Names cannot serve as the address of a state: the one that Brian finds for an object depends on
which others the garbage collector has left.  The order of making is the same in every execution.
Names matter all the same, for Brian sorts objects of one slot by them: the first execution leaves
their choice to Brian, and a replay is given the names of the first.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from brian2.codegen.codeobject import CodeObject
from brian2.core.magic import magic_network
from brian2.core.names import Nameable
from brian2.core.network import Network
from brian2.devices.device import get_device

__all__ = ["DEFAULT_CLOCK", "MAGIC", "NUMBER", "Numbers", "is_nameable", "number_of", "reachable"]

DEFAULT_CLOCK, MAGIC = -1, -2
"""The two objects that are there before the script begins."""

NUMBER = "_bioplaus_number"
"""The attribute of an object that holds its number."""


class Numbers:
    """Numbers objects as they are made, and names them as in the first execution.

    made : how many there were so far; names : number to name, of the first execution; new_names :
    the names given since :meth:`take_names`.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self.made = 0
        self.names = dict(names)
        self.new_names: list[tuple[int, str]] = []
        self.paused = False
        self._alive: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._plain = Nameable.__init__

    def install(self) -> None:
        """Take over the naming of objects."""
        numbers, plain = self, self._plain

        def init(thing: Any, name: Any) -> None:
            again = getattr(thing, "_name", None) is not None
            if again or numbers.paused or isinstance(thing, CodeObject):
                plain(thing, name)
                return
            number = numbers.made
            if isinstance(name, str) and name.endswith("*"):
                name = numbers.names.get(number, name)
            plain(thing, name)
            numbers.made += 1
            numbers.new_names.append((number, thing.name))
            numbers.give(thing, number)

        Nameable.__init__ = init

    def uninstall(self) -> None:
        """Give the naming back to Brian."""
        Nameable.__init__ = self._plain

    def give(self, thing: Any, number: int) -> None:
        """Say that an object is the one of that number."""
        thing.__dict__[NUMBER] = number
        self._alive[number] = thing

    def thing(self, number: int) -> Any:
        """The living object of a number.

        Raises
        ------
        KeyError
            If there is none.
        """
        if number == DEFAULT_CLOCK:
            return get_device().defaultclock
        return magic_network if number == MAGIC else self._alive[number]

    def find(self, number: int) -> Any:
        """The living object of a number, None if there is none."""
        return self._alive.get(number)

    def alive(self, first: int) -> list[tuple[int, str]]:
        """Number and name of every living object from a number on."""
        found = [(n, thing) for n, thing in list(self._alive.items()) if n >= first]
        return sorted((n, thing.name) for n, thing in found)

    def stand_in(self, phantoms: Iterable[tuple[int, str]]) -> None:
        """Occupy the names of objects that were alive, and that the script makes anew.

        What a loop has made in its last turn lives until it is replaced and the garbage collector
        has come by; names that are given before that avoid it.
        """
        self.paused = True
        try:
            standing = [Phantom(name) for number, name in phantoms if self.find(number) is None]
        finally:
            self.paused = False
        gc.collect()  # they are old now, as what they stand for was
        del standing

    def take_names(self) -> list[tuple[int, str]]:
        """The names given since the last call."""
        taken, self.new_names = self.new_names, []
        return taken


class Phantom(Nameable):
    """A name that is taken until the next full collection of garbage."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.itself = self


def is_nameable(value: Any) -> bool:
    """Whether a value is a Brian object itself, and not a proxy of one that may be dead."""
    return issubclass(type(value), Nameable) and not issubclass(type(value), CodeObject)


def number_of(thing: Any) -> int | None:
    """An object's place in the order of making; None for one that is not the script's."""
    number: int | None = thing.__dict__.get(NUMBER)
    if number is None:
        if thing is magic_network:
            return MAGIC
        if thing is get_device().defaultclock:
            return DEFAULT_CLOCK
    return number


def reachable(roots: Iterable[Any]) -> dict[int, Any]:
    """Objects that the given ones hold on to, by number, and the two that are always there.

    What is alive only because the garbage collector has not come by is not among them.
    """
    found: dict[int, Any] = {}
    waiting = [get_device().defaultclock, magic_network, *roots]
    while waiting:
        thing = waiting.pop()
        number = number_of(thing)
        if number is None or number in found:
            continue
        found[number] = thing
        waiting.extend(_held(thing))
    return dict(sorted(found.items()))


def _held(thing: Any) -> Iterator[Any]:
    for value in list(vars(thing).values()):
        if is_nameable(value):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (item for item in value if is_nameable(item))
    if isinstance(thing, Network):
        yield from list(thing.objects)
