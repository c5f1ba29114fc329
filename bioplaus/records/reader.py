"""Reading a run directory, finished or not."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.errors import UserError
from bioplaus.records import layout, lock
from bioplaus.records.arrays import ArrayRecord
from bioplaus.records.recording import Presentations, Recording, TraceRecord
from bioplaus.records.recording_file import read_recording, recorded_groups

__all__ = ["DamagedRun", "NotARun", "NotRecorded", "RunReader"]


class NotARun(UserError, ValueError):
    """The path is no run directory, or one of a newer format."""


class DamagedRun(UserError, ValueError):
    """A file of a run directory cannot be read; the message names it."""


class NotRecorded(UserError, KeyError):
    """A run has no recording of what is asked for."""

    __str__ = Exception.__str__  # without the quotes of a key


@contextmanager
def _read(path: Path) -> Iterator[str]:
    """The text of a file; what goes wrong inside is told with the file's name."""
    from yaml import YAMLError

    try:
        yield path.read_text(encoding="utf-8")
    except (ValueError, LookupError, TypeError, YAMLError) as error:
        reason = " ".join(str(error).split())
        raise DamagedRun(f"{path} is damaged: {reason}") from error


class RunReader:
    """One run directory.

    Parameters
    ----------
    path
        The directory.
    tolerant
        Whether recording files that cannot be opened are left out, and named in ``unreadable``.

    Raises
    ------
    NotARun
        If it is no run directory, or written in a newer format.
    DamagedRun
        If one of its files cannot be read, here or when it is asked for.
    """

    def __init__(self, path: str | Path, *, tolerant: bool = False) -> None:
        self.path = Path(path)
        self.tolerant = tolerant
        self.unreadable: dict[str, str] = {}
        self._opened: set[Path] = set()
        state = self.path / layout.STATE
        if not state.is_file():
            raise NotARun(f"{self.path} is not a run directory (it has no {layout.STATE})")
        with _read(state) as text:
            version = int(json.loads(text)["format"])
        if version > layout.FORMAT_VERSION:
            raise NotARun(
                f"{self.path} has format {version}; this bioplaus reads up to "
                f"{layout.FORMAT_VERSION}: install a newer one"
            )

    @property
    def status(self) -> str:
        """``running``, ``finished``, ``interrupted`` or ``failed``; a killed run is interrupted."""
        with _read(self.path / layout.STATE) as text:
            status = str(json.loads(text)["status"])
        return "interrupted" if status == "running" and not lock.is_held(self.path) else status

    @cached_property
    def config(self) -> dict[str, Any]:
        """The start state: experiment, seed, backend, every parameter as text with unit."""
        import yaml

        # The parser in C, where PyYAML has it, is seven times as fast.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        with _read(self.path / layout.CONFIG) as text:
            content: dict[str, Any] = yaml.load(text, loader)
            for name in ("experiment", "seed", "parameters"):
                content[name]
            return content

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters at the start, as text with unit."""
        content: dict[str, Any] = self.config["parameters"]
        return content

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, platform, backend, wall time (empty before the run reports them)."""
        return self._json(layout.ENVIRONMENT)

    @property
    def sources(self) -> dict[str, str]:
        """Files of a plain script that ran, itself first: path to SHA-256 (else empty)."""
        return self._json(layout.MODULES)

    @property
    def summary(self) -> dict[str, Any]:
        """The final figures (empty before the run has finished)."""
        return self._json(layout.SUMMARY)

    @property
    def tunable(self) -> dict[str, str]:
        """What a running script lets be changed: name to the value at the start, with unit."""
        return self._json(layout.TUNABLE)

    @property
    def log(self) -> str:
        """The log so far."""
        path = self.path / layout.LOG
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _json(self, name: str) -> dict[str, Any]:
        path = self.path / name
        if not path.is_file():
            return {}
        with _read(path) as text:
            content: dict[str, Any] = json.loads(text)
        return content

    @property
    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """Column name to values, one per finished segment; a half-written row is left out."""
        path = self.path / layout.METRICS
        if not path.is_file():
            return {}
        with _read(path) as whole:
            rows = list(csv.reader(whole[: whole.rfind("\n") + 1].splitlines()))
            if not rows:
                return {}
            columns = np.array(rows[1:], dtype=np.float64).reshape(-1, len(rows[0]))
        return {name: columns[:, n].copy() for n, name in enumerate(rows[0])}

    @property
    def latest(self) -> dict[str, float]:
        """The last value of each metric; a script need not give every metric in every row."""
        known = {name: column[~np.isnan(column)] for name, column in self.metrics.items()}
        return {name: float(values[-1]) for name, values in known.items() if len(values)}

    @property
    def changes(self) -> list[tuple[int, float, str, str]]:
        """Changes while running: (segment, simulated time [s], parameter, value)."""
        path = self.path / layout.CHANGES
        if not path.is_file():
            return []
        with _read(path) as text:
            rows = list(csv.reader(text.splitlines()))[1:]
            return [(int(s), float(t), name, value) for s, t, name, value in rows]

    def recordings(self, part: str = "", after: int = 0) -> list[Recording]:
        """What each segment recorded, in order.

        part : only this, such as ``spikes/hidden``; after : without so many files at the start.
        """
        return [read_recording(path, part) for path in self.recording_files()[after:]]

    def populations(self) -> list[str]:
        """Populations whose spikes were recorded."""
        return [name[1] for name in self._recorded() if name[0] == "spikes"]

    def traced(self) -> list[tuple[str, str]]:
        """Recorded variables as (population, variable)."""
        return [(name[1], name[2]) for name in self._recorded() if name[0] == "traces"]

    def projections(self) -> list[str]:
        """Projections whose weights were recorded, in small."""
        return [name[1] for name in self._recorded() if name[0] == "weights"]

    def arrays(self) -> list[str]:
        """Names of the arrays that were recorded."""
        return [name[1] for name in self._recorded() if name[0] == "arrays"]

    def array(self, name: str, segment: int = -1) -> ArrayRecord:
        """An array as a segment left it: by default the last that has it.

        Raises
        ------
        NotRecorded
            If there is none of this name.
        """
        found = [r.arrays[name] for r in self.recordings(f"arrays/{name}") if name in r.arrays]
        if not found:
            raise NotRecorded(f"no array {name!r}; there are {', '.join(self.arrays()) or 'none'}")
        return found[segment]

    def has_presentations(self) -> bool:
        """Whether the run says when which stimulus was shown."""
        return ("presentations",) in self._recorded()

    def _recorded(self) -> list[tuple[str, ...]]:
        return sorted({name for path in self.recording_files() for name in recorded_groups(path)})

    def recording_files(self) -> list[Path]:
        """The closed recording files, in order of segments."""
        files = sorted((self.path / layout.RECORDING).glob("*.h5"))
        return [path for path in files if self._opens(path)] if self.tolerant else files

    def _opens(self, path: Path) -> bool:
        if path not in self._opened and path.name not in self.unreadable:
            try:
                recorded_groups(path)
                self._opened.add(path)
            except (OSError, RuntimeError, KeyError) as error:
                self.unreadable[path.name] = " ".join(str(error).split())
        return path in self._opened

    def spikes(
        self, population: str, after: int = 0
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Spikes of a population over the whole run: t (spikes,) [s], i (spikes,).

        after : without so many recording files at the start.

        Raises
        ------
        NotRecorded
            If its spikes were not recorded.
        """
        recordings = self.recordings(f"spikes/{population}", after)
        parts = [r.spikes[population] for r in recordings if r.spikes]
        if not parts:
            raise NotRecorded(f"no spikes of {population!r} were recorded in {self.path}")
        return np.concatenate([t for t, _ in parts]), np.concatenate([i for _, i in parts])

    def trace(self, population: str, variable: str, after: int = 0) -> TraceRecord:
        """A recorded variable over the whole run.

        after : without so many recording files at the start.

        Raises
        ------
        NotRecorded
            If it was not recorded.
        """
        key = (population, variable)
        recordings = self.recordings(f"traces/{population}/{variable}", after)
        parts = [r.traces[key] for r in recordings if r.traces]
        if not parts:
            raise NotRecorded(f"no trace of {population}.{variable} was recorded in {self.path}")
        return TraceRecord(
            t=np.concatenate([part.t for part in parts]),
            value=np.concatenate([part.value for part in parts], axis=1),
            unit=parts[0].unit,
            cells=parts[0].cells,
            threshold=parts[0].threshold,
        )

    def presentations(self) -> Presentations:
        """When which stimulus was shown, over the whole run.

        Raises
        ------
        NotRecorded
            If the experiment did not say.
        """
        recordings = self.recordings("presentations")
        found = [r.presentations for r in recordings if r.presentations is not None]
        if not found:
            raise NotRecorded(f"no presentations were recorded in {self.path}")
        return Presentations.joined(found)
