"""One execution of a script: its points, segments, states and changes.

A script is deterministic Python with calls of ``Network.run`` in it.  It is taken up again by
executing it from its first line: what a state is kept for is skipped, and everything else is done
again, silently, so that the result is the same whether a state was kept or not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from threading import get_ident
from types import FrameType
from typing import TYPE_CHECKING, Any

from brian2 import prefs
from brian2.core.base import BrianObject
from brian2.devices.device import RuntimeDevice, get_device

from bioplaus.records.writer import RunWriter
from bioplaus.runs.kept import random_streams
from bioplaus.runs.kept.numbering import is_nameable, reachable
from bioplaus.runs.kept.points import Kept, NotTheSame
from bioplaus.runs.scripts import naming
from bioplaus.runs.scripts.course import Course, Standing
from bioplaus.runs.scripts.frames import on_stack
from bioplaus.runs.scripts.keeping import Keeping, Options
from bioplaus.runs.scripts.rows import Recorder
from bioplaus.runs.scripts.said import Said
from bioplaus.runs.scripts.tuning import Tuning

if TYPE_CHECKING:
    from bioplaus.runs.reading.script import Script
    from bioplaus.runs.scripts.advance import ScriptProgress
    from bioplaus.runs.world.outside import Outside

__all__ = ["Session"]

_forks = 0
"""How many forks lie behind this process; to ask for its number would be a call of the system."""


def _forked() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_forked)
_OWN_STATE = ("moment", "segment", "epoch", "work", "simulated", "learned")
_SIMPLE = (type(None), bool, int, float, str)


class Session(Course):
    """What happens around a script while it runs.

    learned : measures of what learns, where it was last seen since the last segment; share : of
    the long run that goes on, how much is done, None before the first; tried : lines of the loops
    whose first state was read back.
    """

    def __init__(
        self,
        script: Script,
        writer: RunWriter,
        outside: Outside,
        options: Options,
        variables: dict[str, Any],
        kept: Kept,
        progress: ScriptProgress,
        record: str = "",
    ) -> None:
        super().__init__(script, writer, outside, variables, kept, progress)
        self.options = options
        self.recording = Recorder(self, record)
        self.recording.forget_from(kept.newest["segment"] if kept.newest else 0)
        self.tuning = Tuning(self)
        self.said = Said(self, self.recording.added)
        self.keeping = Keeping(self, options)
        self.learned: dict[str, float] = {}
        self.share: float | None = None
        self.tried: set[int] = set()
        self._forks, self._thread = _forks, get_ident()
        self.check_interrupt: Callable[[], None] = lambda: None

    # States

    def take_up_outside(self, state: Mapping[str, Any]) -> None:
        """Let what the script has written and printed be as in a state."""
        newest = self.newest
        self.replaying = newest is not None and state["moment"] < newest["moment"]
        self.outside.take_up(state["outside"], silent=self.replaying)

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Be where a state was written."""
        for name in _OWN_STATE:
            setattr(self, name, copy(state[name]))
        self.point = state["after"]
        self.numbers.made = state["made_so_far"]
        self.numbers.take_names()
        self.recording.take_up(state["recording"], self.segment)
        self.tuning.take_up(state["tuning"])
        self.said.take_up(state["said"])
        BrianObject._scope_current_key = state["scope"]
        for name, value in state["preferences"].items():
            if prefs[name] != value:
                prefs[name] = value
        random_streams.restore(state["random"])
        if not self.replaying:
            self.keeping.caught_up()
            self.progress.caught_up()

    def state(self, point: int) -> dict[str, Any]:
        """What the session itself must know to go on."""
        return {
            "point": point,
            "after": self.point,
            **{name: copy(getattr(self, name)) for name in _OWN_STATE},
            "made_so_far": self.numbers.made,
            "rows_of_table": len(self.table),
            "recording": self.recording.state(),
            "tuning": self.tuning.state(),
            "said": self.said.state(),
            "scope": BrianObject._scope_current_key,
            "preferences": {k: v for k, v in prefs.items() if isinstance(v, _SIMPLE)},
            "random": random_streams.state(),
            "outside": self.outside.state(),
        }

    # Loops

    def leave_loops(self, frame: FrameType) -> None:
        """Loops whose frame is gone are over."""
        while self.loops and not on_stack(self.loops[-1].frame, frame):
            self.loops.pop()

    def outermost_loop_ends(self, frame: FrameType) -> None:
        """Measure what the frame of the loop holds still."""
        variables: dict[str, Any] = {}
        for outer in self.own.frames(frame):
            variables |= self.own.variables_of(outer)
        self.measure(_held(variables), variables)

    def leave_inside(self, loop: Standing) -> None:
        """A turn of a loop begins: those inside of it are over."""
        del self.loops[self.loops.index(loop) + 1 :]

    def takes_part(self) -> bool:
        """Whether what is called now is part of the script's one line of execution."""
        if self.inside or self._forks != _forks or get_ident() != self._thread:
            return False
        if isinstance(get_device(), RuntimeDevice):
            return True
        self.tell(
            "the script has set a device of its own: it runs in one piece, and is neither "
            "recorded, tuned nor taken up"
        )
        for loop in self.loops:
            if not loop.refused:
                loop.refuse("the script has set a device of its own")
        return False

    # Segments

    def count(self, seconds: float) -> None:
        """So long was simulated."""
        if self.loops:
            self.epoch = self.loops[0].turn
        self.simulated += seconds
        self.recording.running.end_run(seconds)

    def end_segment(self, objects: list[Any], namespace: Mapping[str, Any]) -> None:
        """Put on disk what has happened since the last one; take changes."""
        began = time.perf_counter()
        names = naming.names_of(objects, namespace)
        row = self.recording.rates() | self.learned | naming.measure(objects, names)
        self.learned = {}
        logged = self.said.take_arrays()
        looked = self.recording.on_disk and not self.replaying
        weights = naming.weights(objects, names, self.segment) if looked else {}
        self.recording.write(self.segment, {} if self.replaying else logged, weights)
        self.add_row(row)
        self.segment += 1
        self.moment += 1
        self.work = 0.0
        self.tuning.at_end_of_segment(objects, names, namespace)
        self.seconds["segments"] += time.perf_counter() - began
        self.progress.segment_done(
            self.replaying, self.simulated, self.position(), self.share_done()
        )
        self.check_interrupt()

    def measure(self, objects: Iterable[Any], namespace: Mapping[str, Any]) -> None:
        """Measure what has been learned since the last segment, for it may be gone at the next."""
        if self.work > 0:
            things = list(objects)
            self.learned |= naming.measure(things, naming.names_of(things, namespace))

    def finish(self) -> None:
        """Put what is left on disk: the script has ended."""
        if self.replaying and self.newest is not None:
            raise NotTheSame(
                "the script does not do the same as before the interruption: it has ended before "
                f"the place from which it was to go on (point {self.newest['point']})"
            )
        if self.work > 0 or self.recording.has_rows() or self.said.arrays or self.learned:
            self.end_segment(_held(self.variables), self.variables)
        self.recording.added.tell_unmet()
        self.kept.flush()

    def share_done(self) -> float | None:
        """The share of the script that is done, if that can be told."""
        position = self.position()
        if position is not None:
            return position[0] / position[1]
        return self.share


def _held(variables: Mapping[str, Any]) -> list[Any]:
    """The Brian objects that variables hold, or that these reach."""
    return list(reachable(value for value in variables.values() if is_nameable(value)).values())
