"""Weights of a layered network with feedback of its own, and their random start."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .parameters import VectorField, layer_sizes

__all__ = ["Array", "Weights", "initial_weights"]

Array = np.ndarray[Any, Any]


class Weights(NamedTuple):
    """All plastic quantities; layers count from the first hidden (index 0) to the output.

    forward : per layer, (n_below, n); feedback : per hidden layer, (n_above, n); bias : (n,).
    """

    forward: tuple[Array, ...]
    feedback: tuple[Array, ...]
    bias: tuple[Array, ...]


def initial_weights(p: VectorField, rng: np.random.Generator, dtype: Any) -> Weights:
    """Uniform forward weights and biases by ``first_weights``, feedback by ``feedback_start``.

    ``flipped`` copies the transpose and turns the sign of each weight with probability
    ``(1 - cos psi) / 2``, which makes the expected angle ``psi`` (Ernoult 2020).
    """
    sizes = layer_sizes(p)
    forward = [_uniform(p, rng, below, n, dtype) for below, n in pairwise(sizes)]
    forward[-1] *= p.output_scale
    feedback = []
    for weight in forward[1:]:
        if p.feedback_start == "independent":
            copy = _uniform(p, rng, weight.shape[1], weight.shape[0], dtype)
            copy *= p.feedback_scale
            feedback.append(copy)
            continue
        copy = np.ascontiguousarray(weight.T)
        if p.feedback_start == "flipped":
            chance = (1 - np.cos(np.deg2rad(p.initial_angle))) / 2
            copy[rng.random(copy.shape) < chance] *= -1
        feedback.append(copy)
    bias = [np.zeros(n, dtype) for n in sizes[1:]]
    if p.first_weights == "fan-in":
        for below, values in zip(sizes[:-1], bias, strict=True):
            values[:] = rng.uniform(-1, 1, values.size) / np.sqrt(below)
    return Weights(tuple(forward), tuple(feedback), tuple(bias))


def _uniform(p: VectorField, rng: np.random.Generator, below: int, n: int, dtype: Any) -> Array:
    bound = np.sqrt(6 / (below + n)) if p.first_weights == "glorot" else 1 / np.sqrt(below)
    return rng.uniform(-bound, bound, (below, n)).astype(dtype)
