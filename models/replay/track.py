"""A linear track with a reward at its end, remembered place by place.

V(s) += eta (r + gamma V(s + 1) - V(s))      once for each place that a sweep visits
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ORDERS", "sweep", "true_values"]

ORDERS = ("forward", "reverse", "random")


def true_values(places: int, discount: float) -> NDArray[np.float64]:
    """(places,) discounted reward from each place on."""
    return np.asarray(discount ** np.arange(places - 1, -1, -1.0), np.float64)


def sweep(
    values: NDArray[np.float64],
    order: str,
    discount: float,
    rate: float,
    rng: np.random.Generator,
) -> None:
    """Replay as many places as there are, and move their values (places,) in place.

    order : as they were visited, in reverse, or drawn one by one.
    """
    places = len(values)
    visited = {
        "forward": lambda: np.arange(places),
        "reverse": lambda: np.arange(places)[::-1],
        "random": lambda: rng.integers(0, places, places),
    }[order]()
    for place in visited:
        last = place == places - 1
        expected = 1.0 if last else discount * values[place + 1]
        values[place] += rate * (expected - values[place])
