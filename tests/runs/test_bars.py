"""Loops behind a progress bar: their place is that of what the bar goes over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from bioplaus.runs.scripts.turns import is_counted

BAR = """
class Bar:
    def __init__(self, items):
        self._iterable = iter(items)
    def __iter__(self):
        for item in self._iterable:
            yield item
def progressbar(items):
    return iter(Bar(items))
"""


def bar(package: str, items: Iterable[int]) -> Any:
    """A bar as a package of that name makes it: a generator that holds the bar."""
    made: dict[str, Any] = {"__name__": f"{package}.bar"}
    exec(BAR, made)
    return made["progressbar"](items)


@pytest.mark.parametrize(
    ("package", "items", "counted"),
    [
        ("progressbar", range(3), True),
        ("progressbar", [4, 5], True),
        ("progressbar", (k for k in [1]), False),
        ("somebody", range(3), False),
    ],
)
def test_a_known_bar_is_as_countable_as_its_items(
    package: str, items: Iterable[int], counted: bool
) -> None:
    shown = bar(package, items)
    assert is_counted(shown) is counted
    assert list(shown) == list(items) or not counted
