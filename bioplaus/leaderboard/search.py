"""A search for a step size on validation alone, the same number of trials for every rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Trial", "at_an_end", "best", "next_place"]


@dataclass(frozen=True)
class Trial:
    """A place in the search, in steps of a ratio from its centre, other constants, and the mean
    validation error."""

    at: float
    constants: str
    error: float


def best(trials: Sequence[Trial]) -> Trial:
    """The one of least error; of equals that in their middle, away from the edge of what works."""
    least = min(trial.error for trial in trials)
    equals = sorted((t for t in trials if t.error == least), key=lambda trial: trial.at)
    return equals[len(equals) // 2]


def at_an_end(trials: Sequence[Trial]) -> bool:
    """Whether the chosen step is the smallest or largest that was tried."""
    places = [trial.at for trial in trials]
    return best(trials).at in (min(places), max(places))


def next_place(trials: Sequence[Trial]) -> float:
    """The centre, its neighbours, then outwards while the best stands at an end, else between."""
    first = [place for place in (0.0, 1.0, -1.0) if place not in {trial.at for trial in trials}]
    if first:
        return first[0]
    places = sorted(trial.at for trial in trials)
    here = best(trials).at
    if here == places[0]:
        return here - 1
    if here == places[-1]:
        return here + 1
    below, above = places[places.index(here) - 1], places[places.index(here) + 1]
    return (here + above) / 2 if above - here >= here - below else (here + below) / 2
