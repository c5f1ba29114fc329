"""Kernels that several objects share, as functions apart: one copy of each in Numba's machine code.

Kernels are inlined into the loop, because a call would copy the description of every array that it
passes.  With many projections that share their kernels the loop would hold as many copies of each,
and compiling it would take a second and more for every projection.  Functions apart take addresses
and lengths instead, and make the arrays themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Apart", "Call", "View"]

_MANY = 4
"""Calls from which on a kernel stands apart: a call costs some nanoseconds for each array."""


@dataclass(frozen=True)
class View:
    """An array of the loop: expressions of its address, its length and the type of its elements."""

    address: str
    length: str
    kind: str

    def __str__(self) -> str:
        return f"_nb_view({self.address}, {self.length}, {self.kind})"


@dataclass(frozen=True)
class Call:
    """A call in the loop: the name of a kernel, and those of what it is given."""

    kernel: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kernel}({', '.join(self.arguments)})"


class Apart:
    """How calls are written when kernels that are called often stand apart.

    views : the arrays, by their names; all other arguments are numbers.
    """

    def __init__(self, calls: Sequence[Call], views: Mapping[str, View]) -> None:
        often = Counter(call.kernel for call in calls)
        self.inlined = [call for call in calls if often[call.kernel] < _MANY]
        self.functions: list[str] = []
        self._written: dict[Call, str] = {}
        made: dict[tuple[str, ...], str] = {}
        for call in calls:
            if often[call.kernel] < _MANY:
                continue
            given = [views.get(name) for name in call.arguments]
            key = (call.kernel, *(view.kind if view else "" for view in given))
            if key not in made:
                made[key] = f"apart_{len(made)}"
                self.functions.append(_function(made[key], *key))
            places = [
                f"{view.address}, {view.length}" if view else name
                for view, name in zip(given, call.arguments)
            ]
            self._written[call] = f"{made[key]}({', '.join(places)})"

    def written(self, call: Call) -> str:
        """The text of a call."""
        return self._written.get(call, str(call))


def _function(name: str, kernel: str, *kinds: str) -> str:
    """The function apart for a kernel and the element types of its arrays; "" for a number."""
    taken, passed = [], []
    for number, kind in enumerate(kinds):
        argument, length = f"_nb_x{number}", f"_nb_n{number}"
        taken += [argument, length] if kind else [argument]
        passed.append(str(View(argument, length, kind)) if kind else argument)
    return f"def {name}({', '.join(taken)}):\n    return {Call(kernel, tuple(passed))}\n"
