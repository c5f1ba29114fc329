"""Telling how far a run is: a live line on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TextIO

__all__ = ["LineProgress", "Progress", "TerminalProgress", "progress_for"]

SHOWN_METRICS = 2
"""A line has room for the leading ones; all stand in ``metrics.csv``."""


class Progress:
    """A silent progress report; the others say something."""

    def open(self, segments: int, done: int, simulated_time: float) -> None:
        """Start, with ``done`` of ``segments`` behind us."""

    def within(self, fraction: float, epoch: float, simulated_time: float) -> None:
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
    """Wall time, speed and time left."""

    def __init__(self, segments: int, done: int, simulated_time: float) -> None:
        self.segments = segments
        self.first = done
        self.done = float(done)
        self.started = time.monotonic()
        self.first_simulated = simulated_time

    def describe(self, epoch: float, simulated: float, metrics: Mapping[str, float]) -> str:
        elapsed = time.monotonic() - self.started
        parts = [f"epoch {epoch:.4g}"]
        if simulated > 0:
            speed = (simulated - self.first_simulated) / elapsed if elapsed > 0 else 0.0
            parts.append(f"simulated {simulated:.4g} s ({speed:.3g} x real time)")
        shown = list(metrics.items())[:SHOWN_METRICS]
        parts += [f"{_words(name)} {value:.4g}" for name, value in shown]
        gained = self.done - self.first
        if gained > 0:
            parts.append(f"{_duration(elapsed / gained * (self.segments - self.done))} left")
        return ", ".join(parts)


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
        self._clock.done = segment + 1
        now = time.monotonic()
        if now - self._last < self.interval and segment + 1 < self._clock.segments:
            return
        self._last = now
        text = self._clock.describe(epoch, simulated_time, metrics)
        print(f"[{segment + 1}/{self._clock.segments}] {text}", file=self.stream, flush=True)

    def warn(self, text: str) -> None:
        """Print a line."""
        print(f"warning: {text}", file=self.stream, flush=True)


class TerminalProgress(Progress):
    """One live bar."""

    def open(self, segments: int, done: int, simulated_time: float) -> None:
        """Draw the bar."""
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as Bar

        self._clock = _Clock(segments, done, simulated_time)
        self._metrics: dict[str, float] = {}
        self._bar = Bar(BarColumn(24), TaskProgressColumn(), TextColumn("{task.description}"))
        self._task = self._bar.add_task("starting", total=segments, completed=done)
        self._bar.start()

    def within(self, fraction: float, epoch: float, simulated_time: float) -> None:
        """Move the bar within a segment."""
        self._show(int(self._clock.done) + fraction, epoch, simulated_time)

    def segment_done(
        self, segment: int, epoch: float, simulated_time: float, metrics: Mapping[str, float]
    ) -> None:
        """Move the bar and show the new figures."""
        self._metrics = dict(metrics)
        self._show(segment + 1.0, epoch, simulated_time)

    def _show(self, done: float, epoch: float, simulated_time: float) -> None:
        whole = self._clock.done = done
        text = self._clock.describe(epoch, simulated_time, self._metrics)
        self._bar.update(self._task, completed=whole, description=text)

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
    return TerminalProgress() if stream.isatty() else LineProgress(stream)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
