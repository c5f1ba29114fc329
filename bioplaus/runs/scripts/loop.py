"""A loop over runs: where one stands, and going on at the turn that was kept."""

from __future__ import annotations

import sys
import time
from types import FrameType
from typing import Any, cast

from bioplaus.runs.kept.points import NotTheSame
from bioplaus.runs.kept.random_streams import digest
from bioplaus.runs.kept.values import NotKept
from bioplaus.runs.scripts.frames import on_stack
from bioplaus.runs.scripts.scope import Scope
from bioplaus.runs.scripts.session import Session
from bioplaus.runs.scripts.snapshot import Beginning

__all__ = ["Loop"]


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
        for around in _loops(session):
            around.has_inner = True
        session.loops.append(self)

    def _note(self, frame: FrameType) -> Beginning | None:
        session = self.session
        if not (session.replaying or session.keeping.affords_looking(self.line)):
            return None
        outermost = _loops(session)[0].beginning if session.loops else None
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
            if due and self.here is not None and all(x.can_be_entered for x in _loops(session)):
                _write(session)

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


def _loops(session: Session) -> list[Loop]:
    """Those in which its script stands: the outermost first."""
    return cast("list[Loop]", session.loops)


def _write(session: Session) -> None:
    """Write the states of all loops that stand, and forget what that outdates."""
    with session.keeping.writing():
        for loop in _loops(session):
            if loop.here is not None:
                session.kept.write("loop", loop.point, loop.here)
                loop.on_disk = loop.turn
        _forget(session)
    if session.newest is None:
        _try(session)


def _try(session: Session) -> None:
    """Read the first state of each loop back."""
    began = time.perf_counter()
    for loop in _loops(session):
        if loop.here is not None and loop.line not in session.tried:
            session.tried.add(loop.line)
            if not loop.comes_back():
                break
    session.seconds["states"] += time.perf_counter() - began


def _forget(session: Session) -> None:
    """Delete marks and states inside of turns that are no longer needed."""
    finished = [(loop.point, loop.turn_point) for loop in _loops(session) if loop.turn > 0]
    standing = {loop.point for loop in _loops(session)}

    def unneeded(kind: str, point: int) -> bool:
        return point not in standing and any(a < point <= b for a, b in finished)

    session.kept.forget(unneeded)
    session.kept.forget_marks(lambda point: unneeded("", point))
