"""One execution of a script: its points, segments, states and changes.

A script is deterministic Python with calls of ``Network.run`` in it.  It is taken up again by
executing it from its first line: what a state is kept for is skipped, and everything else is done
again, silently, so that the result is the same whether a state was kept or not.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import prefs
from brian2.core.base import BrianObject
from brian2.devices.device import RuntimeDevice, get_device

from bioplaus.records import layout
from bioplaus.records.table import GrowingTable
from bioplaus.records.writer import RunWriter
from bioplaus.runs import division, naming, random_streams
from bioplaus.runs.division import SEGMENT_WORK, Call
from bioplaus.runs.frames import Own, is_iterated_at_once, on_stack
from bioplaus.runs.keeping import QUIET, Keeping, Options
from bioplaus.runs.longrun import LongRun
from bioplaus.runs.networks import KnownNetwork, KnownNetworks
from bioplaus.runs.numbering import Numbers, is_nameable, reachable
from bioplaus.runs.points import Kept, NotTheSame
from bioplaus.runs.recorded_rows import Recorder
from bioplaus.runs.snapshot import is_pair
from bioplaus.runs.taking_over import PLAIN_RUN
from bioplaus.runs.tuning import Tuning
from bioplaus.runs.turns import Loop, Turns, WhileTurns

if TYPE_CHECKING:
    from bioplaus.runs.outside import Outside
    from bioplaus.runs.progress import ScriptProgress
    from bioplaus.runs.reading import Script

__all__ = ["Session"]

_OWN_STATE = ("moment", "segment", "epoch", "work", "simulated", "learned", "test_values")
_SIMPLE = (type(None), bool, int, float, str)


class Session:
    """What happens around a script while it runs.

    simulated : seconds of simulated time so far, over all networks; segment : how many are
    complete; epoch : the last turn of the outermost loop in which something was simulated, None
    before the first loop; learned : measures of what learns, where it was last seen since the last
    segment; moment : how far the script has come (points, turns and segments); replaying : whether
    what happens now has happened before, and is on disk.
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
        self.script, self.writer, self.outside, self.options = script, writer, outside, options
        self.variables, self.kept, self.progress = variables, kept, progress
        self.own = Own(script.path, script.bound, variables)
        self.numbers = Numbers(kept.names)
        self.newest = kept.newest
        self.replaying = kept.newest is not None
        rows = kept.newest["rows_of_table"] if kept.newest else 0
        first = ("segment", "epoch", "simulated_time_s")
        self.table = GrowingTable(writer.path / layout.METRICS, first, rows)
        self.recording = Recorder(self, record)
        self.recording.forget_from(kept.newest["segment"] if kept.newest else 0)
        self.tuning = Tuning(self)
        self.loops: list[Loop] = []
        self.kept_by_script: dict[str, Any] = {}
        self.test_values: dict[str, float] = {}
        self.moment = self.point = self.segment = 0
        self.epoch: int | None = None
        self.learned: dict[str, float] = {}
        self.work = self.simulated = 0.0
        self._logged: dict[str, Any] = {}
        self.inside = False
        self._process, self._thread = os.getpid(), threading.get_ident()
        self._told: set[str] = set()
        self.environment: dict[str, Any] = {}
        self._share_of_run: float | None = None
        self.check_interrupt: Callable[[], None] = lambda: None
        self.seconds = {"runs": 0.0, "segments": 0.0, "states": 0.0, "looking": 0.0}
        self.counts = {"pieces": 0, "states": 0, "skipped": 0, "again": 0}
        self.keeping = Keeping(self, options)
        self._networks = KnownNetworks()

    # Telling

    def tell(self, text: str) -> None:
        """A note, told once, to the terminal and to the log."""
        if text not in self._told:
            self._told.add(text)
            self.writer.log(f"note: {text}")
            self.progress.note(text)

    # Points

    def next_point(self, mark: str, python: bool = False) -> int:
        """Count a point; what it is must be what it was.

        Raises
        ------
        NotTheSame
            If it is another one than in the first execution.
        """
        self.point += 1
        self.moment += 1
        if self.newest is not None and self.moment > self.newest["moment"] and self.replaying:
            raise NotTheSame(
                "the script does not do the same as before the interruption: it has gone past the "
                f"place from which it was to go on (point {self.newest['point']})"
            )
        digest = random_streams.digest(python)
        self.kept.meet(self.point, f"{mark} {digest:08x}", self.numbers.take_names())
        return self.point

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
        self._logged = dict(state["logged"])
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
            "logged": dict(self._logged),
            "scope": BrianObject._scope_current_key,
            "preferences": {k: v for k, v in prefs.items() if isinstance(v, _SIMPLE)},
            "random": random_streams.state(),
            "outside": self.outside.state(),
        }

    # Loops

    def named_loop(self, iterable: Iterable[Any], line: int, header: str, frame: FrameType) -> Any:
        """What a loop that was found by reading goes over."""
        if not self.takes_part():
            return iterable
        return Turns(Loop(self, frame, line, header), iterable)

    def named_while(self, line: int, header: str, frame: FrameType) -> WhileTurns:
        """What a while loop that was found by reading asks."""
        return WhileTurns(Loop(self, frame, line, header))

    def marked_loop(self, iterable: Iterable[Any], frame: FrameType) -> Iterable[Any]:
        """What ``steps`` goes over, where it is called at run time."""
        if not self.takes_part() or self.options.loops == "none":
            return iterable
        if not self.own.is_file(frame.f_code.co_filename):
            return iterable
        if not is_iterated_at_once(frame):
            self.tell(
                f"steps(...) at line {frame.f_lineno} is not what a `for` goes over itself; write "
                "`for turn in bioplaus.steps(n):` to have the loop taken up in its middle"
            )
            return iterable
        return Turns(Loop(self, frame, frame.f_lineno, "steps"), iterable)

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

    def leave_inside(self, loop: Loop) -> None:
        """A turn of a loop begins: those inside of it are over."""
        del self.loops[self.loops.index(loop) + 1 :]

    def takes_part(self) -> bool:
        """Whether what is called now is part of the script's one line of execution."""
        plain = os.getpid() != self._process or threading.get_ident() != self._thread
        return not (plain or self.inside)

    # What the script says

    def keep(self, objects: Mapping[str, Any]) -> None:
        """See :func:`bioplaus.keep`."""
        for name, value in objects.items():
            filled = isinstance(value, (np.ndarray, list, dict, set)) or hasattr(value, "__dict__")
            if isinstance(value, tuple) and not is_pair(value):
                raise TypeError(f"keep({name}=...): a pair must be two functions, (read, write)")
            if not (filled or is_pair(value)):
                raise TypeError(
                    f"keep({name}=...): a {type(value).__name__} cannot be filled in place; give "
                    "an array, a list, a dict, an own instance, or a pair (read, write)"
                )
            self.kept_by_script[name] = value

    def log_values(self, values: Mapping[str, Any]) -> None:
        """See :func:`bioplaus.log`."""
        row: dict[str, float] = {}
        for name, value in values.items():
            plain = np.asarray(value)
            if plain.dtype.kind not in "biuf":
                raise TypeError(f"log({name}=...): {value!r} is neither a number nor an array")
            if plain.ndim:
                self._logged[name] = np.array(plain)
            elif name.startswith("test_"):
                self.test_values[name] = float(plain)
            else:
                row[name] = float(plain)
        if row:
            self._add_row(row)

    def record(self, items: tuple[Any, ...], of: Any, last: Any) -> None:
        """See :func:`bioplaus.record`."""
        if self.loops:
            raise RuntimeError(
                f"record(...) inside of the loop over runs at line {self.loops[-1].line}: what is "
                "recorded cannot change from turn to turn; call it before the loop"
            )
        self.recording.added.wish(items, of, last)

    def _add_row(self, row: Mapping[str, float]) -> None:
        self._note_epoch()
        if not self.replaying:
            epoch = self.segment if self.epoch is None else self.epoch
            start = {"segment": self.segment, "epoch": epoch, "simulated_time_s": self.simulated}
            self.table.append({**start, **row})

    def _note_epoch(self) -> None:
        if self.loops:
            self.epoch = self.loops[0].turn

    # Runs

    def run(self, call: Call) -> None:
        """One call of ``Network.run``."""
        device = get_device()
        if not isinstance(device, RuntimeDevice):
            self.tell(
                "the script has set a device of its own: it runs in one piece, and is neither "
                "recorded, tuned nor taken up"
            )
            call.whole(PLAIN_RUN)
            return
        self.recording.added.join(call)
        known = self._networks.of(call.network)
        work = known.work * (call.end - call.start)
        mark = f"run {len(known.objects)} {call.start!r} {call.end!r} {known.kinds}"
        long = work >= SEGMENT_WORK or self.options.segment > 0
        point = self.next_point(mark, python=long)
        if not long or call.end <= call.start:
            self._short(call, known, work)
            return
        part = LongRun(self, point, call, known.objects, work)
        if part.take_up_end():
            self.counts["skipped"] += 1
            return
        self._long(call, known, work, part)

    def _short(self, call: Call, known: KnownNetwork, work: float) -> None:
        """A run that is one piece: it ends a segment when enough has been done."""
        self.recording.begin_run(call, known.monitors)
        before = division.time_of(call.network)
        call.namespace = self.tuning.overlaid(call.namespace)
        began = time.perf_counter()
        call.whole(PLAIN_RUN)
        self.seconds["runs"] += time.perf_counter() - began
        self.counts["pieces"] += 1
        self.counts["again"] += self.replaying
        self._count(division.time_of(call.network) - before)
        self.work += work
        if self.work >= SEGMENT_WORK:
            self.end_segment(known.objects, call.variables())
        elif not self.loops:
            self.measure(known.objects, call.variables())

    def _long(self, call: Call, known: KnownNetwork, work: float, part: LongRun) -> None:
        """A run in pieces, each the end of a segment."""
        # Python code of one piece may give a name another value: the next piece must not see it.
        call.namespace = call.variables()
        part.take_up_middle()
        objects, monitors = known.objects, known.monitors
        dt = min((float(thing.clock.dt_) for thing in objects), default=float(call.duration))
        cuts = division.boundaries(call.start, call.end, dt, work, self.options.segment)
        if call.profile:
            cuts = cuts[-1:]
        now, began = division.time_of(call.network), time.perf_counter()
        self.recording.begin_run(call, monitors)

        def namespace() -> Mapping[str, Any]:
            return self.tuning.overlaid(call.namespace)

        for cut in division.in_pieces(call, cuts, PLAIN_RUN, namespace):
            self.seconds["runs"] += time.perf_counter() - began
            self._count(cut - now)
            now = cut
            self._share_of_run = (cut - call.start) / (call.end - call.start)
            self.end_segment(objects, call.namespace)
            if self.keeping.due():
                part.keep("mid")
            self.recording.begin_run(call, monitors)
            began = time.perf_counter()
        self.seconds["runs"] += time.perf_counter() - began
        self.counts["again"] += self.replaying
        self._count(division.time_of(call.network) - now)
        self.end_segment(objects, call.namespace)
        if self.keeping.due(at_least=QUIET):
            part.keep("end")

    def _count(self, seconds: float) -> None:
        self._note_epoch()
        self.simulated += seconds
        self.recording.end_run(seconds)

    # Segments

    def end_segment(self, objects: list[Any], namespace: Mapping[str, Any]) -> None:
        """Put on disk what has happened since the last one; take changes."""
        began = time.perf_counter()
        names = naming.names_of(objects, namespace)
        row = self.recording.rates() | self.learned | naming.measure(objects, names)
        self.learned = {}
        logged, self._logged = self._logged, {}
        looked = self.recording.on_disk and not self.replaying
        weights = naming.weights(objects, names, self.segment) if looked else {}
        self.recording.write(self.segment, {} if self.replaying else logged, weights)
        self._add_row(row)
        self.segment += 1
        self.moment += 1
        self.work = 0.0
        self.tuning.at_end_of_segment(objects, names, namespace)
        self.seconds["segments"] += time.perf_counter() - began
        self.progress.segment_done(self)
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
        if self.recording.has_rows() or self._logged or self.learned:
            self.end_segment(_held(self.variables), self.variables)
        self.recording.added.tell_unmet()
        self.kept.flush()

    def share_done(self) -> float | None:
        """The share of the script that is done, if that can be told."""
        position = self.position()
        if position is not None:
            return position[0] / position[1]
        return self._share_of_run

    def position(self) -> tuple[int, int] | None:
        """How far the outermost loop with a length is: turns done, and how many there are."""
        for loop in self.loops:
            if loop.length:
                return loop.turn, loop.length
        return None


def _held(variables: Mapping[str, Any]) -> list[Any]:
    """The Brian objects that variables hold, or that these reach."""
    return list(reachable(value for value in variables.values() if is_nameable(value)).values())
