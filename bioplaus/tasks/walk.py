"""A walk to a goal in a row of places: an environment that lives in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.parameters import ParameterError

__all__ = ["Walk"]


@dataclass
class Walk:
    """Places 0 .. places - 1 in a row, one of which is the goal; a walker stops at the ends.

    place : where the walker is; steps : taken in this walk, of ``patience``.

    Raises
    ------
    ParameterError
        For a goal that is no place, or fewer than 2 places.
    """

    places: int = 9
    goal: int = 6
    patience: int = 20
    place: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        """Check the goal."""
        if self.places < 2 or not 0 <= self.goal < self.places:
            raise ParameterError(
                f"goal = {self.goal} is none of places = {self.places}: 0 .. {self.places - 1}, "
                "and 2 places at least"
            )

    @property
    def over(self) -> bool:
        """Whether the goal is reached, or patience is."""
        return self.place == self.goal or self.steps >= self.patience

    def begin(self, place: int) -> None:
        """Begin a walk at a place other than the goal.

        Raises
        ------
        ParameterError
            For the goal, or what is no place.
        """
        if place == self.goal or not 0 <= place < self.places:
            raise ParameterError(f"place = {place}: a place 0 .. {self.places - 1}, not the goal")
        self.place, self.steps = place, 0

    def step(self, move: int) -> float:
        """Go to the left (-1) or right (1), or stay (0): 1 at the goal, -1 without patience, or 0.

        Raises
        ------
        ParameterError
            For another move, or a walk that is over.
        """
        if move not in (-1, 0, 1):
            raise ParameterError(f"move = {move}: -1, 0 or 1")
        if self.over:
            raise ParameterError("the walk is over: begin() anew")
        self.place = min(max(self.place + move, 0), self.places - 1)
        self.steps += 1
        return 1.0 if self.place == self.goal else -float(self.over)

    def state(self) -> dict[str, int]:
        """What a run keeps."""
        return {"place": self.place, "steps": self.steps}

    def restore(self, state: Mapping[str, int]) -> None:
        """Take it up."""
        self.place, self.steps = int(state["place"]), int(state["steps"])
