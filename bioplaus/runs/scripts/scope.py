"""Whose variables are looked at where a state is kept: those of frames, modules and operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

from brian2.core.operations import NetworkOperation

from bioplaus.runs.scripts.frames import Own, functions_reached, line_of
from bioplaus.runs.scripts.said import is_pair

__all__ = ["Scope"]


class Scope:
    """Whose variables are looked at.

    frames : the script's frames on the stack, its module first, for a loop; empty for a run, whose
    Python code is that of its operations (and ``functions``: a report); rows : what monitors have
    recorded is part of a state, for it is not on disk.
    """

    def __init__(
        self,
        own: Own,
        frames: list[FrameType],
        kept: Mapping[str, Any],
        objects: Iterable[Any] = (),
        functions: Iterable[Any] = (),
        rows: bool = False,
    ) -> None:
        self.rows = rows
        self.own, self.frames, self.kept = own, frames, dict(kept)
        self.objects = list(objects)
        self.functions = list(functions)

    def roots(self) -> Iterator[tuple[str, str, Any]]:
        """(where, name, value): where is a frame's number, a module, ``keep`` or ``call``."""
        for number, frame in enumerate(self.frames):
            for name, value in self.own.variables_of(frame).items():
                yield f"frame {number}", name, value
        if self.frames:
            for module, held in self.own.modules().items():
                for name, value in vars(held).items():
                    if not name.startswith("__"):
                        yield f"module {module}", name, value
        for name, value in self.kept.items():
            read = value[0]() if is_pair(value) else value
            yield "keep", name, read
        for number, function in enumerate(self.functions):
            yield "call", str(number), function
            yield from self._globals_of(function)

    def of_thing(self, number: int, thing: Any) -> Iterator[tuple[str, str, Any]]:
        """The Python values that a Brian object holds."""
        if isinstance(thing, NetworkOperation):
            yield f"thing {number}", "function", thing.function
            yield from self._globals_of(thing.function)
        namespace = getattr(thing, "namespace", None)
        if isinstance(namespace, dict) and namespace:
            yield f"thing {number}", "namespace", namespace

    def _globals_of(self, function: Any) -> Iterator[tuple[str, str, Any]]:
        if not self.frames:  # a loop has looked at all modules already
            for name, value in functions_reached(self.own, function):
                yield "global", name, value

    def line_of(self, where: str, name: str) -> int | None:
        """Where a variable of a frame gets its value."""
        kind, _, number = where.partition(" ")
        if kind != "frame":
            return None
        return line_of(self.frames[int(number)].f_code, name)
