"""What the loops of a script go over while it is run: the same, with each turn told before it."""

from __future__ import annotations

import collections
import itertools
import types
from collections.abc import Iterable, Iterator, Sized
from types import FrameType
from typing import Any

import numpy as np

from bioplaus.runs.kept.points import NotTheSame
from bioplaus.runs.scripts.frames import is_iterated_at_once
from bioplaus.runs.scripts.loop import Loop
from bioplaus.runs.scripts.session import Session

__all__ = ["WhileTurns", "marked_loop", "named_loop"]


def named_loop(
    session: Session, iterable: Iterable[Any], line: int, header: str, frame: FrameType
) -> Iterable[Any]:
    """What a loop that was found by reading goes over."""
    if not session.takes_part():
        return iterable
    return turns_of(Loop(session, frame, line, header), iterable)


def marked_loop(session: Session, iterable: Iterable[Any], frame: FrameType) -> Iterable[Any]:
    """What ``steps`` goes over, where it is called at run time."""
    if not session.takes_part() or session.options.loops == "none":
        return iterable
    if not session.own.is_file(frame.f_code.co_filename):
        return iterable
    if not is_iterated_at_once(frame):
        session.tell(
            f"steps(...) at line {frame.f_lineno} is not what a `for` goes over itself; write "
            "`for turn in bioplaus.steps(n):` to have the loop taken up in its middle"
        )
        return iterable
    return turns_of(Loop(session, frame, frame.f_lineno, "steps"), iterable)


def turns_of(loop: Loop, iterable: Iterable[Any]) -> Iterator[Any]:
    """What a named ``for`` goes over: the items of its iterable, a turn told before each."""
    known = is_counted(iterable)
    loop.length = len(iterable) if isinstance(iterable, Sized) else 0
    iterator = iter(iterable)
    if not known and not loop.refused:
        loop.refuse(
            f"it goes over a {type(iterable).__name__}, whose place cannot be kept; a list "
            "can be, or a range"
        )
    return _told(loop, iterator)


def _told(loop: Loop, iterator: Iterator[Any]) -> Iterator[Any]:
    try:
        if loop.take_up():
            _skip(loop, iterator)
        else:
            loop.begin_turn()
        while True:
            try:
                yield next(iterator)  # no variable holds an item longer than the script does
            except StopIteration:
                return
            loop.turn += 1
            loop.begin_turn()
    finally:
        loop.leave()


def _skip(loop: Loop, iterator: Iterator[Any]) -> None:
    """Go past the items of the turns that are done."""
    for _ in range(loop.turn):
        if next(iterator, loop) is loop:
            raise NotTheSame(
                f"what the loop at line {loop.line} goes over is shorter than before the "
                "interruption"
            )


class WhileTurns:
    """What a named ``while`` asks before its own test."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self._first = True

    def turn(self) -> bool:
        """A turn begins; always true."""
        loop = self.loop
        if not self._first:
            loop.turn += 1
        if not (self._first and loop.take_up()):
            loop.begin_turn()
        self._first = False
        return True

    def leave(self) -> None:
        """The loop is over."""
        self.loop.leave()


_COUNTED: tuple[Any, ...] = (
    *(range, list, tuple, str, dict, set, frozenset, np.ndarray, collections.deque),
    *(type({}.keys()), type({}.values()), type({}.items())),
    *(itertools.count, itertools.repeat, itertools.product, itertools.permutations),
    itertools.combinations,
)
_BARS = ("tqdm", "progressbar", "progressbar2")
_COMPOSED = (enumerate, zip, reversed)
_PLAIN_ITERATORS = ("list_iterator", "tuple_iterator", "range_iterator", "str_ascii_iterator")


def is_counted(iterable: Any) -> bool:
    """Whether the place in what a loop goes over is known by the number of turns alone.

    A generator's place is not: it may depend on what the loop does.
    """
    if isinstance(iterable, _COUNTED) or type(iterable).__name__ in _PLAIN_ITERATORS:
        return True
    if isinstance(iterable, _COMPOSED):
        return all(map(is_counted, _parts(iterable)))
    module = type(iterable).__module__
    if isinstance(iterable, types.GeneratorType) and iterable.gi_frame is not None:
        # A bar may give its items by a generator of its own, which holds the bar.
        module = iterable.gi_frame.f_globals.get("__name__", "")
        iterable = iterable.gi_frame.f_locals.get("self")
    inner = getattr(iterable, "iterable", getattr(iterable, "_iterable", None))
    return module.split(".")[0] in _BARS and inner is not None and is_counted(inner)


def _parts(iterable: Any) -> Iterable[Any]:
    """What ``enumerate``, ``zip`` or ``reversed`` go over."""
    held = iterable.__reduce__()[1]
    inner = held if isinstance(iterable, zip) else held[:1]
    return [
        part.__reduce__()[1][0] if type(part).__name__ == "iterator" else part for part in inner
    ]
