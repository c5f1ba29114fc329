"""``metrics.csv`` of a run whose columns are not known beforehand."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from bioplaus.records import atomic

__all__ = ["GrowingTable"]


class GrowingTable:
    """Rows of numbers under columns that come as they come; what a row lacks is ``nan``.

    A row is appended; a new column rewrites the file in one piece.

    Parameters
    ----------
    path
        The file; what is there already is gone on with.
    first
        Columns that stand first, and in every row.
    rows, segments
        How many rows and segments to go on with; later rows are dropped, and columns that only
        those had.
    """

    def __init__(self, path: Path, first: tuple[str, ...], rows: int, segments: int) -> None:
        self.path = path
        self.last: dict[str, float] = {}
        self._first = first
        columns, lines = self._read()
        kept = [line for line in lines[:rows] if int(line[0]) <= segments]
        filled = [n for n in range(len(columns)) if any(row[n] != "nan" for row in kept)]
        self._columns = [columns[n] for n in filled] or list(first)
        self._count = len(kept)
        self._note(kept, filled)
        if path.exists():
            self._write([[row[n] for n in filled] for row in kept])

    def __len__(self) -> int:
        return self._count

    def append(self, row: Mapping[str, float]) -> None:
        """Add a row.

        Raises
        ------
        DiskFull
            If there is no room.
        """
        new = [name for name in row if name not in self._columns]
        if new or not self._count:
            _, lines = self._read()
            self._columns += new
            self._write([line + ["nan"] * len(new) for line in lines[: self._count]])
        cells = [_number(row.get(name, float("nan"))) for name in self._columns]
        self._note([cells], range(len(cells)))
        self._count += 1
        try:
            with open(self.path, "a", encoding="utf-8", newline="") as file:
                file.write(",".join(cells) + "\n")
        except OSError as error:
            raise atomic.refine(error, self.path) from error

    def _note(self, rows: list[list[str]], columns: list[int] | range) -> None:
        """Remember the last number of every column."""
        for row in rows:
            for name, column in zip(self._columns, columns):
                if row[column] != "nan" and name not in self._first:
                    self.last[name] = float(row[column])

    def _read(self) -> tuple[list[str], list[list[str]]]:
        """The columns and the complete rows."""
        if not self.path.exists():
            return [], []
        text = self.path.read_text(encoding="utf-8")
        lines = list(csv.reader(text[: text.rfind("\n") + 1].splitlines()))
        return (lines[0], lines[1:]) if lines else ([], [])

    def _write(self, rows: list[list[str]]) -> None:
        lines = [self._columns, *rows]
        atomic.write_text(self.path, "".join(",".join(line) + "\n" for line in lines))


def _number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return str(int(value)) if isinstance(value, (bool, int)) else repr(float(value))
