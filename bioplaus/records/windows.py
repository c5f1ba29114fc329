"""What a run recorded, a stretch of time at a time.

Only the recording files that a stretch meets are opened, and of those only the part that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.records.held import MOST_BYTES, Held
from bioplaus.records.overview import (
    BLOCK,
    Between,
    Counts,
    Extent,
    cells_in_a_row,
    measure,
    read_blocks,
    read_extent,
)
from bioplaus.records.reader import RunReader
from bioplaus.records.recording import Presentations, TraceRecord
from bioplaus.records.recording_file import groups_of, in_order, read_spikes, read_trace

__all__ = ["Windows"]

_DRAWN = 3_000_000
"""More spikes than this are taken from overviews, where those are fine enough."""

Name = tuple[str, ...]


class Windows:
    """The recordings of a run by time; everybody in a process who looks at it shares one.

    ``refresh`` takes up files that were closed since the last look; ``version`` counts the looks
    that found any.  A file that cannot be read is left out and named in ``unreadable`` with the
    reason.  Another thread may read windows; one refreshes.
    """

    def __init__(self, path: str | Path) -> None:
        self.run = RunReader(path)
        self.version = 0
        self._forget()
        self.refresh()

    def refresh(self) -> None:
        """Look at the recording files.

        A resumed run writes its last segments again: then everything is looked at anew.  What is
        gone is told, and what was read of it before stays.
        """
        stamps = {path: _stamp(path) for path in self.run.recording_files()}
        if any(stamps.get(path, stamp) != stamp for path, stamp in self._stamps.items()):
            self._forget()
        for path in self._stamps.keys() - stamps.keys():
            self.version += path.name not in self.unreadable
            self.unreadable.setdefault(path.name, "it is gone")
        new = [path for path in stamps if path not in self._stamps]
        for path in new:
            self._stamps[path] = stamps[path]
            self._guard(path, lambda path=path: self._take_up(path))  # type: ignore[misc]
        self.version += bool(new)

    def _forget(self) -> None:
        self._stamps: dict[Path, Any] = {}
        self.extents: dict[Name, dict[Path, Extent]] = {}
        self.units: dict[Name, tuple[str, NDArray[np.int64]]] = {}
        self.thresholds: dict[Name, float] = {}
        self.weights: dict[str, list[Path]] = {}
        self.arrays: dict[str, list[Path]] = {}
        self.unreadable: dict[str, str] = {}
        self._shown: list[Presentations] = []
        self._held = Held()

    def _guard(self, path: Path, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (OSError, RuntimeError, KeyError) as error:
            reason = "it is gone" if not path.exists() else " ".join(str(error).split())
            self.unreadable[path.name] = reason
            return None

    def _take_up(self, path: Path) -> None:
        import h5py

        extents: dict[Name, Extent] = {}
        with h5py.File(path, "r") as file:
            groups = groups_of(file)
            for name, group in groups:
                if name[0] in ("spikes", "traces"):
                    seen = file.get("/".join(("overview", *name)))
                    extents[name] = measure(group) if seen is None else read_extent(seen)
            for name, group in groups:
                if name[0] == "traces":
                    about = group["value"].attrs
                    self.units.setdefault(name, (str(about["unit"]), group["cells"][:]))
                    self.thresholds[name] = float(about.get("threshold", np.nan))
                elif name[0] in ("weights", "arrays"):
                    known = self.weights if name[0] == "weights" else self.arrays
                    known.setdefault(name[1], []).append(path)
                elif name[0] == "presentations":
                    self._shown.append(Presentations.read(group))
        for name, extent in extents.items():
            files = self.extents.setdefault(name, {})
            if extent.count:
                files[path] = extent

    # What there is

    @property
    def files(self) -> int:
        """How many recordings were taken up."""
        return len(self._stamps)

    @property
    def populations(self) -> list[str]:
        """Populations whose spikes were recorded."""
        return sorted(name[1] for name in self.extents if name[0] == "spikes")

    @property
    def variables(self) -> list[tuple[str, str]]:
        """Recorded variables as (population, variable)."""
        return sorted((name[1], name[2]) for name in self.extents if name[0] == "traces")

    @property
    def ends(self) -> Between:
        """First and last time of everything [s]; (0, 0) where nothing was recorded."""
        found = [extent for files in self.extents.values() for extent in files.values()]
        ends = [(shown.start[0], shown.stop[-1]) for shown in self._shown if len(shown.start)]
        firsts = [extent.first for extent in found] + [float(first) for first, _ in ends]
        lasts = [extent.last for extent in found] + [float(last) for _, last in ends]
        return (min(firsts), max(lasts)) if firsts else (0.0, 0.0)

    def cells(self, population: str) -> int:
        """The largest cell that has fired, and one."""
        files = self.extents.get(("spikes", population), {})
        return max((extent.cells for extent in files.values()), default=0)

    def spike_count(self, population: str) -> int:
        """Spikes of a population over the whole run."""
        return sum(extent.count for extent in self.extents[("spikes", population)].values())

    def presentations(self) -> Presentations | None:
        """When which stimulus was shown, over the whole run; None where no segment says."""
        return Presentations.joined(self._shown) if self._shown else None

    # Windows

    def expected(self, population: str, between: Between) -> int:
        """About how many spikes a stretch of time holds; never fewer than it does."""
        met = self._met(("spikes", population), between)
        return sum(len(range(extent.count)[extent.part(between)]) for _, extent in met)

    def spikes(
        self, population: str, between: Between
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Spikes of a stretch of time, ends included: t (spikes,) [s] ascending, i (spikes,)."""
        name = ("spikes", population)
        return in_order([self._spikes(p, name, e, between) for p, e in self._met(name, between)])

    def view(
        self, population: str, between: Between, columns: int
    ) -> tuple[tuple[NDArray[np.float64], NDArray[np.int32]], list[Counts]]:
        """What so many columns can show: spikes, and counts where there are too many spikes."""
        name = ("spikes", population)
        if self.expected(population, between) <= _DRAWN:
            return self.spikes(population, between), []
        column = (between[1] - between[0]) / columns
        parts, counted = [], []
        for path, extent in self._met(name, between):
            # Two stretches a column: a spike then stands within a column of its place.
            fine = [n for n in extent.levels if (extent.last - extent.first) / n <= column / 2]
            if fine:
                counts = self._counts(path, name, fine[0])
                if counts is not None:
                    ends = (extent.first, extent.last)
                    counted.append(Counts(ends, counts, cells_in_a_row(extent.cells)))
            else:
                parts.append(self._spikes(path, name, extent, between))
        return in_order(parts), counted

    def rate(self, population: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Spikes a second of a population over the whole run: edges (n + 1,) and rates (n,) of
        stretches that follow each other, NaN between files that do."""
        edges: list[NDArray[np.float64]] = [np.empty(0)]
        rates: list[NDArray[np.float64]] = [np.empty(0)]
        for extent in self.extents[("spikes", population)].values():
            width = max(extent.last - extent.first, 1e-9) / BLOCK
            edges.append(np.linspace(extent.first, extent.first + BLOCK * width, BLOCK + 1))
            rates += [extent.total / width, np.array([np.nan])]
        return np.concatenate(edges), np.concatenate(rates)[:-1]

    def trace(
        self,
        population: str,
        variable: str,
        between: Between,
        cells: Sequence[int] | None = None,
        columns: int = 0,
    ) -> TraceRecord:
        """A variable over a stretch of time and one sample on either side.

        cells : of those that were recorded; all of them by default.  columns : with it, of samples
        that so many columns of a screen cannot tell apart only the least and the largest are given.
        """
        name = ("traces", population, variable)
        unit, recorded = self.units[name]
        wanted = recorded if cells is None else recorded[np.isin(recorded, cells)]
        places = np.flatnonzero(np.isin(recorded, wanted))
        rows = slice(places[0], places[-1] + 1) if len(places) else slice(0, 0)
        parts = [
            self._trace(path, name, extent, between, rows, columns)
            for path, extent in self._met(name, between)
        ]
        whole = [part for part in parts if part is not None and len(part[1]) == len(recorded[rows])]
        t = np.concatenate([part[0] for part in whole]) if whole else np.empty(0)
        value = np.concatenate([part[1] for part in whole], axis=1) if whole else None
        if value is None:
            value = np.empty((len(recorded[rows]), 0))
        kept, level = value[np.isin(recorded[rows], wanted)], self.thresholds[name]
        return TraceRecord(t, kept, unit, wanted, level)

    def _met(self, name: Name, between: Between) -> list[tuple[Path, Extent]]:
        files = self.extents.get(name, {})
        return [
            (path, extent)
            for path, extent in list(files.items())  # the other thread may add one
            if extent.first <= between[1]
            and extent.last >= between[0]
            and path.name not in self.unreadable
        ]

    def _spikes(self, path: Path, name: Name, extent: Extent, between: Between) -> Any:
        part = extent.part(between)
        if 12 * extent.count <= MOST_BYTES // 4:
            part = slice(0, extent.count)
        found = self._cached(path, (name, part), lambda group: read_spikes(group, part), name)
        if found is None:
            return np.empty(0), np.empty(0, np.int32)
        t, i = found
        first, last = np.searchsorted(t, between[0]), np.searchsorted(t, between[1], "right")
        return t[first:last], i[first:last]

    def _counts(self, path: Path, name: Name, stretches: int) -> Any:
        place = ("overview", *name)
        return self._cached(path, (name, stretches), lambda g: g[str(stretches)][:], place)

    def _trace(
        self, path: Path, name: Name, extent: Extent, between: Between, rows: slice, columns: int
    ) -> Any:
        part = extent.part(between)
        part = slice(max(part.start - 1, 0), min(part.stop + 1, extent.count))
        samples = part.stop - part.start
        blocks = [n for n in extent.levels if columns and samples >= 2 * n * columns]
        if blocks and extent.ascending:
            block, place = blocks[-1], ("overview", *name)
            cut = slice(part.start // block, -(-part.stop // block))
            key = (name, block, cut, rows)
            return self._cached(
                path, key, lambda group: read_blocks(group, extent, block, cut, rows), place
            )

        def read(group: Any) -> Any:
            record = read_trace(group, part, rows)
            if extent.ascending:
                return record.t, record.value
            order = np.argsort(record.t, kind="stable")
            return record.t[order], record.value[:, order]

        return self._cached(path, (name, part, rows), read, name)

    def _cached(self, path: Path, key: Any, read: Callable[[Any], Any], name: Name) -> Any:
        import h5py

        def load() -> Any:
            with h5py.File(path, "r") as file:
                return read(file["/".join(name)])

        return self._held.get((path, str(key)), lambda: self._guard(path, load))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
