"""What a script says to its run: what to keep, figures to log, what to record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bioplaus.runs.scripts.added import Added
from bioplaus.runs.scripts.course import Course

__all__ = ["Said", "is_pair"]


class Said:
    """See :mod:`bioplaus.runs.scripts.current`.

    kept : by name, an object that is filled in place or a pair of functions; arrays : logged since
    the last segment; test_values : figures of the test part, the last of each.
    """

    def __init__(self, course: Course, added: Added) -> None:
        self.course, self.added = course, added
        self.kept: dict[str, Any] = {}
        self.arrays: dict[str, Any] = {}
        self.test_values: dict[str, float] = {}

    def keep(self, objects: Mapping[str, Any]) -> None:
        """See :func:`bioplaus.keep`."""
        for name, value in objects.items():
            filled = isinstance(value, (np.ndarray, list, dict, set)) or hasattr(value, "__dict__")
            if isinstance(value, tuple) and not is_pair(value):
                raise TypeError(f"keep({name}=...): a pair must be two functions, (read, write)")
            if not (filled or is_pair(value)):
                raise TypeError(
                    f"keep({name}=...): a {type(value).__name__} cannot be filled in place; give "
                    "an array, a list, a dict, an own instance, or a pair (read, write)"
                )
            self.kept[name] = value

    def log(self, values: Mapping[str, Any]) -> None:
        """See :func:`bioplaus.log`."""
        row: dict[str, float] = {}
        for name, value in values.items():
            plain = np.asarray(value)
            if plain.dtype.kind not in "biuf":
                raise TypeError(f"log({name}=...): {value!r} is neither a number nor an array")
            if plain.ndim:
                self.arrays[name] = np.array(plain)
            elif name.startswith("test_"):
                self.test_values[name] = float(plain)
            else:
                row[name] = float(plain)
        if row:
            self.course.add_row(row)

    def record(self, items: tuple[Any, ...], of: Any, last: Any) -> None:
        """See :func:`bioplaus.record`."""
        loops = self.course.loops
        if loops:
            raise RuntimeError(
                f"record(...) inside of the loop over runs at line {loops[-1].line}: what is "
                "recorded cannot change from turn to turn; call it before the loop"
            )
        self.added.wish(items, of, last)

    def take_arrays(self) -> dict[str, Any]:
        """The arrays that were logged since the last call."""
        taken, self.arrays = self.arrays, {}
        return taken

    # States

    def state(self) -> dict[str, Any]:
        """What is not on disk yet."""
        return {"arrays": dict(self.arrays), "test_values": dict(self.test_values)}

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Be where a state was written."""
        self.arrays, self.test_values = dict(state["arrays"]), dict(state["test_values"])


def is_pair(value: Any) -> bool:
    """Whether something to keep is a pair of functions that read and write it."""
    return isinstance(value, tuple) and len(value) == 2 and all(map(callable, value))
