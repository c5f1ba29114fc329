"""What a script prints and reads: kept in the run directory, silent while it catches up."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, TextIO

__all__ = ["Input", "Output"]


class Output(io.TextIOBase):
    """Standard output of a script: the terminal's, and a file.

    silent : while true nothing is written, as it is there already.  In a child process the
    terminal alone is written to.
    """

    def __init__(self, path: Path, terminal: TextIO, keep: bool) -> None:
        self.silent = False
        self.buffer = _Bytes(self)
        self._terminal = terminal
        self._file = open(path, "r+b" if keep and path.exists() else "w+b")  # noqa: SIM115
        self._file.seek(0, os.SEEK_END if keep else os.SEEK_SET)
        self._process = os.getpid()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the file, and of what is written as bytes."""
        return "utf-8"

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Print text; it must be text, as for any such stream."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if not self.silent:
            self._terminal.write(text)
            self._keep(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def write_bytes(self, data: bytes) -> int:
        """Print bytes, as ``sys.stdout.buffer`` does."""
        if not self.silent:
            self._terminal.write(data.decode("utf-8", "replace"))
            self._keep(data)
        return len(data)

    def _keep(self, data: bytes) -> None:
        if os.getpid() == self._process:
            self._file.write(data)

    def flush(self) -> None:
        """Have what was printed so far on the terminal and on disk."""
        self._terminal.flush()
        if os.getpid() == self._process and not self._file.closed:
            self._file.flush()

    def fileno(self) -> int:
        """The terminal's: what is written to it directly is not kept."""
        return self._terminal.fileno()

    def position(self) -> int:
        """How many bytes have been printed."""
        return self._file.tell()

    def cut(self, position: int) -> None:
        """Go on behind the first ``position`` bytes, and forget the others."""
        self._file.seek(position)
        self._file.truncate()

    def end(self) -> None:
        """Close the file; the terminal stays."""
        self.flush()
        self._file.close()


class _Bytes(io.RawIOBase):
    """The stream as one of bytes."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._output.write_bytes(bytes(data))

    def flush(self) -> None:
        if hasattr(self, "_output"):
            self._output.flush()


class Input(io.TextIOBase):
    """Standard input of a script: what was read before is given again, then the real one's.

    Parameters
    ----------
    path
        Where it is kept, and was.
    real
        The real one; None where there is nobody to ask (a sweep).
    """

    def __init__(self, path: Path, real: TextIO | None) -> None:
        self.buffer = _Encoded(self)
        self.position = 0
        self._real = real
        self._path = path
        self._text = path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of what is kept."""
        return "utf-8"

    def readable(self) -> bool:
        """Always."""
        return True

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        """The next line; empty at the end.

        Raises
        ------
        EOFError
            Where there is nobody to ask.
        """
        while (end := self._text.find("\n", self.position) + 1) == 0:
            if not self._ask():
                end = len(self._text)
                break
        return self._give(end, size)

    def read(self, size: int | None = -1) -> str:
        """Everything that is left, or so many characters.

        Raises
        ------
        EOFError
            Where there is nobody to ask.
        """
        while size is None or size < 0 or len(self._text) - self.position < size:
            if not self._ask():
                break
        return self._give(len(self._text), size)

    def _ask(self) -> bool:
        """Read one line more from the real input, and keep it; false at its end."""
        if self._real is None:
            raise EOFError("the script reads standard input, and there is none here")
        line = self._real.readline()
        if line:
            self._text += line
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(line)
        return bool(line)

    def _give(self, end: int, size: int | None) -> str:
        if size is not None and size >= 0:
            end = min(end, self.position + size)
        given, self.position = self._text[self.position : end], end
        return given

    def isatty(self) -> bool:
        """Whether somebody types it."""
        return self._real is not None and self._real.isatty()


class _Encoded(io.RawIOBase):
    """The input as one of bytes."""

    def __init__(self, source: Input) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1) -> bytes:
        return self._source.readline(size).encode()

    def read(self, size: int | None = -1) -> bytes:
        return self._source.read(size).encode()
