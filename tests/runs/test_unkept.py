"""A page that changes in its loop what it does not keep is told so, and no other is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.run import Run


class Heard(Journal):
    """A journal of a run that could go on."""

    kept = True

    def __init__(self) -> None:
        self.names: list[str] = []

    def warn(self, text: str) -> None:
        self.names.append(text.split("'")[1])


@dataclasses.dataclass
class Average:
    value: float = 0.0


def number(run: Run) -> None:
    average = 0.0
    for segment in run.segments(3):
        average += segment.number + 1


def rebound(run: Run) -> None:
    """The array is kept, but the loop makes others."""
    weights = np.zeros(3)
    run.keep(weights=weights)
    for _ in run.segments(3):
        weights = weights + 1


def appended(run: Run) -> None:
    seen: list[int] = []
    for segment in run.segments(3):
        seen.append(segment.number)


def attribute(run: Run) -> None:
    average = Average()
    for _ in run.segments(3):
        average.value += 1


def generator(run: Run) -> None:
    drawn = np.random.default_rng(3)
    for _ in run.segments(3):
        drawn.random()


def best_so_far(run: Run) -> None:
    best = np.inf
    for segment in run.segments(3):
        error = 1.0 / (segment.number + 1)
        if error < best:
            best = error


def needed_after(run: Run) -> float:
    last = 0.0
    for segment in run.segments(3):
        last = segment.number + 1.0
    return last


def inner(run: Run) -> None:
    count = 0

    def counted() -> None:
        nonlocal count
        count += 1

    for _ in run.segments(3):
        counted()


def enumerated(run: Run) -> None:
    weights = np.zeros(3)
    for turn, _ in enumerate(run.segments(3)):
        weights[turn] += 1.0


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (number, "average"),
        (rebound, "weights"),
        (appended, "seen"),
        (attribute, "average"),
        (generator, "drawn"),
        (best_so_far, "best"),
        (needed_after, "last"),
        (inner, "count"),
        (enumerated, "weights"),
    ],
)
def test_what_would_begin_anew_is_named_once(page: Callable[[Run], Any], name: str) -> None:
    heard = Heard()
    page(Run(None, 1, heard))
    assert heard.names == [name]


def kept(run: Run) -> None:
    weights, seen, drawn = np.zeros(3), [0], np.random.default_rng(3)
    run.keep(weights=weights, seen=seen, drawn=drawn)
    for _ in run.segments(3):
        weights += drawn.random(3)
        seen[0] += 1


def drawn_of_the_runs_own(run: Run) -> None:
    rng, child = run.rng, run.child("noise")
    for _ in run.segments(3):
        rng.random(), child.random()


def made_anew(run: Run) -> None:
    """Scratch that every turn fills before it reads it."""
    buffer, order, total = np.zeros(3), [0], 0.0
    for segment in run.segments(3):
        total = 0.0
        for n in range(3):
            total += n
        buffer[:] = segment.number + total
        order = list(buffer)
        run.log(sum=sum(order))


def state_of_its_own(run: Run) -> None:
    class Weights:
        value = 0.0

        def state(self) -> dict[str, float]:
            return {"value": self.value}

        def restore(self, state: Mapping[str, float]) -> None:
            self.value = state["value"]

    weights = Weights()
    run.keep(weights=weights)
    for _ in run.segments(3):
        weights.value += 1


def pair(run: Run) -> None:
    state = {"count": 0}
    run.keep(state=(lambda: dict(state), state.update))
    for _ in run.segments(3):
        state["count"] += 1


def pair_of_a_number(run: Run) -> None:
    count = 0

    def write(state: int) -> None:
        nonlocal count
        count = state

    run.keep(count=(lambda: count, write))
    for _ in run.segments(3):
        count += 1


def part_of_what_is_kept(run: Run) -> None:
    learner = {"layers": [np.zeros(2), np.zeros(2)]}
    first = learner["layers"][0]
    run.keep(learner=learner)
    for _ in run.segments(3):
        first += 1


@pytest.mark.parametrize(
    "page",
    [
        kept,
        drawn_of_the_runs_own,
        made_anew,
        state_of_its_own,
        pair,
        pair_of_a_number,
        part_of_what_is_kept,
    ],
)
def test_what_comes_back_is_not_named(page: Callable[[Run], Any]) -> None:
    heard = Heard()
    page(Run(None, 1, heard))
    assert heard.names == []


def test_a_run_that_is_not_kept_is_not_looked_at() -> None:
    class Plain(Heard):
        kept = False

    heard = Plain()
    number(Run(None, 1, heard))
    assert heard.names == []
