"""The files that a script writes, so that a resumed run leaves them as an undisturbed one does.

A script that catches up does again what it did before, to files as well.  What a file holds when
that begins is put aside, and put back when a state is taken up; files that were opened for
appending are cut to the length that they had in that state, and what is made where nothing must be
(``open(..., "x")``, ``mkdir``) is not in its own way.  Python tells of every file that it
opens, renames or removes (an audit hook); what libraries open by themselves, such as HDF5, is not
seen.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bioplaus.records import atomic
from bioplaus.runs.world.auditing import heard
from bioplaus.runs.world.caller import line_of_script, on_behalf_of_script

__all__ = ["Files", "pack_file", "unpack_file"]

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_EVENTS = ("open", "os.rename", "os.remove", "os.truncate")


class Files:
    """Watches the files of one run.

    Parameters
    ----------
    folder
        Where contents are put aside; made when needed.
    run
        The run directory, whose files are not the script's.
    tell
        Called with a note where a file cannot be as it was.
    """

    def __init__(self, folder: Path, run: Path, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._run = str(run) + os.sep
        self._tell = tell
        self._catching_up = False
        self._written: set[str] = set()
        self._first: dict[str, int] = _read(folder / "first.json")  # lengths before line one
        self._made: set[str] = set()
        self._made_before = _read_lines(folder / "made.jsonl")

    @contextmanager
    def installed(self, catching_up: bool) -> Iterator[None]:
        """Watch what is opened inside the ``with`` block.

        catching_up : the script is going to do again what it did, up to a state; otherwise it
        begins anew, and files that it appended to are cut to what they held before.
        """
        self._put_back()  # of a run that was killed while it caught up
        self._catching_up = catching_up
        if not catching_up:
            for path, length in self._first.items():
                _cut(path, length)
        with heard(self._noticed, _EVENTS), self._making_folders():
            yield

    @property
    def made(self) -> list[str]:
        """Files and folders that the script has made where there must be none."""
        return sorted(self._made)

    def have_made(self, made: list[str]) -> None:
        """A state is taken up: in it, these were made."""
        self._made = set(made)

    def lengths(self) -> dict[str, int]:
        """How long the files are now that were opened for appending: path to bytes."""
        return {path: _length(path) for path in self._first}

    def take_up(self, lengths: dict[str, int]) -> None:
        """All is as it was in a state: files hold what they held, cut to their lengths in it."""
        self._catching_up = False
        self._put_back()
        for path, first in self._first.items():
            _cut(path, lengths.get(path, first))

    def _noticed(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments)
            return
        for given in arguments[: 2 if event == "os.rename" else 1]:
            if (path := self._outside(given)) is not None:
                self._about_to_change(path)

    def _opened(self, file: Any, mode: Any, flags: Any) -> None:
        writing = isinstance(flags, int) and bool(flags & _WRITING)
        path = self._outside(file) if writing or self._written else None
        if path is None:
            return
        if not writing:
            if path in self._written and not self._catching_up:
                self._written.discard(path)
                self._tell(
                    f"line {line_of_script()} reads {file}, which this run has written: "
                    "a resumed run may find something else in it"
                )
            return
        if isinstance(mode, str) and "x" in mode and self._is_made_again(path):
            self._about_to_change(path)
            os.unlink(path)
        appending = bool(flags & os.O_APPEND)
        if appending and path not in self._first:
            self._first[path] = _length(path)
            self._folder.mkdir(exist_ok=True)
            atomic.write_json(self._folder / "first.json", self._first)
        if self._about_to_change(path) and appending:
            _cut(path, self._first[path])
        if not appending:
            self._written.add(path)

    def _is_made_again(self, path: str) -> bool:
        """Something is to be made where there must be nothing: whether it is there only because
        this run, before it was interrupted, has made it at this very place."""
        again = os.path.exists(path) and path in self._made_before - self._made
        if again or not os.path.exists(path):
            self._made.add(path)
        if not again and path in self._made - self._made_before:
            self._folder.mkdir(exist_ok=True)
            with open(self._folder / "made.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(path) + "\n")
            self._made_before.add(path)
        return again

    @contextmanager
    def _making_folders(self) -> Iterator[None]:
        """A folder that the script makes again stays, with what is in it."""
        plain = os.mkdir

        def mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
            own = dir_fd is None and on_behalf_of_script(sys._getframe(1))
            full = self._outside(path) if own else None
            if full is None or not self._is_made_again(full):
                plain(path, mode, dir_fd=dir_fd)

        os.mkdir = mkdir
        try:
            yield
        finally:
            os.mkdir = plain

    def _outside(self, file: Any) -> str | None:
        """The full path, for files outside the run directory."""
        if not isinstance(file, (str, bytes, os.PathLike)):
            return None
        path = os.path.abspath(os.fsdecode(file))
        return None if path.startswith((self._run, "/dev/")) else path

    # What files held when the script began to catch up

    @property
    def _index(self) -> Path:
        return self._folder / "aside.json"

    def _about_to_change(self, path: str) -> bool:
        """Put aside what a file holds; whether that is done now, and not done before or at all."""
        aside = _read(self._index) if self._catching_up else {path: ""}
        if path in aside or os.path.isdir(path):
            return False
        self._folder.mkdir(exist_ok=True)
        aside[path] = f"{len(aside)}.held" if os.path.exists(path) else ""
        if aside[path]:
            shutil.copyfile(path, self._folder / aside[path])
        atomic.write_json(self._index, aside)
        return True

    def _put_back(self) -> None:
        for path, name in _read(self._index).items():
            if not name:
                Path(path).unlink(missing_ok=True)
                continue
            # In place: the file may be open, and goes on to be the same one.
            with open(self._folder / name, "rb") as held, open(path, "ab") as file:
                file.truncate(0)
                shutil.copyfileobj(held, file)
        self._index.unlink(missing_ok=True)
        for held_file in self._folder.glob("*.held"):
            held_file.unlink()


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return content


def _read_lines(path: Path) -> set[str]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {json.loads(line) for line in lines if line.endswith('"')}  # the last may be cut off


def _length(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0


def _cut(path: str, length: int) -> None:
    if _length(path) > length:
        os.truncate(path, length)


# Open files among a script's variables


def pack_file(file: Any) -> dict[str, Any] | None:
    """An open file as plain data: path, mode, position and length; None for any other object."""
    kinds = (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.FileIO)
    if type(file) not in kinds or not isinstance(file.name, (str, os.PathLike)):
        return None
    tree = {"path": os.path.abspath(os.fspath(file.name)), "mode": file.mode}
    if isinstance(file, io.TextIOWrapper):
        tree |= {"encoding": file.encoding, "errors": file.errors}
    if file.closed:
        return {**tree, "position": -1, "length": -1}
    try:
        if file.writable():
            file.flush()
        return {**tree, "position": file.tell(), "length": _length(tree["path"])}
    except OSError:  # in the middle of being walked line by line
        return None


def unpack_file(tree: dict[str, Any], old: Any) -> Any:
    """The file of that tree, at its position; ``old`` itself if it is that file."""
    same = pack_file(old)
    fits = same is not None and all(same[key] == tree[key] for key in ("path", "mode"))
    if tree["position"] < 0:
        if old is not None:
            old.close()
        return old
    file = old if fits and not old.closed else _reopened(tree)
    if file.writable():
        file.flush()
        _cut(tree["path"], tree["length"])
    file.seek(tree["position"])
    return file


def _reopened(tree: dict[str, Any]) -> Any:
    """Open a file as it was opened, without emptying it or minding that it exists."""

    def opener(path: str, flags: int) -> int:
        return os.open(path, flags & ~(os.O_TRUNC | os.O_EXCL), 0o666)

    options = {key: tree[key] for key in ("encoding", "errors") if key in tree}
    return open(tree["path"], tree["mode"], opener=opener, **options)
