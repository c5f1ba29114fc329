"""Regression against a fixed random network with one hidden area."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RandomTeacher"]


@dataclass(frozen=True)
class RandomTeacher:
    """``potential = gain_2 W2 phi(gain_1 W1 rates)`` with weights from U(-1, 1).

    Sacramento 2018, section 3.2: sizes 30-20-10, gains 2 and 10; the potential is the argument of
    the outer transfer function and serves as target of the student's output.
    """

    weights: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    gains: tuple[float, float]
    phi: Callable[[Any], Any]

    @classmethod
    def draw(
        cls,
        sizes: tuple[int, int, int],
        gains: tuple[float, float],
        phi: Callable[[Any], Any],
        rng: np.random.Generator,
    ) -> RandomTeacher:
        """Draw the weights."""
        first = rng.uniform(-1, 1, (sizes[1], sizes[0]))
        return cls((first, rng.uniform(-1, 1, (sizes[2], sizes[1]))), gains, phi)

    def __call__(self, rates: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Target potentials (pattern, output) of input rates (pattern, input)."""
        hidden = self.phi(self.gains[0] * np.asarray(rates) @ self.weights[0].T)
        return self.gains[1] * hidden @ self.weights[1].T
