"""A leaky recurrent network of rates, in steps (the net of Marschall, Cho and Savin 2020).

    h_t = a_{t-1} W + x_t W_in + b,   a_t = (1 - l) a_{t-1} + l tanh(h_t),   y_t = a_t W_out

Matrices are (pre, post).  What a unit listens to, u_t = (a_{t-1}, x_t, 1), has one row of weights
for each entry: recurrent, input and bias weights are one matrix (n + inputs + 1, n), and so are
their gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RateNetwork", "Trajectory"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trajectory:
    """What a network did in T steps.

    heard : (T, n + inputs + 1) u; slope : (T, n) tanh'(h); a : (T, n); error : (T, outputs) y minus
    target; loss : half the sum of its squares.
    """

    heard: Floats
    slope: Floats
    a: Floats
    error: Floats

    @property
    def loss(self) -> float:
        """Half the squared error, summed over steps and outputs."""
        return 0.5 * float(np.sum(self.error**2))


@dataclass(frozen=True)
class RateNetwork:
    """The weights of a network that starts at rest.

    weights : (n + inputs + 1, n) of what a unit listens to; readout : (n, outputs); leak : l, the
    part of a step in the time constant, above 0 and at most 1.
    """

    weights: Floats
    readout: Floats
    leak: float

    def __post_init__(self) -> None:
        if not 0 < self.leak <= 1:
            raise ValueError(f"leak {self.leak} is not above 0 and at most 1")
        if self.weights.shape[1] != len(self.readout) or len(self.weights) <= self.units:
            raise ValueError(
                f"weights {self.weights.shape} and readout {self.readout.shape} do not fit: "
                "(units + inputs + 1, units) and (units, outputs) would"
            )

    @classmethod
    def drawn(
        cls, units: int, inputs: int, outputs: int, leak: float, gain: float,
        rng: np.random.Generator,
    ) -> RateNetwork:  # fmt: skip
        """First weights: recurrent ones of standard deviation gain/sqrt(units)."""
        recurrent = gain * rng.standard_normal((units, units)) / np.sqrt(units)
        from_input = rng.standard_normal((inputs, units))
        bias = 0.1 * rng.standard_normal((1, units))
        readout = rng.standard_normal((units, outputs)) / np.sqrt(units)
        return cls(np.concatenate([recurrent, from_input, bias]), readout, leak)

    @property
    def units(self) -> int:
        """n."""
        return int(self.weights.shape[1])

    @property
    def recurrent(self) -> Floats:
        """(n, n), pre and post."""
        return self.weights[: self.units]

    def trajectory(self, x: Floats, target: Floats) -> Trajectory:
        """What it does when it is shown x (T, inputs), beside the target (T, outputs)."""
        steps = len(x)
        heard = np.ones((steps, len(self.weights)))
        heard[:, self.units : -1] = x
        a, slope = np.zeros((steps, self.units)), np.zeros((steps, self.units))
        now = np.zeros(self.units)
        for t in range(steps):
            heard[t, : self.units] = now
            rate = np.tanh(heard[t] @ self.weights)
            slope[t] = 1 - rate**2
            now = a[t] = (1 - self.leak) * now + self.leak * rate
        return Trajectory(heard, slope, a, a @ self.readout - target)

    def jacobian(self, slope: Floats) -> Floats:
        """(n, n) how the state after a step depends on that before: row of the earlier unit."""
        kept: Floats = (1 - self.leak) * np.eye(self.units) + self.leak * self.recurrent * slope
        return kept
