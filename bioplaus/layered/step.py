"""How forward weights move by local errors: the same for every error path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bioplaus.layered.network import Layered, Seen
from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError

__all__ = ["Descent"]


@dataclass(frozen=True)
class Descent:
    """``W_k -= rate h_k^T e_k / batch`` and ``b_k -= rate mean(e_k)``.

    manhattan : only the sign of a step; limit : largest length of a layer's step before the rate,
    0 without (Ororbia and others 2018); decay : share by which weights shrink at every update;
    rms : memory of the running square by whose root steps are divided, 0 without.

    Raises
    ------
    ParameterError
        For a limit below 0, or decay or memory outside 0 to 1.
    """

    manhattan: bool = False
    limit: float = 0.0
    decay: float = 0.0
    rms: float = 0.0

    def __post_init__(self) -> None:
        if self.limit < 0 or not 0 <= self.decay < 1 or not 0 <= self.rms < 1:
            raise ParameterError(
                f"limit {self.limit} must not be negative, decay {self.decay} and rms {self.rms} "
                "be at least 0 and below 1"
            )

    def squares(self, net: Layered) -> list[Array]:
        """Where running squares are kept, one for each array of the network."""
        return [np.zeros_like(each) for each in (*net.w, *net.b)] if self.rms else []

    def __call__(
        self, net: Layered, seen: Seen, errors: list[Array], rate: float, squares: list[Array]
    ) -> None:
        """Move all weights and biases of a network by ``errors``, (batch, n) for each layer."""
        for k, (w, b, e) in enumerate(zip(net.w, net.b, errors)):
            if self.decay:
                w *= w.dtype.type(1 - self.decay)
            self._move(w, seen.h[k].T @ e / len(e), rate, squares[k : k + 1])
            self._move(b, np.add.reduce(e) / len(e), rate, squares[len(net.w) + k :][:1])

    def _move(self, values: Array, step: Array, rate: float, squares: list[Array]) -> None:
        if self.manhattan:
            step = np.sign(step)
        if self.limit:
            step = step * min(1.0, self.limit / max(float(np.linalg.norm(step)), 1e-12))
        for square in squares:
            square *= self.rms
            square += (1 - self.rms) * step * step
            step = step / (np.sqrt(square) + 1e-8)
        values -= values.dtype.type(rate) * step
