"""Progress reports of a run, as Brian2 makes them; compilation comes before and does not count."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from brian2.core.network import TextReport
from brian2.units.allunits import second

from ..program.compilation import while_compiling

__all__ = ["Reporter"]


class Reporter:
    """Calls the user's callback at the start, at the end, and every ``period`` in between.

    The start is when the network has been compiled: `begin`.

    start : the simulated time [s]; report : what ``run()`` was given, ValueError for an unknown
    word, TypeError for an object that cannot be called.
    """

    def __init__(self, report: Any, period: Any, start: float, duration: Any) -> None:
        streams = {"text": sys.stdout, "stdout": sys.stdout, "stderr": sys.stderr}
        if isinstance(report, str):
            if report not in streams:
                raise ValueError(f'Do not know how to handle report argument "{report}".')
            report = TextReport(streams[report])
        elif report is not None and not callable(report):
            raise TypeError(
                "Do not know how to handle report argument, it has to be one of 'text', 'stdout', "
                f"'stderr', or a callable function/object, but it is of type {type(report)}"
            )
        self.callback = report
        self.period = float(period)
        self.start, self.duration = start, duration
        self.began = 0.0

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """Say that the network is being compiled, where the report is text."""
        stream = self.callback.stream if isinstance(self.callback, TextReport) else None
        began = time.monotonic()
        with while_compiling():
            if stream is not None:
                stream.write("Compiling the network ...")
                stream.flush()
            yield
        if stream is not None:
            stream.write(f" done in {time.monotonic() - began:.1f} s\n")

    def begin(self) -> None:
        """Start the clock of the simulation, once; the first report."""
        if self.began:
            return  # a network that had to be compiled again goes on
        self.began = time.time()
        self.next = self.began + self.period
        if self.callback is not None:
            self.callback(0 * second, 0.0, self.start * second, self.duration)

    def due(self) -> bool:
        """Whether it is time for a report."""
        return self.callback is not None and time.time() > self.next

    def progress(self, now: float) -> None:
        """Report the state of the run at the simulated time ``now`` [s]."""
        current = time.time()
        done, elapsed = (now - self.start) / float(self.duration), current - self.began
        self.callback(elapsed * second, done, self.start * second, self.duration)
        self.next = current + self.period

    def finish(self, completed: float) -> None:
        """The last report; completed: fraction of the duration that was simulated."""
        if self.callback is not None:
            elapsed = (time.time() - self.began) * second
            self.callback(elapsed, completed, self.start * second, self.duration)
