"""What a contest reports of its seeds: figures of its run, which a table's line reads again."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["errors_of", "known", "reported"]


def reported(errors: Sequence[float]) -> dict[str, float]:
    """Test errors as figures of a run: mean, standard deviation (0 of one), and each."""
    return {
        "test_error": statistics.fmean(errors),
        "test_error_sd": statistics.stdev(errors) if len(errors) > 1 else 0.0,
        **{f"test_error_{n + 1}": each for n, each in enumerate(errors)},
    }


def errors_of(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The same as part of a line of the table: ``error``, ``error_sd`` and ``errors``."""
    count = sum(name.startswith("test_error_") and name[11:].isdigit() for name in figures)
    return {
        "error": figures["test_error"],
        "error_sd": figures["test_error_sd"],
        "errors": [figures[f"test_error_{n + 1}"] for n in range(count)],
    }


def known(figures: Mapping[str, float | None], name: str) -> float | None:
    """A figure, None where it is missing or no number."""
    value = figures.get(name)
    return None if value is None or math.isnan(value) else value
