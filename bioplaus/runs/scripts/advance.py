"""How far a script is, on the terminal; it cannot be known before the script has come there."""

from __future__ import annotations

import time
from typing import TextIO

__all__ = ["ScriptProgress"]


class ScriptProgress:
    """A line every few seconds: turns of the outermost loop, simulated time, time left.

    stream : None for silence; interval : seconds between two lines, at least.
    """

    def __init__(self, stream: TextIO | None, interval: float = 5.0) -> None:
        self.stream = stream
        self.interval = interval
        self._began = self._last = time.monotonic()
        self._first: float | None = None

    def caught_up(self) -> None:
        """What comes now is new: the time left is counted from here."""
        self._began, self._first = time.monotonic(), None

    def segment_done(
        self,
        replaying: bool,
        simulated: float,
        position: tuple[int, int] | None,
        share: float | None,
    ) -> None:
        """A segment is complete.

        Parameters
        ----------
        replaying
            Whether it was complete before.
        simulated
            Simulated time so far [s].
        position
            Turns done of the outermost loop, and how many there are, if that is known.
        share
            Of the script, if it is known.
        """
        now = time.monotonic()
        if replaying:
            return
        if self._first is None:
            self._first = share or 0.0
        if now - self._last < self.interval:
            return
        self._last = now
        parts = []
        if position is not None:
            parts.append(f"turn {position[0] + 1} of {position[1]}")
        parts.append(f"{simulated:.4g} s simulated")
        if share is not None and share > self._first:
            left = (now - self._began) * (1 - share) / (share - self._first)
            parts.append(f"{_duration(left)} left")
        self._print(", ".join(parts))

    def note(self, text: str) -> None:
        """Say something that the person should know."""
        self._print(f"note: {text}")

    def _print(self, text: str) -> None:
        if self.stream is not None:
            print(f"bioplaus: {text}", file=self.stream, flush=True)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
