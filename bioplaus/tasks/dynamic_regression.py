"""Follow a hidden network of sinusoids in time (Greedy 2022, figure 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DynamicRegression", "dynamic_regression"]


@dataclass(frozen=True, eq=False)
class DynamicRegression:
    """Inputs cos(omega t + phase) and the answer of a fixed network of sigmoids to them.

    omega, phase : (input,) [rad/s], [rad]; weights : ((hidden, input), (output, hidden)); biases :
    ((hidden,), (output,)).
    """

    omega: npt.NDArray[np.float64]
    phase: npt.NDArray[np.float64]
    weights: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    biases: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

    def inputs(self, t: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(time, input) at times ``t`` (time,) [s]."""
        times = np.asarray(t, dtype=np.float64)
        return np.cos(np.multiply.outer(times, self.omega) + self.phase)

    def target(self, inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(time, output) in (0, 1), without delay, for ``inputs`` (time, input)."""
        rates = inputs
        for weights, biases in zip(self.weights, self.biases):
            rates = 1 / (1 + np.exp(-(rates @ weights.T + biases)))
        return rates


def dynamic_regression(
    rng: np.random.Generator, inputs: int = 3, hidden: int = 25, outputs: int = 1
) -> DynamicRegression:
    """Draw frequencies up to pi/2 rad/s, phases, and the hidden network.

    Weights are uniform within 3/sqrt(inputs of the layer), biases within a third of that.
    """
    bounds = [1 / np.sqrt(fan_in) for fan_in in (inputs, hidden)]
    sizes = [(hidden, inputs), (outputs, hidden)]
    first, second = (
        3 * rng.uniform(-bound, bound, size) for bound, size in zip(bounds, sizes, strict=True)
    )
    biases = [rng.uniform(-bound, bound, size[0]) for bound, size in zip(bounds, sizes)]
    return DynamicRegression(
        omega=rng.uniform(0, np.pi / 2, inputs),
        phase=rng.uniform(0, 2 * np.pi, inputs),
        weights=(first, second),
        biases=(biases[0], biases[1]),
    )
