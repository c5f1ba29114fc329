"""The one writer of a run directory."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bioplaus.errors import UserError
from bioplaus.records import atomic, layout, lock
from bioplaus.records.checkpoint import write_checkpoint
from bioplaus.records.reader import DamagedRun
from bioplaus.records.recording import Recording
from bioplaus.records.recording_file import write_recording

__all__ = ["RunExists", "RunLocked", "RunWriter"]

KEPT_CHECKPOINTS = 2


class RunExists(UserError, FileExistsError):
    """The output directory exists; nothing in it was touched."""


class RunLocked(UserError, RuntimeError):
    """Another living process writes this run directory."""


class RunWriter:
    """Writes one run: what it reports is on disk before the next segment starts.

    Make one with :meth:`create` (a new run) or :meth:`reopen` (to resume); close it with
    :meth:`close`.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._columns: list[str] = []

    @classmethod
    def create(cls, path: Path, config: Mapping[str, Any], force: bool = False) -> RunWriter:
        """Start a run directory.

        Raises
        ------
        RunExists
            If ``path`` exists (with ``force``: if it is not a run directory).
        RunLocked
            If a living process writes there.
        OSError
            If the directory cannot be made.
        """
        check_free(path, force)
        if path.exists():
            held = lock.acquire(path)
            if held is None:
                raise RunLocked(f"{path} is being written by another process")
            lock.release(held)
            shutil.rmtree(path)
        path.mkdir(parents=True)
        for folder in (layout.RECORDING, layout.CONTROL, layout.FIGURES, layout.CHECKPOINTS):
            (path / folder).mkdir()
        writer = cls(path, _acquire(path))
        writer._write_state("running")
        atomic.write_text(path / layout.CONFIG, _to_yaml(config))
        return writer

    @classmethod
    def reopen(cls, path: Path) -> RunWriter:
        """Take up an unfinished run directory again.

        Raises
        ------
        RunLocked
            If a living process writes there.
        """
        writer = cls(path, _acquire(path))
        for partial in path.rglob(".*.partial"):
            partial.unlink()
        writer._write_state("running")
        return writer

    def close(self, status: str) -> None:
        """End with ``finished``, ``interrupted`` or ``failed``, and let the directory go."""
        try:
            self._write_state(status)
        except atomic.DiskFull:
            pass  # the state stays "running"; without a living writer it reads as interrupted
        finally:
            lock.release(self._descriptor)

    def _write_state(self, status: str) -> None:
        atomic.write_json(
            self.path / layout.STATE,
            {
                "format": layout.FORMAT_VERSION,
                "status": status,
                "process": os.getpid(),
                "host": socket.gethostname(),
            },
        )

    # What a segment leaves

    def append_metrics(self, row: Mapping[str, float]) -> None:
        """Add one row to ``metrics.csv``; the first row names the columns.

        Raises
        ------
        ValueError
            If a later row has other columns.
        """
        path = self.path / layout.METRICS
        if not self._columns:
            self._columns = _header(path) or list(row)
        if list(row) != self._columns:
            raise ValueError(f"metrics {list(row)} do not match the columns {self._columns}")
        text = "" if path.exists() else ",".join(self._columns) + "\n"
        text += ",".join(_number(value) for value in row.values()) + "\n"
        try:
            with open(path, "a", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise atomic.refine(error, path) from error

    def write_recording(self, segment: int, recording: Recording) -> None:
        """Keep what a segment recorded, as one closed file."""
        write_recording(self.recording_file(segment), recording)

    def recording_file(self, segment: int) -> Path:
        """Where the recording of a segment is kept."""
        return layout.segment_file(self.path / layout.RECORDING, segment, "h5")

    def write_checkpoint(self, segment: int, state: Mapping[str, Any]) -> None:
        """Keep the complete state after a segment; the two newest are kept."""
        folder = self.path / layout.CHECKPOINTS
        write_checkpoint(layout.segment_file(folder, segment, "ckpt"), state)
        for old in sorted(folder.glob("*.ckpt"))[:-KEPT_CHECKPOINTS]:
            old.unlink()

    def rewind(self, segments: int) -> list[str]:
        """Forget everything after the first ``segments`` segments; returns, as sentences, what is
        lost of these.

        Raises
        ------
        DamagedRun
            If the metrics do not begin with the names of their columns.
        """
        lost = self._rewind_metrics(segments)
        for folder, ending in ((layout.RECORDING, "h5"), (layout.CHECKPOINTS, "ckpt")):
            for file in (self.path / folder).glob(f"*.{ending}"):
                if int(file.stem) >= segments:
                    file.unlink()
        return [f"metrics.csv has lost {_named(lost)}, which cannot come back"] if lost else []

    def _rewind_metrics(self, segments: int) -> list[int]:
        """Keep the rows of the first segments; returns which of these have none."""
        path = self.path / layout.METRICS
        if not path.exists():
            return list(range(segments))
        if not segments:
            path.unlink()
            return []
        head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True) or [""]
        columns = head.strip().split(",")
        if "segment" not in columns:
            raise DamagedRun(f"{path} is damaged: its first line names no column 'segment'")
        rows = {}
        for line in lines:
            number = line.strip().split(",")[columns.index("segment")]
            if number.isdigit() and int(number) < segments and line.endswith("\n"):
                rows[int(number)] = line
        atomic.write_text(path, "".join([head, *rows.values()]))
        return [segment for segment in range(segments) if segment not in rows]

    # What a run leaves

    def write_environment(self, environment: Mapping[str, Any]) -> None:
        """Versions, platform, backend, seed, wall time: ``environment.json``."""
        atomic.write_json(self.path / layout.ENVIRONMENT, environment)

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """The final figures: ``summary.json``."""
        atomic.write_json(self.path / layout.SUMMARY, summary)

    def log(self, line: str) -> None:
        """Add a line with the wall-clock time to ``log.txt``."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        with open(self.path / layout.LOG, "a", encoding="utf-8") as file:
            file.write(f"{stamp}  {line}\n")

    # Changes while running

    def write_tunable(self, values: Mapping[str, str]) -> None:
        """Say what can be changed, as text with unit: ``tunable.json``."""
        atomic.write_json(self.path / layout.TUNABLE, values)

    def take_requests(self) -> list[tuple[str, str]]:
        """Take the requests (parameter, value) from the inbox, oldest first."""
        requests = []
        for path in sorted((self.path / layout.CONTROL).glob("*.json")):
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                requests.append((str(content["parameter"]), str(content["value"])))
            except (ValueError, KeyError, TypeError) as error:
                self.log(f"ignored the request {path.name}: {error}")
            path.unlink()
        return requests

    def append_change(self, segment: int, time_s: float, name: str, value: str) -> None:
        """Log a change of a parameter that holds from ``segment`` on."""
        path = self.path / layout.CHANGES
        buffer = io.StringIO()
        rows = csv.writer(buffer, lineterminator="\n")
        if not path.exists():
            rows.writerow(["segment", "simulated_time_s", "parameter", "value"])
        rows.writerow([segment, _number(time_s), name, value])
        with open(path, "a", encoding="utf-8", newline="") as file:
            file.write(buffer.getvalue())
            file.flush()
            os.fsync(file.fileno())


def check_free(path: Path, force: bool) -> None:
    """Refuse an output directory that exists, before anything long is done.

    Raises
    ------
    RunExists
        If ``path`` exists (with ``force``: if it is not a run directory).
    """
    if not path.exists():
        return
    if not force:
        raise RunExists(f"{path} exists; choose another --out, or add --force to replace it")
    if not (path / layout.STATE).is_file():
        raise RunExists(f"{path} is not a run directory, so --force does not replace it")


def _acquire(path: Path) -> int:
    descriptor = lock.acquire(path)
    if descriptor is None:
        owner = json.loads((path / layout.STATE).read_text(encoding="utf-8"))
        raise RunLocked(f"{path} is being written by process {owner['process']} on {owner['host']}")
    return descriptor


def _named(segments: Sequence[int]) -> str:
    """``segment 3`` or ``segments 1 to 4 and 7``."""
    ends: list[list[int]] = []
    for segment in segments:
        if ends and segment == ends[-1][1] + 1:
            ends[-1][1] = segment
        else:
            ends.append([segment, segment])
    parts = [f"{first} to {last}" if last > first else str(first) for first, last in ends]
    text = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
    return f"segment{'s' if len(segments) > 1 else ''} {text}"


def _header(path: Path) -> list[str]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as file:
        return file.readline().strip().split(",")


def _number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return str(int(value)) if isinstance(value, (bool, int)) else repr(float(value))


def _to_yaml(config: Mapping[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)
    return text
