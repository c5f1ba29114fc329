"""Telling how far a run is: a live line on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

__all__ = ["LineProgress", "Progress", "TerminalProgress", "progress_for"]

SHOWN_METRICS = 2
"""A line has room for the leading ones; all stand in ``metrics.csv``."""


class Progress:
    """A silent progress report; the others say something."""

    def open(self, segments: int, done: int, simulated_time: float) -> None:
        """Start, with ``done`` of ``segments`` behind us."""

    def within(self, fraction: float, simulated_time: float) -> None:
        """A fraction of the present segment is done."""

    def segment_done(
        self, segment: int, epoch: float, simulated_time: float, metrics: Mapping[str, float]
    ) -> None:
        """A segment is complete."""

    def warn(self, text: str) -> None:
        """Say that something looks wrong."""

    def close(self) -> None:
        """End."""


class _Clock:
    """What a line says: how far, how fast, how long still.

    Compilation is a state of its own, which the speed and the time left do not contain.
    """

    def __init__(self, segments: int, done: int, simulated_time: float) -> None:
        self.segments = segments
        self.first = self.done = done
        self.fraction = 0.0
        self.epoch: float | None = None
        self.metrics: Mapping[str, float] = {}
        self.started, self.compiled_before = time.monotonic(), _compiled()
        self.first_simulated = self.simulated = simulated_time

    def within(self, fraction: float, simulated_time: float) -> None:
        """A fraction of the present segment; what follows a whole one belongs to it as well."""
        self.fraction = min(max(fraction, self.fraction), 1.0)
        self.simulated = simulated_time

    def segment_done(
        self, segment: int, epoch: float, simulated_time: float, metrics: Mapping[str, float]
    ) -> None:
        self.done, self.fraction = segment + 1, 0.0
        self.epoch, self.simulated, self.metrics = epoch, simulated_time, metrics

    @property
    def completed(self) -> float:
        """Segments, and the part of the present one."""
        return min(self.done + self.fraction, float(self.segments))

    @property
    def _compiled(self) -> float:
        return _compiled() - self.compiled_before

    def describe(self, room: int = 1000) -> str:
        """As many of its parts as fit into ``room`` columns: the time left first."""
        if _compiling():
            return f"compiling, {_duration(self._compiled)} so far"
        kept: list[tuple[int, str]] = []
        parts = list(enumerate(self._parts()))
        for part in [*parts[::-1][:1], *parts[:-1]]:
            if len(", ".join(text for _, text in [*kept, part])) <= room:
                kept.append(part)
        return ", ".join(text for _, text in sorted(kept))

    def _parts(self) -> Iterator[str]:
        """The time left comes last; of the others the later ones may be left out."""
        elapsed = time.monotonic() - self.started - self._compiled
        if self.epoch is not None:
            yield f"epoch {self.epoch:.4g}"
        for name, value in list(self.metrics.items())[:SHOWN_METRICS]:
            yield f"{name.replace('_', ' ')} {value:.4g}"
        if self.simulated > self.first_simulated and elapsed > 0:
            speed = (self.simulated - self.first_simulated) / elapsed
            yield f"simulated {self.simulated:.4g} s ({speed:.3g} x real time)"
        gained = self.completed - self.first
        if gained > 0:
            left = elapsed / gained * (self.segments - self.completed)
            yield f"{_duration(left)} left"


def _engine() -> Any:
    """The engine, if this process has it: an experiment without a network does not."""
    return sys.modules.get("bioplaus.engine")


def _compiled() -> float:
    return float(_engine().compilation_seconds()) if _engine() is not None else 0.0


def _compiling() -> bool:
    return bool(_engine() is not None and _engine().compiling())


class LineProgress(Progress):
    """A line for every segment, at most one per ``interval`` seconds (and the last one)."""

    def __init__(self, stream: TextIO, interval: float = 2.0) -> None:
        self.stream = stream
        self.interval = interval
        self._last = 0.0

    def open(self, segments: int, done: int, simulated_time: float) -> None:
        """Start the clock."""
        self._clock = _Clock(segments, done, simulated_time)

    def segment_done(
        self, segment: int, epoch: float, simulated_time: float, metrics: Mapping[str, float]
    ) -> None:
        """Print a line."""
        self._clock.segment_done(segment, epoch, simulated_time, metrics)
        now = time.monotonic()
        if now - self._last < self.interval and segment + 1 < self._clock.segments:
            return
        self._last = now
        text = self._clock.describe()
        print(f"[{segment + 1}/{self._clock.segments}] {text}", file=self.stream, flush=True)

    def warn(self, text: str) -> None:
        """Print a line."""
        print(f"warning: {text}", file=self.stream, flush=True)


class TerminalProgress(Progress):
    """One live bar."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def open(self, segments: int, done: int, simulated_time: float) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, ProgressColumn, TaskProgressColumn
        from rich.progress import Progress as Bar
        from rich.text import Text

        clock = self._clock = _Clock(segments, done, simulated_time)
        bar_width, percent_width = 16, 6

        class Words(ProgressColumn):
            """Drawn anew several times a second, by a thread: also during a compilation."""

            max_refresh = None

            def render(self, task: Any) -> Text:
                room = bar.console.width - bar_width - percent_width
                return Text(clock.describe(room) or "starting", no_wrap=True)

        bar = self._bar = Bar(
            BarColumn(bar_width), TaskProgressColumn(), Words(), console=Console(file=self.stream)
        )
        self._task = bar.add_task("", total=segments, completed=done)
        bar.start()

    def within(self, fraction: float, simulated_time: float) -> None:
        """Move the bar within a segment."""
        self._clock.within(fraction, simulated_time)
        self._bar.update(self._task, completed=self._clock.completed)

    def segment_done(
        self, segment: int, epoch: float, simulated_time: float, metrics: Mapping[str, float]
    ) -> None:
        """Move the bar and show the new figures."""
        self._clock.segment_done(segment, epoch, simulated_time, dict(metrics))
        self._bar.update(self._task, completed=self._clock.completed)

    def warn(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(f"warning: {text}", style="yellow", markup=False)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.stop()


def progress_for(quiet: bool, stream: TextIO | None = None) -> Progress:
    """The report that fits where the output goes."""
    stream = stream or sys.stderr
    if quiet:
        return Progress()
    return TerminalProgress(stream) if stream.isatty() else LineProgress(stream)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
