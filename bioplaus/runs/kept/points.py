"""What a run directory keeps of a script's points: their marks, and states to go on from.

A *point* is a call of ``run``, or the entry of a loop over runs; points are numbered as they are
met.  Each has a mark, which must be the same in every execution.  A state belongs to a point: the
``end`` of its run, a place in the ``mid`` of it, or a turn of its ``loop``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bioplaus.errors import UserError
from bioplaus.records import atomic, layout
from bioplaus.records.checkpoint import CheckpointError, read_checkpoint, write_checkpoint

__all__ = ["Kept", "NotTheSame"]

LARGE = 1 << 16
"""Bytes from which an array has a file of its own, named by its content and written once."""
STATES_KEPT = 2


class NotTheSame(UserError, RuntimeError):
    """A script does not do what it did before it was interrupted."""


class Kept:
    """Reads what was kept before, and adds to it.

    newest : of the state with the largest moment, what is needed before it is taken up; None in a
    new run; names : the names of the first execution by number of object.
    """

    def __init__(self, run: Path) -> None:
        self.folder = run / layout.CHECKPOINTS
        self.arrays = self.folder / layout.ARRAYS
        self.arrays.mkdir(exist_ok=True)
        self._files = dict.fromkeys(sorted(self.folder.glob("*.ckpt")))
        self._used: dict[str, set[str]] = {}
        newest = max(self._files, key=_moment, default=None)
        self.newest = None if newest is None else _outline(self.read(newest))
        self._marks_path = run / layout.POINTS
        lines = _read_lines(self._marks_path)
        self._marks: dict[int, Any] = {line["point"]: line["mark"] for line in lines}
        self._named = {line["point"]: line["names"] for line in lines if "names" in line}
        self.names = {number: name for names in self._named.values() for number, name in names}
        self._written = 0
        self._write_marks()

    # Marks

    def meet(self, point: int, mark: Sequence[Any]) -> bool:
        """A point is met: what it is must be what it was; whether it is new.

        mark : what makes its text, which is made when somebody reads it: there is one at every
        run.

        Raises
        ------
        NotTheSame
            If it is not.
        """
        known = self._marks.setdefault(point, mark)
        if known is not mark and _text(known) != _text(mark):
            raise NotTheSame(
                "the script does not do the same as before the interruption: its point "
                f"{point} was '{_text(known)}' and is '{_text(mark)}'; does it use the time, a "
                "generator without a seed, or a file that has changed?"
            )
        return known is mark

    def name(self, point: int, names: Sequence[tuple[int, str]]) -> None:
        """The objects that were named before a new point, by number."""
        self._named[point] = names

    def forget_marks(self, unneeded: Callable[[int], bool]) -> None:
        """Drop the marks of points that are no longer needed: those in finished turns."""
        kept = {point: mark for point, mark in self._marks.items() if not unneeded(point)}
        if len(kept) < len(self._marks):
            self._marks = kept
            self._named = {point: names for point, names in self._named.items() if point in kept}
            self._write_marks()

    def _write_marks(self) -> None:
        """Write all that are known."""
        atomic.write_text(self._marks_path, "".join(map(self._line, self._marks)))
        self._written = len(self._marks)

    def _line(self, point: int) -> str:
        line: dict[str, Any] = {"point": point, "mark": _text(self._marks[point])}
        if point in self._named:
            line["names"] = self._named[point]
        return json.dumps(line) + "\n"

    def flush(self) -> None:
        """Put the marks on disk: seldom, for there is one at every run."""
        with open(self._marks_path, "a", encoding="utf-8") as file:
            file.writelines(map(self._line, itertools.islice(self._marks, self._written, None)))
        self._written = len(self._marks)

    # States

    def find(self, kind: str, point: int) -> dict[str, Any] | None:
        """The newest state of a kind that is kept for a point."""
        files = [path for path in self._files if _kind(path) == kind and _point(path) == point]
        return self.read(max(files, key=_moment)) if files else None

    def has(self, kind: str, point: int) -> bool:
        """Whether a state of a kind is kept for a point."""
        return any(_kind(path) == kind and _point(path) == point for path in self._files)

    def write(self, kind: str, point: int, state: dict[str, Any]) -> int:
        """Write a state, large arrays into files of their own; returns the bytes written."""
        path = self.folder / f"{kind}-{point:08d}-{state['moment']:010d}.ckpt"
        if path in self._files:
            return 0
        used: set[str] = set()
        written = 0

        def put(values: Any) -> Any:
            nonlocal written
            if not isinstance(values, np.ndarray) or values.nbytes < LARGE:
                return values
            plain = np.ascontiguousarray(values)
            content = hashlib.sha256(plain.reshape(-1).view(np.uint8).data).hexdigest()
            name = f"{content}-{zlib.crc32(repr(plain.dtype).encode()):08x}"
            used.add(name)
            file = self.arrays / f"{name}.npy"
            if not file.exists():
                atomic.write(file, lambda partial: _save(partial, plain.reshape(-1)))
                written += plain.nbytes
            return {_FILE: name, "shape": list(values.shape)}

        whole = _mapped(state, put)
        write_checkpoint(path, {"state": whole, "used": sorted(used)})
        self._files[path] = None
        self._used[path.name] = used
        return written + path.stat().st_size

    def forget(self, unneeded: Callable[[str, int], bool]) -> None:
        """Delete states that ``unneeded(kind, point)``, all but the newest two of a point, and the
        arrays that no state names any more."""
        by_point: dict[tuple[str, int], list[Path]] = {}
        for path in self._files:
            by_point.setdefault((_kind(path), _point(path)), []).append(path)
        gone = []
        for (kind, point), paths in by_point.items():
            ordered = sorted(paths, key=_moment)
            gone += ordered if unneeded(kind, point) else ordered[:-STATES_KEPT]
        for path in gone:
            path.unlink()
            del self._files[path]
            self._used.pop(path.name, None)
        if gone:
            self._delete_arrays()

    def _delete_arrays(self) -> None:
        for path in self._files:
            if path.name not in self._used:  # written by another process, before an interruption
                self._used[path.name] = set(read_checkpoint(path)["used"])
        used = set().union(*self._used.values())
        for file in self.arrays.glob("*.npy"):
            if file.stem not in used:
                file.unlink()

    def read(self, path: Path) -> dict[str, Any]:
        """A state from its file.

        Raises
        ------
        CheckpointError
            If it is damaged, naming the one before it.
        """

        def get(tree: Any) -> Any:
            file = self.arrays / f"{tree[_FILE]}.npy"
            values = np.load(file, allow_pickle=False)
            if hashlib.sha256(values.view(np.uint8).data).hexdigest() != file.stem.split("-")[0]:
                raise CheckpointError(f"{file} is damaged: its contents do not match its name")
            return values.reshape(tree["shape"])

        try:
            found: dict[str, Any] = _found(read_checkpoint(path)["state"], get)
        except (CheckpointError, OSError, ValueError) as error:
            raise CheckpointError(
                f"{error}; delete {path.name} to go on from an older state, if there is one"
            ) from None
        return found


_FILE = "$file"


def _outline(state: dict[str, Any]) -> dict[str, Any]:
    return {
        name: state[name] for name in ("point", "moment", "segment", "rows_of_table", "outside")
    }


def _text(mark: Any) -> str:
    if isinstance(mark, str):  # from the file
        return mark
    *parts, digest = mark
    return " ".join([*map(str, parts), f"{digest:08x}"])


def _kind(path: Path) -> str:
    return path.stem.split("-")[0]


def _point(path: Path) -> int:
    return int(path.stem.split("-")[1])


def _moment(path: Path) -> int:
    return int(path.stem.split("-")[2])


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of JSON, but for one that was cut off by a kill."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def _save(path: Path, values: Any) -> None:
    with open(path, "wb") as file:
        np.save(file, values, allow_pickle=False)


def _mapped(tree: Any, put: Callable[[Any], Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _mapped(value, put) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(_mapped(value, put) for value in tree)
    return put(tree)


def _found(tree: Any, get: Callable[[Any], Any]) -> Any:
    if isinstance(tree, dict):
        return get(tree) if _FILE in tree else {k: _found(v, get) for k, v in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(_found(value, get) for value in tree)
    return tree
