"""What happens at a call of ``run``: in one piece if it is short, else in pieces."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from brian2.devices.device import RuntimeDevice, get_device

from bioplaus.runs import division
from bioplaus.runs.division import SEGMENT_WORK, Call
from bioplaus.runs.keeping import QUIET
from bioplaus.runs.longrun import LongRun
from bioplaus.runs.networks import KnownNetwork, KnownNetworks
from bioplaus.runs.taking_over import PLAIN_RUN

if TYPE_CHECKING:
    from bioplaus.runs.session import Session

__all__ = ["Calls"]


class Calls:
    """Runs the networks of a session.

    share : of the long run that goes on, how much is done; None before the first.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.share: float | None = None
        self._networks = KnownNetworks()

    def run(self, call: Call) -> None:
        """One call of ``Network.run``."""
        session = self.session
        if not isinstance(get_device(), RuntimeDevice):
            session.tell(
                "the script has set a device of its own: it runs in one piece, and is neither "
                "recorded, tuned nor taken up"
            )
            call.whole(PLAIN_RUN)
            return
        if not session.recording.added.wishes:
            self._run(call)
            return
        with session.recording.added.joined(call):
            self._run(call)

    def _run(self, call: Call) -> None:
        session = self.session
        known = self._networks.of(call.network)
        work = known.work * (call.end - call.start)
        long = work >= SEGMENT_WORK or session.options.segment > 0
        number = len(known.refs)
        point = session.next_point("run", number, call.start, call.end, known.kinds, python=long)
        if not long or call.end <= call.start:
            self._short(call, known, work)
            return
        part = LongRun(session, point, call, known.objects, work)
        if part.take_up_end():
            session.counts["skipped"] += 1
            return
        self._long(call, known, work, part)

    def _short(self, call: Call, known: KnownNetwork, work: float) -> None:
        """A run that is one piece: it ends a segment when enough has been done."""
        session = self.session
        session.recording.begin_run(known, call.start, call.namespace)
        call.namespace = session.tuning.overlaid(call.namespace)
        began = time.perf_counter()
        call.whole(PLAIN_RUN)
        session.seconds["runs"] += time.perf_counter() - began
        session.counts["pieces"] += 1
        if session.replaying:
            session.counts["again"] += 1
        session.count(division.time_of(call.network) - call.start)
        session.work += work
        if session.work >= SEGMENT_WORK:
            session.end_segment(known.objects, call.variables())
        elif not session.loops:
            session.measure(known.objects, call.variables())

    def _long(self, call: Call, known: KnownNetwork, work: float, part: LongRun) -> None:
        """A run in pieces, each the end of a segment."""
        session = self.session
        # Python code of one piece may give a name another value: the next piece must not see it.
        call.namespace = call.variables()
        part.take_up_middle()
        objects = known.objects
        dt = min((float(thing.clock.dt_) for thing in objects), default=float(call.duration))
        cuts = division.boundaries(call.start, call.end, dt, work, session.options.segment)
        if call.profile:
            cuts = cuts[-1:]
        now, began = division.time_of(call.network), time.perf_counter()
        session.recording.begin_run(known, now, call.namespace)

        def namespace() -> Mapping[str, Any]:
            return session.tuning.overlaid(call.namespace)

        for cut in division.in_pieces(call, cuts, PLAIN_RUN, namespace):
            session.seconds["runs"] += time.perf_counter() - began
            session.count(cut - now)
            now = cut
            self.share = (cut - call.start) / (call.end - call.start)
            session.end_segment(objects, call.namespace)
            if session.keeping.due():
                part.keep("mid")
            session.recording.begin_run(known, now, call.namespace)
            began = time.perf_counter()
        session.seconds["runs"] += time.perf_counter() - began
        session.counts["again"] += session.replaying
        session.count(division.time_of(call.network) - now)
        session.end_segment(objects, call.namespace)
        if session.keeping.due(at_least=QUIET):
            part.keep("end")
