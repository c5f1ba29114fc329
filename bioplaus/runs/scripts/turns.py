"""Loops over runs: where one stands, and going on at the turn that was kept."""

from __future__ import annotations

import collections
import itertools
import sys
import types
from collections.abc import Iterable, Iterator, Sized
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.runs.kept.points import NotTheSame
from bioplaus.runs.kept.random_streams import digest
from bioplaus.runs.kept.values import NotKept
from bioplaus.runs.scripts.frames import on_stack
from bioplaus.runs.scripts.scope import Scope
from bioplaus.runs.scripts.snapshot import Beginning

if TYPE_CHECKING:
    from bioplaus.runs.scripts.session import Session

__all__ = ["Loop", "WhileTurns", "turns_of"]


class Loop:
    """A loop in which networks run.

    point : its number among all points; turn : how many turns are done, of ``length`` (0: nobody
    knows); here : everything as it was when the present turn began, if it has been looked at;
    on_disk : the turn of the state from which this process entered the loop, or the last that was
    written.
    """

    def __init__(self, session: Session, frame: FrameType, line: int, header: str) -> None:
        session.leave_loops(frame)
        self.session, self.line = session, line
        self.frame: FrameType | None = frame
        self.point = session.next_point((f"loop {header}", digest(python=True)))
        self.turn = 0
        self.length = 0
        self.on_disk = 0
        self.turn_point = self.point
        self.here: dict[str, Any] | None = None
        self.has_inner = False
        self.refused = False
        self.state = session.kept.find("loop", self.point)
        self.beginning = self._note(frame)
        for around in session.loops:
            around.has_inner = True
        session.loops.append(self)

    def _note(self, frame: FrameType) -> Beginning | None:
        session = self.session
        if not (session.replaying or session.keeping.affords_looking(self.line)):
            return None
        outermost = session.loops[0].beginning if session.loops else None
        base = ({} if outermost is None else outermost.base) if session.loops else None
        with session.keeping.looking():
            scope = Scope(
                session.own,
                session.own.frames(frame),
                session.said.kept,
                rows=not session.recording.on_disk,
            )
            return Beginning(scope, session.numbers, session.outside, base)

    # Turns

    def begin_turn(self) -> None:
        """Say that a turn begins; keep how everything is, if it is time."""
        session = self.session
        if session.loops[-1] is not self:
            session.leave_inside(self)
        session.moment += 1
        self.turn_point = session.point
        self.here = None
        due = session.keeping.due()
        if not (due or self.has_inner):
            return
        if session.replaying or self.refused or self.beginning is None:
            return
        if due or session.keeping.affords_looking("turn"):
            self._look(copy=not due)
            if due and self.here is not None and all(x.can_be_entered for x in session.loops):
                session.keeping.write_loops()

    @property
    def can_be_entered(self) -> bool:
        """Whether a resumed run can come to the present turn without simulating those before."""
        return self.here is not None or self.turn == self.on_disk

    def _look(self, copy: bool) -> None:
        session, beginning = self.session, self.beginning
        assert beginning is not None
        try:
            with session.keeping.looking():
                self.here = {
                    **session.state(self.point),
                    **beginning.capture(copy),
                    "turn": self.turn,
                    "line": self.line,
                    "phantoms": session.numbers.alive(beginning.made),
                }
        except NotKept as error:
            line = beginning.scope.line_of(error.place.partition(":")[0], error.root)
            self.refuse(error.why(line))

    def comes_back(self) -> bool:
        """Whether the state that was written is what lives; if not, none is kept any more."""
        kept, beginning = self.session.kept, self.beginning
        state = kept.find("loop", self.point)
        if state is None or beginning is None:
            return True
        lost = beginning.not_as_read(state)
        if lost is not None:
            kept.forget(lambda kind, point: kind == "loop" and point >= self.point)
            self.refuse(f"'{lost}' does not come back as it was from what was kept")
        return lost is None

    def refuse(self, why: str) -> None:
        """Say that no turn of the loop is kept any more, and why."""
        self.refused, self.here, self.on_disk = True, None, 0
        self.session.tell(
            f"the loop at line {self.line} cannot be taken up in its middle: {why}.  After an "
            "interruption its runs are simulated again"
        )

    def take_up(self) -> bool:
        """Go on at the turn that is kept, if one is."""
        session, state, beginning = self.session, self.state, self.beginning
        if state is None or beginning is None:
            return False
        self.state = None
        name = beginning.differs(state)
        if name is not None:
            raise NotTheSame(
                "the script does not do the same as before the interruption: "
                f"{name} differs where the loop at line {self.line} begins; does it use the time, "
                "a generator without a seed, or a file that has changed?"
            )
        session.take_up_outside(state)
        beginning.restore(state)
        session.take_up(state)
        session.numbers.stand_in(state["phantoms"])
        self.turn = self.on_disk = state["turn"]
        self.turn_point = session.point
        return True

    def leave(self) -> None:
        """The loop is over, however it ended; it holds nothing of the script any longer."""
        loops, frame = self.session.loops, self.frame
        if frame is not None and loops[:1] == [self] and on_stack(frame, sys._getframe()):
            self.session.outermost_loop_ends(frame)
        if self in loops:
            del loops[loops.index(self) :]
        self.frame = self.beginning = self.here = self.state = None


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
