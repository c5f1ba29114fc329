"""The random start of forward and feedback weights."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from bioplaus.layered.two_way import Array, TwoWay, flipped, uniform

from .parameters import VectorField, layer_sizes

__all__ = ["initial_weights"]


def initial_weights(p: VectorField, rng: np.random.Generator, dtype: Any) -> TwoWay:
    """Uniform forward weights and biases by ``first_weights``, feedback by ``feedback_start``."""
    sizes = layer_sizes(p)
    forward = [_draw(p, rng, below, n, dtype) for below, n in pairwise(sizes)]
    forward[-1] *= p.output_scale
    feedback = []
    for weight in forward[1:]:
        if p.feedback_start == "independent":
            feedback.append(_draw(p, rng, weight.shape[1], weight.shape[0], dtype))
            feedback[-1] *= p.feedback_scale
        elif p.feedback_start == "flipped":
            feedback.append(flipped(weight, p.initial_angle, rng))
        else:
            feedback.append(np.ascontiguousarray(weight.T))
    bias = [np.zeros(n, dtype) for n in sizes[1:]]
    if p.first_weights == "fan-in":
        for below, values in zip(sizes[:-1], bias, strict=True):
            values[:] = rng.uniform(-1, 1, values.size) / np.sqrt(below)
    return TwoWay(tuple(forward), tuple(feedback), tuple(bias))


def _draw(p: VectorField, rng: np.random.Generator, below: int, n: int, dtype: Any) -> Array:
    bound = np.sqrt(6 / (below + n)) if p.first_weights == "glorot" else 1 / np.sqrt(below)
    return uniform(rng, bound, (below, n), dtype)
