"""The first weights of the rate model for mini-batches."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.models.burstccn.parameters import Discrete

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

__all__ = ["first_weights"]


def first_weights(
    p: Discrete, sizes: Sequence[int], rng: np.random.Generator
) -> tuple[list[Array], list[Array], list[Array] | None]:
    """W : (units, units below) of every layer; Y and Q : (units above, units) of the hidden ones.

    Q is None while Q = p_b Y holds exactly; tied feedback is W itself.
    """

    def normal(shape: tuple[int, ...], size: float, *, xavier: bool) -> Array:
        sd = size * np.sqrt(2 / sum(shape)) if xavier else size
        return np.asarray(sd * rng.standard_normal(shape), p.precision)

    W = [normal((up, down), p.weight_gain, xavier=True) for down, up in pairwise(sizes)]
    if p.feedback == "tied":
        return W, W[1:], None
    xavier = p.feedback_draw == "xavier gain"
    start = p.feedback == "symmetric start"
    Y = [w.copy() if start else normal(w.shape, p.feedback_size, xavier=xavier) for w in W[1:]]
    Q = None
    if p.q_start == "random":
        Q = [normal(y.shape, p.feedback_size, xavier=xavier) for y in Y]
    elif p.mismatch or p.feedback_rule.startswith("homeostatic"):
        Q = [np.asarray(p.baseline * y, p.precision) for y in Y]
    if p.mismatch:
        for y in Y:
            y *= 1 + p.mismatch * rng.standard_normal(y.shape)
    return W, Y, Q
