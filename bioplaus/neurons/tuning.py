"""Tuning of populations that represent a vector (neural engineering framework).

Neuron i of a population is driven by ``J_i = gain_i * (encoder_i . x) + bias_i``; the vector is
read back as ``sum_i decoder_i r_i``.  Eliasmith and Anderson (2003); numbers and conventions of
Gilra and Gerstner (2017), methods and eqs 14 and 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk

from bioplaus.neurons import substep_lif

__all__ = ["Tuning", "decoders", "fixed_gain", "points_in_ball", "points_on_sphere", "spread_rates"]

Array = NDArray[np.floating[Any]]
POINTS_AT_ONCE = 500
"""So that rates at all points need not be held together."""


@dataclass(frozen=True)
class Tuning:
    """How the neurons of a population respond to the vector that it represents.

    encoders : (neurons, dimensions), the gain included, so that ``J = encoders @ x + bias`` in
    units of the threshold; bias : (neurons,); radius : of the ball that is represented.

    Raises
    ------
    ValueError
        For an encoder of length zero: its neuron would respond to nothing.
    """

    encoders: Array
    bias: Array
    radius: float

    def __post_init__(self) -> None:
        deaf = np.flatnonzero(~self.encoders.any(axis=1))
        if len(deaf):
            raise ValueError(
                f"the encoder of neuron {deaf[0]} has length zero ({len(deaf)} such neurons); "
                "gain and direction must not vanish"
            )

    def rates(self, points: Array) -> Array:
        """Static rates [Hz], (points, neurons), for vectors (points, dimensions)."""
        return substep_lif.rate(points @ self.encoders.T + self.bias)


def spread_rates(
    neurons: int,
    dimensions: int,
    radius: float,
    rng: np.random.Generator,
    intercepts: tuple[float, float] = (-1.0, 1.0),
    maximum_rates: tuple[float, float] = (200.0, 400.0),
) -> Tuning:
    """Neurons with uniformly drawn intercepts and maximum rates [Hz].

    A neuron begins to fire where the projection ``encoder . x / radius`` is at its intercept, and
    has its maximum rate where the projection is 1.
    """
    directions = points_on_sphere(neurons, dimensions, rng)
    intercept = rng.uniform(*intercepts, neurons)
    gain, bias = gain_and_bias(rng.uniform(*maximum_rates, neurons), intercept)
    return Tuning(directions * (gain / radius)[:, None], bias, radius)


def fixed_gain(
    neurons: int,
    dimensions: int,
    radius: float,
    rng: np.random.Generator,
    gain: float = 2.0,
    biases: tuple[float, float] = (-2.0, 2.0),
) -> Tuning:
    """Neurons with one gain and uniformly drawn biases, for low rates."""
    directions = points_on_sphere(neurons, dimensions, rng)
    return Tuning(directions * (gain / radius), rng.uniform(*biases, neurons), radius)


def gain_and_bias(
    maximum_rate: Any, intercept: Any, tau_membrane: float = 0.02, tau_refractory: float = 0.002
) -> tuple[Array, Array]:
    """Gain and bias that give a maximum rate [Hz] at projection 1 and silence below the intercept.

    Both : shape of the arguments, in units of the threshold.  Solves ``gain + bias = J_max`` and
    ``gain * intercept + bias = 1`` with ``rate(J_max) = maximum_rate``.
    """
    charging = (1.0 / np.asarray(maximum_rate, dtype=float) - tau_refractory) / tau_membrane
    largest = -1.0 / np.expm1(-charging)
    gain = (largest - 1.0) / (1.0 - np.asarray(intercept, dtype=float))
    return gain, largest - gain


def points_on_sphere(points: int, dimensions: int, rng: np.random.Generator) -> Array:
    """Unit vectors (points, dimensions), uniform in direction."""
    vectors = rng.standard_normal((points, dimensions))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def points_in_ball(points: int, dimensions: int, radius: float, rng: np.random.Generator) -> Array:
    """Vectors (points, dimensions), uniform in a ball."""
    lengths = radius * rng.uniform(size=points) ** (1.0 / dimensions)
    return points_on_sphere(points, dimensions, rng) * lengths[:, None]


def decoders(tuning: Tuning, points: Array, targets: Array, regularisation: float = 0.1) -> Array:
    """Decoders (targets' dimensions, neurons) [s] of static rates, by ridge regression.

    Minimises ``sum_p |D rates(x_p) - target_p|^2 + points (regularisation * largest rate)^2 |D|^2``
    (Gilra and Gerstner 2017, eqs 14 and 15).

    points : (points, dimensions); targets : (points, target dimensions).

    Raises
    ------
    ValueError
        If no neuron fires at any of the points.
    """
    neurons = len(tuning.bias)
    gram = np.zeros((neurons, neurons), order="F")  # its lower triangle, summed over points
    projected = np.zeros((neurons, targets.shape[1]))
    largest = 0.0
    for start in range(0, len(points), POINTS_AT_ONCE):
        some = slice(start, start + POINTS_AT_ONCE)
        rates = tuning.rates(points[some])
        gram = dsyrk(1.0, rates.T, beta=1.0, c=gram, lower=True, overwrite_c=True)
        projected += rates.T @ targets[some]
        largest = max(largest, float(rates.max()))
    if largest == 0.0:
        raise ValueError("no neuron fires anywhere in the represented ball; raise gain or bias")
    gram[np.diag_indices_from(gram)] += len(points) * (regularisation * largest) ** 2
    factor = scipy.linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return scipy.linalg.cho_solve(factor, projected, overwrite_b=True, check_finite=False).T
