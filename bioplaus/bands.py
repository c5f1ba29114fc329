"""Acceptance bands, and what a set of values says about one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Band"]


@dataclass(frozen=True)
class Band:
    """An interval with open ends for the mean over seeds, or for a number of the seeds.

    low, high : ends of the interval (inclusive), None where open; at_least : (k, n) asks that k of
    n seeds lie inside, instead of the mean; of more seeds it asks for the same share, and fewer
    than n cannot stand for it.
    """

    low: float | None = None
    high: float | None = None
    at_least: tuple[int, int] | None = None

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Band:
        """Read ``{low = .., high = .., at_least = [k, n]}``.

        Raises
        ------
        ValueError
            If nothing is bounded, or a name is unknown.
        """
        unknown = set(content) - {"low", "high", "at_least"}
        if unknown or ("low" not in content and "high" not in content):
            raise ValueError(f"a band has low, high and at_least, not {dict(content)}")
        at_least = content.get("at_least")
        return cls(
            low=content.get("low"),
            high=content.get("high"),
            at_least=(int(at_least[0]), int(at_least[1])) if at_least else None,
        )

    def holds(self, value: float) -> bool:
        """Whether one value lies inside."""
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high)

    def accepts(self, values: Sequence[float]) -> bool:
        """Whether the seeds' values, together, are accepted."""
        return self.together(values, self.holds)

    def together(self, values: Sequence[float], test: Callable[[float], bool]) -> bool:
        """Whether the seeds' values pass a test of one value: by their number, or in the mean."""
        if self.at_least is not None:
            k, n = self.at_least
            return n * sum(map(test, values)) >= k * max(n, len(values))
        return test(statistics.fmean(values))

    def __str__(self) -> str:
        """As people write it: ``0.035 to 0.05``, ``at most 0.05``, ``4 of 5 at least 0.9``."""
        if self.low is None:
            text = f"at most {self.high:g}"
        elif self.high is None:
            text = f"at least {self.low:g}"
        else:
            text = f"{self.low:g} to {self.high:g}"
        return f"{self.at_least[0]} of {self.at_least[1]}: {text}" if self.at_least else text
