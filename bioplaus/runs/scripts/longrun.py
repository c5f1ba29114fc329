"""A run of some length: its end or a place in its middle is kept, and taken up."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from types import FunctionType, MethodType
from typing import Any

from brian2.core.magic import MagicNetwork

from bioplaus.runs.kept.points import NotTheSame
from bioplaus.runs.kept.values import NotKept
from bioplaus.runs.scripts.division import Call
from bioplaus.runs.scripts.scope import Scope
from bioplaus.runs.scripts.session import Session
from bioplaus.runs.scripts.snapshot import Beginning

__all__ = ["LongRun"]


class LongRun:
    """One call of ``run`` that is long enough for keeping to be worth it."""

    def __init__(
        self, session: Session, point: int, call: Call, objects: list[Any], work: float
    ) -> None:
        self.session, self.point, self.call = session, point, call
        self.refused = False
        self.beginning: Beginning | None = None
        self._end = session.kept.find("end", point)
        self._middle = None if self._end else session.kept.find("mid", point)
        if self._end or self._middle or session.keeping.affords_looking("run", work):
            with session.keeping.looking():
                own_report = isinstance(call.report, (FunctionType, MethodType))
                functions = [call.report] if own_report else []
                kept = session.said.kept
                roots = [*objects, call.network]
                rows = not session.recording.on_disk
                scope = Scope(session.own, [], kept, roots, functions, rows)
                self.beginning = Beginning(scope, session.numbers, session.outside, None)

    def keep(self, kind: str) -> None:
        """Keep the state at the end of the run (``end``), or where it is now (``mid``)."""
        session = self.session
        if self.refused or self.beginning is None:
            return
        try:
            with session.keeping.looking():
                captured = self.beginning.capture(copy=False)
        except NotKept as error:
            self.refused = True
            session.tell(
                f"run {self.point} calls Python code that uses what cannot be kept: "
                f"{error.why()}.  After an interruption the run is simulated again from its "
                "beginning"
            )
            return
        with session.keeping.writing():
            session.kept.write(kind, self.point, {**session.state(self.point), **captured})
            if kind == "end":
                session.kept.forget(lambda k, point: k == "mid" and point == self.point)

    def take_up_end(self) -> bool:
        """Skip the run, if its end is kept."""
        state, self._end = self._end, None
        if state is None:
            return False
        self._take_up(state)
        network = self.call.network
        if isinstance(network, MagicNetwork):
            network.objects.clear()
        gc.collect()  # as the run would have done; names depend on it
        return True

    def take_up_middle(self) -> None:
        """Be in the middle of the run, if that is kept."""
        state, self._middle = self._middle, None
        if state is not None:
            self._take_up(state)

    def _take_up(self, state: Mapping[str, Any]) -> None:
        session, beginning, network = self.session, self.beginning, self.call.network
        assert beginning is not None
        name = beginning.differs(state)
        if name is not None:
            raise NotTheSame(
                f"the script does not do the same as before the interruption: {name} differs at "
                f"the start of run {self.point}; does it use the time, a generator without a "
                "seed, or a file that has changed?"
            )
        objects = set(network.objects)
        session.take_up_outside(state)
        beginning.restore(state)
        network.objects = objects
        session.take_up(state)
