"""Where a page stands in its loops, so that it can be entered again there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bioplaus.parameters import ParameterError

__all__ = ["Position", "Segment"]


@dataclass(frozen=True)
class Segment:
    """A turn of a loop over segments: its number, from 0, of ``count``."""

    number: int
    count: int

    @property
    def first(self) -> bool:
        """Whether it is the first."""
        return self.number == 0

    @property
    def last(self) -> bool:
        """Whether it is the last."""
        return self.number == self.count - 1

    def of(self, n: int) -> slice:
        """Which of ``n`` things this segment is for.

        Raises
        ------
        ParameterError
            When there are fewer of them than segments.
        """
        if n < self.count:
            raise ParameterError(
                f"{n} cannot be shared out over {self.count} segments (evaluations): ask for at "
                f"least {self.count} of what is shown, or for at most {n} of them"
            )
        return slice(self.number * n // self.count, (self.number + 1) * n // self.count)


class Position:
    """The loops that a page is in, outermost first.

    kept : what :meth:`state` gave, to go on from; arrived : whether the loop that was entered last
    is the innermost one of it.
    """

    def __init__(self, kept: Iterable[tuple[int, int]] | None = None) -> None:
        self._kept = None if kept is None else [tuple(each) for each in kept]
        self._stack: list[tuple[int, int, int]] = []  # number among its neighbours, turn, turns
        self._entered = [0]  # loops so far, at each depth within the present turn
        self.arrived = False

    def enter(self, count: int) -> range:
        """A loop of ``count`` turns is entered; the turns that are left."""
        depth = len(self._stack)
        number = self._entered[depth]
        self._entered[depth] += 1
        first, self.arrived = 0, False
        if self._kept is not None:
            at, turn = self._kept[depth]
            first = turn if number == at else count
            if number == at and depth == len(self._kept) - 1:
                self.arrived, self._kept = True, None
        self._stack.append((number, first, count))
        self._entered.append(0)
        return range(first, count)

    def next(self) -> None:
        """A turn is complete."""
        number, turn, count = self._stack[-1]
        self._stack[-1] = (number, turn + 1, count)
        self._entered[-1] = 0

    def leave(self) -> None:
        """The innermost loop is over."""
        self._stack.pop()
        self._entered.pop()

    @property
    def turns_in_all(self) -> int:
        """How often the innermost loop's body is run, over all turns of those around it."""
        return math.prod(count for _, _, count in self._stack)

    def state(self) -> list[tuple[int, int]]:
        """The number of each loop among its neighbours, and its turns so far."""
        return [(number, turn) for number, turn, _ in self._stack]
