"""Products of a weight matrix with a handful of patterns, compiled.

With ten patterns at a time a BLAS spends its time packing the matrix (measured beforehand: 10 to
15 Gflop/s); these loops read each weight once for five patterns and two cells, keep the sums in
registers, and reach several times that.  Weights are (n_post, n_pre), patterns are rows.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["add_products", "weighted_sums"]

Matrix = NDArray[np.floating]


@numba.njit(fastmath={"reassoc", "contract", "nsz"}, cache=True, error_model="numpy")
def weighted_sums(w: Matrix, rates: Matrix, bias: Matrix, out: Matrix) -> Matrix:
    """``out[b, post] = sum_pre w[post, pre] rates[b, pre] + bias[post]``; returns ``out``."""
    posts, pres = w.shape
    batch = rates.shape[0]
    blocks, pairs = batch - batch % 5, posts - posts % 2
    zero = w.dtype.type(0)
    for i in range(0, pairs, 2):
        w_0, w_1 = w[i], w[i + 1]
        for b in range(0, blocks, 5):
            r_0, r_1, r_2, r_3, r_4 = (
                rates[b],
                rates[b + 1],
                rates[b + 2],
                rates[b + 3],
                rates[b + 4],
            )
            p_0 = p_1 = p_2 = p_3 = p_4 = q_0 = q_1 = q_2 = q_3 = q_4 = zero
            for j in range(pres):
                p, q = w_0[j], w_1[j]
                p_0 += p * r_0[j]
                p_1 += p * r_1[j]
                p_2 += p * r_2[j]
                p_3 += p * r_3[j]
                p_4 += p * r_4[j]
                q_0 += q * r_0[j]
                q_1 += q * r_1[j]
                q_2 += q * r_2[j]
                q_3 += q * r_3[j]
                q_4 += q * r_4[j]
            out[b, i], out[b + 1, i], out[b + 2, i] = p_0, p_1, p_2
            out[b + 3, i], out[b + 4, i] = p_3, p_4
            out[b, i + 1], out[b + 1, i + 1], out[b + 2, i + 1] = q_0, q_1, q_2
            out[b + 3, i + 1], out[b + 4, i + 1] = q_3, q_4
    for i in range(posts):
        for b in range(blocks if i < pairs else 0, batch):
            total = zero
            for j in range(pres):
                total += w[i, j] * rates[b, j]
            out[b, i] = total
        for b in range(batch):
            out[b, i] += bias[i]
    return out


@numba.njit(fastmath={"reassoc", "contract", "nsz"}, cache=True, error_model="numpy")
def add_products(w: Matrix, errors: Matrix, rates: Matrix, eta: float) -> None:
    """``w[post, pre] += eta mean_b errors[b, post] rates[b, pre]``, in place."""
    posts, pres = w.shape
    batch = rates.shape[0]
    blocks, pairs = batch - batch % 5, posts - posts % 2
    factor = w.dtype.type(eta / batch)
    for i in range(0, pairs, 2):
        w_0, w_1 = w[i], w[i + 1]
        for b in range(0, blocks, 5):
            r_0, r_1, r_2, r_3, r_4 = (
                rates[b],
                rates[b + 1],
                rates[b + 2],
                rates[b + 3],
                rates[b + 4],
            )
            p_0, p_1, p_2 = errors[b, i], errors[b + 1, i], errors[b + 2, i]
            p_3, p_4 = errors[b + 3, i], errors[b + 4, i]
            q_0, q_1, q_2 = errors[b, i + 1], errors[b + 1, i + 1], errors[b + 2, i + 1]
            q_3, q_4 = errors[b + 3, i + 1], errors[b + 4, i + 1]
            for j in range(pres):
                x_0, x_1, x_2, x_3, x_4 = r_0[j], r_1[j], r_2[j], r_3[j], r_4[j]
                w_0[j] += factor * (p_0 * x_0 + p_1 * x_1 + p_2 * x_2 + p_3 * x_3 + p_4 * x_4)
                w_1[j] += factor * (q_0 * x_0 + q_1 * x_1 + q_2 * x_2 + q_3 * x_3 + q_4 * x_4)
    for i in range(posts):
        for b in range(blocks if i < pairs else 0, batch):
            single = factor * errors[b, i]
            for j in range(pres):
                w[i, j] += single * rates[b, j]
