"""What happens at a call of ``run``: in one piece if it is short, else in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from brian2.core.network import Network

from bioplaus.runs.kept.random_streams import digest
from bioplaus.runs.scripts import division
from bioplaus.runs.scripts.division import SEGMENT_WORK, Call, time_of, variables
from bioplaus.runs.scripts.keeping import QUIET
from bioplaus.runs.scripts.longrun import LongRun
from bioplaus.runs.scripts.networks import KnownNetwork, KnownNetworks
from bioplaus.runs.scripts.session import Session

__all__ = ["PLAIN_RUN", "Calls"]

PLAIN_RUN: Any = Network.run
"""Brian's own."""


class Calls:
    """Runs the networks of a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._long_from = 0.0 if session.options.segment > 0 else SEGMENT_WORK
        self._networks = KnownNetworks()

    def run(self, network: Any, namespace: Mapping[str, Any], given: tuple[Any, ...]) -> None:
        """One call of ``Network.run``; given : all that it was given, these two among it.

        Short ones are made in every turn of a loop, so what is done around them stands here, in few
        steps.
        """
        session = self.session
        known = self._networks.of(network)
        start = time_of(network)
        end = start + float(given[1])
        work = known.work * (end - start)
        long = work >= self._long_from
        point = session.next_point((known.told, start, end, digest(long)))
        if long and end > start:
            call = Call(*given)
            self._long(call, known, LongRun(session, point, call, known.objects, work), work)
            return
        session.recording.begin_run(known, start, namespace)
        if session.tuning.overlay:
            namespace = session.tuning.overlaid(namespace)
            given = (*given[:4], namespace, *given[5:])
        began = perf_counter()
        PLAIN_RUN(*given)
        session.seconds["runs"] += perf_counter() - began
        session.count(time_of(network) - start)
        if session.replaying:
            session.counts["again"] += 1
        session.work += work
        if session.work >= SEGMENT_WORK:
            session.end_segment(known.objects, variables(namespace))
        elif not session.loops:
            session.measure(known.objects, variables(namespace))

    def _long(self, call: Call, known: KnownNetwork, part: LongRun, work: float) -> None:
        """A run in pieces, each the end of a segment; skipped if its end is kept."""
        session = self.session
        if part.take_up_end():
            session.counts["skipped"] += 1
            return
        # Python code of one piece may give a name another value: the next piece must not see it.
        call.namespace = variables(call.namespace)
        part.take_up_middle()
        objects = known.objects
        dt = min((float(thing.clock.dt_) for thing in objects), default=float(call.duration))
        cuts = division.boundaries(call.start, call.end, dt, work, session.options.segment)
        if call.profile:
            cuts = cuts[-1:]
        now, began = time_of(call.network), perf_counter()
        session.recording.begin_run(known, now, call.namespace)

        def namespace() -> Mapping[str, Any]:
            return session.tuning.overlaid(call.namespace)

        for cut in division.in_pieces(call, cuts, PLAIN_RUN, namespace):
            session.seconds["runs"] += perf_counter() - began
            session.count(cut - now)
            now = cut
            session.share = (cut - call.start) / (call.end - call.start)
            session.end_segment(objects, call.namespace)
            if session.keeping.due():
                part.keep("mid")
            session.recording.begin_run(known, now, call.namespace)
            began = perf_counter()
        session.seconds["runs"] += perf_counter() - began
        session.counts["again"] += session.replaying
        session.count(time_of(call.network) - now)
        session.end_segment(objects, call.namespace)
        if session.keeping.due_after(QUIET):
            part.keep("end")
