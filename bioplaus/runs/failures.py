"""What a person is shown when a script of theirs raises: their own lines, and the message."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path

__all__ = ["describe_failure"]

_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


def describe_failure(error: BaseException, script: Path) -> str:
    """The lines of a script, and of modules in its folder, that led to an error, and the error.

    Where an error was raised while another was handled, the first one is told first; Brian2's
    errors say which object they are about, and where the script makes it.
    """
    parts: list[str] = []
    for one in _chain(error):
        frames = [_frame(frame, script) for frame in _own_frames(one, script)]
        if type(one).__name__ == "BrianObjectException":
            parts = [*frames, *parts, _about_object(str(one), script)]
            continue
        parts += frames
        parts.append("".join(traceback.format_exception_only(one)).strip())
        parts += _hints(one, script)
    return "\n".join(part for part in parts if part)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, the first first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before)
    yield error


def _own_frames(error: BaseException, script: Path) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if _is_own(frame.filename, script)]


def _is_own(file: str, script: Path) -> bool:
    path = Path(file)
    if path == script:
        return True
    return path.is_relative_to(script.parent) and not file.startswith(_LIBRARIES)


def _frame(frame: traceback.FrameSummary, script: Path) -> str:
    inside = "" if frame.name == "<module>" else f", in {frame.name}"
    name = Path(frame.filename).relative_to(script.parent)
    return f"{name}, line {frame.lineno}{inside}:\n    {frame.line}"


def _about_object(message: str, script: Path) -> str:
    """Which object an error of Brian2 is about, from its message."""
    name = message.partition("object named '")[2].partition("'")[0]
    made = message.partition(f"File '{script}', line ")[2].partition(",")[0]
    where = f", made at line {made}" if made.isdigit() else ""
    return f"(in the object {name!r} of Brian2{where})" if name else message


def _hints(error: BaseException, script: Path) -> Iterator[str]:
    """What may be behind an error that names of Brian2 cause."""
    frames = _own_frames(error, script)
    line = (frames[-1].line or "") if frames else ""
    message = str(error)
    if "'module' object is not callable" in message and "input(" in line:
        yield "`from brian2 import *` makes `input` a module; sys.stdin.readline() reads a line"
    if "function_or_method' object has no attribute" in message and "random." in line:
        yield "`from brian2 import *` makes `random` a function; `import random` after it"
