"""How far a script has come, and what surrounds it: what all parts of its session share."""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType
from typing import Any, Protocol

from bioplaus.records import layout
from bioplaus.records.table import GrowingTable
from bioplaus.records.writer import RunWriter
from bioplaus.runs.kept.numbering import Numbers
from bioplaus.runs.kept.points import Kept, NotTheSame
from bioplaus.runs.reading.script import Script
from bioplaus.runs.scripts.advance import ScriptProgress
from bioplaus.runs.scripts.frames import Own
from bioplaus.runs.world.outside import Outside

__all__ = ["Course", "Standing"]


class Standing(Protocol):
    """A loop over runs in which the script stands.

    turn : how many turns are done, of ``length`` (0: nobody knows); refused : none of them is kept.
    """

    frame: FrameType | None
    line: int
    turn: int
    length: int
    refused: bool

    def refuse(self, why: str) -> None:
        """Say that no turn of the loop is kept any more, and why."""


class Course:
    """Where a script is.

    simulated : seconds of simulated time so far, over all networks; segment : how many are
    complete; epoch : the last turn of the outermost loop in which something was simulated, None
    before the first loop; work : estimated seconds since the last segment; moment : how far the
    script has come (points, turns and segments); replaying : whether what happens now has happened
    before, and is on disk; loops : the outermost first; inside : a network of its runs now;
    seconds, counts : where the time went.
    """

    def __init__(
        self,
        script: Script,
        writer: RunWriter,
        outside: Outside,
        variables: dict[str, Any],
        kept: Kept,
        progress: ScriptProgress,
    ) -> None:
        self.script, self.writer, self.outside = script, writer, outside
        self.variables, self.kept, self.progress = variables, kept, progress
        self.own = Own(script.path, script.bound, variables)
        self.numbers = Numbers(kept.names)
        self.newest = kept.newest
        self.replaying = kept.newest is not None
        self.loops: list[Standing] = []
        self.moment = self.point = self.segment = 0
        self.epoch: int | None = None
        self.work = self.simulated = 0.0
        self.inside = False
        self.seconds = {"runs": 0.0, "segments": 0.0, "states": 0.0, "looking": 0.0}
        self.counts = {"states": 0, "skipped": 0, "again": 0}
        self._told: set[str] = set()
        rows = kept.newest["rows_of_table"] if kept.newest else 0
        segments = kept.newest["segment"] if kept.newest else 0
        first = ("segment", "epoch", "simulated_time_s")
        self.table = GrowingTable(writer.path / layout.METRICS, first, rows, segments)
        if lost := rows - len(self.table):
            self.tell(f"metrics.csv has lost {lost} of {rows} rows, which cannot come back")

    def tell(self, text: str) -> None:
        """A note, told once, to the terminal and to the log."""
        if text not in self._told:
            self._told.add(text)
            self.writer.log(f"note: {text}")
            self.progress.note(text)

    def next_point(self, mark: tuple[Any, ...]) -> int:
        """Count a point; its mark must be what it was.

        mark : what it is in words and numbers, and a digest of the random streams.

        Raises
        ------
        NotTheSame
            If it is another one than in the first execution.
        """
        self.point += 1
        self.moment += 1
        if self.replaying and self.newest is not None and self.moment > self.newest["moment"]:
            raise NotTheSame(
                "the script does not do the same as before the interruption: it has gone past the "
                f"place from which it was to go on (point {self.newest['point']})"
            )
        new = self.kept.meet(self.point, mark)
        if self.numbers.new_names:
            names = self.numbers.take_names()
            if new:
                self.kept.name(self.point, names)
        return self.point

    def add_row(self, row: Mapping[str, float]) -> None:
        """A row of metrics, but in a replay, where it is on disk."""
        if self.loops:
            self.epoch = self.loops[0].turn
        if not self.replaying:
            epoch = self.segment if self.epoch is None else self.epoch
            start = {"segment": self.segment, "epoch": epoch, "simulated_time_s": self.simulated}
            self.table.append({**start, **row})

    def position(self) -> tuple[int, int] | None:
        """How far the outermost loop with a length is: turns done, and how many there are."""
        for loop in self.loops:
            if loop.length:
                return loop.turn, loop.length
        return None
