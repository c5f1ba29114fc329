"""What a run of a page leaves: rows, recordings, states, final figures; and what it is asked."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bioplaus.papers import published
from bioplaus.parameters import ParameterError
from bioplaus.records import Recording, RunReader
from bioplaus.records.atomic import DiskFull
from bioplaus.records.weights import summarise
from bioplaus.records.writer import RunWriter
from bioplaus.runs.backend import environment, peak_memory_mb
from bioplaus.runs.pages.journal import Heard, Journal
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.progress import Progress
from bioplaus.runs.watch import Watch

__all__ = ["PageRecord"]


class PageRecord(Journal):
    """The journal of a run that leaves a directory.

    The directory is made when the page enters its first loop, so that what is refused before that
    leaves nothing behind.

    writer : of the directory; None until it is there; lost : what a run that goes on is to be
    told.
    """

    kept = True

    def __init__(
        self,
        plan: Plan,
        out: Path,
        progress: Progress,
        writer: RunWriter | None = None,
        force: bool = False,
        lost: Sequence[str] = (),
    ) -> None:
        self.plan, self.out, self.progress_report, self.force = plan, out, progress, force
        self.writer, self._lost = writer, lost
        self.check: Callable[[], None] = lambda: None
        self._watch = Watch({}, out)
        self._run: Heard | None = None
        self._segments = 0
        self._began = self._segment_began = time.monotonic()
        self._cpu_began, self._wall_before, self._cpu_before = time.process_time(), 0.0, 0.0
        if writer is not None:
            before = RunReader(out).environment
            self._wall_before, self._cpu_before = (
                float(before.get(name, 0.0)) for name in ("wall_s", "cpu_s")
            )
        backend = plan.backend if plan.page.form == "network" else None
        self._fixed = {**environment(backend), "seed": plan.seed}

    # What the run tells

    def open(self, run: Heard, segments: int) -> None:
        """Make the directory, if this is the first loop, and begin to report."""
        if self._run is not None:
            return
        plan = self.plan
        if self.writer is None:
            self.writer = RunWriter.create(self.out, plan.config(), self.force)
            self.writer.log(f"started {plan.name}, seed {plan.seed}, backend {plan.backend.name}")
        else:
            self.writer.log(f"resumed after {run.to_come} of {segments} segments")
        self._run, self._segments = run, segments
        self.progress_report.open(segments, run.to_come, run.time)
        for lost in self._lost:
            self.warn(lost)

    def begin_segment(self, run: Heard) -> None:
        """Apply what was changed at this segment before (in a run that goes on), then what is
        asked now."""
        writer = self._writer
        self._segment_began = time.monotonic()
        for at, _, name, value in RunReader(writer.path).changes:
            if at == run.done:
                run.tune(name, value)
        for name, value in writer.take_requests():
            try:
                run.tune(name, value)
            except ParameterError as error:
                writer.log(f"refused to change {name} to {value}: {error}")
            else:
                writer.append_change(run.done, run.time, name, value)
                writer.log(f"segment {run.done}: {name} = {value} from now on")

    def expect(self, run: Heard, size: float) -> None:
        """Say what will not fit on the disk, before the first segment of ``size`` bytes."""
        for found in self._watch.expect(size, self._segments - run.done):
            self.warn(found)

    def progress(self, run: Heard, fraction: float) -> None:
        """Report, and hear a signal that went unheard."""
        self.check()
        self.progress_report.within(fraction, run.time)

    def end_segment(self, run: Heard, row: Mapping[str, float], recording: Recording) -> None:
        """Write metrics and recording before the state: what that counts as done is on disk."""
        writer, segment = self._writer, run.done - 1
        figures = dict(row)
        epoch = figures.pop("epoch", float(run.done))
        first = {"segment": segment, "epoch": epoch, "simulated_time_s": run.time}
        writer.append_metrics({**first, **figures})
        weights, file = run.plastic_weights(), None
        if recording:
            recording.weights = {name: summarise(*pair) for name, pair in weights.items()}
            writer.write_recording(segment, recording)
            file = writer.recording_file(segment)
        writer.write_checkpoint(segment, run.state())
        writer.log(f"segment {segment}: {time.monotonic() - self._segment_began:.2f} s")
        self._watch.ceilings = run.firing_ceilings()
        left = self._segments - run.done
        for found in self._watch.look(weights, recording or None, file, left):
            self.warn(found)
        self.progress_report.segment_done(segment, epoch, run.time, figures)
        self._report(run)
        self.check()

    def warn(self, text: str) -> None:
        """Say what looks wrong, and log it."""
        self._writer.log(f"warning: {text}")
        self.progress_report.warn(text)

    # How it ends

    def finish(self, run: Heard, figures: Mapping[str, float]) -> None:
        """Write the final figures."""
        self.open(run, run.done)  # a page without segments has left nothing yet
        self._writer.write_summary(
            {
                "experiment": self.plan.name,
                "form": self.plan.page.form,
                "seed": self.plan.seed,
                "metrics": {name: float(value) for name, value in figures.items()},
                "published": published(self.plan.name),
            }
        )
        self._writer.log("finished")

    def interrupted(self) -> str:
        """Say how far it has come; the message."""
        if self._run is None:
            return "stopped before its first segment"
        message = (
            f"stopped in segment {self._run.done + 1} of {self._segments} at simulated time "
            f"{self._run.time:.4g} s; `bioplaus resume {self.out}` goes on"
        )
        self._writer.log(message)
        return message

    def failed(self, error: Exception) -> None:
        """Keep why."""
        if self.writer is not None:
            with contextlib.suppress(OSError):
                self.writer.log(f"failed: {error}")

    def close(self, status: str) -> None:
        """Leave the directory in order."""
        if self._run is not None:
            self.progress_report.close()
            with contextlib.suppress(DiskFull):  # told already, by the error that brought us here
                self._report(self._run)
        if self.writer is not None:
            self.writer.close(status)

    @property
    def _writer(self) -> RunWriter:
        assert self.writer is not None, "the run has not been opened"
        return self.writer

    def _report(self, run: Heard) -> None:
        wall = round(self._wall_before + time.monotonic() - self._began, 3)
        cpu = round(self._cpu_before + time.process_time() - self._cpu_began, 3)
        memory, engine = round(peak_memory_mb(), 1), run.backend_report()
        measured = {"wall_s": wall, "cpu_s": cpu, "peak_memory_mb": memory, "engine": engine}
        self._writer.write_environment({**self._fixed, **measured})
