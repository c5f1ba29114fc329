"""The gradient without a trace per synapse: one scan backwards over a trial, then only events.

While weights rest, what the rule sums at a synapse is ::

    sum_s L_js ebar_jis + r_j sum_s e_jis  =  sum over spikes of i that act at s of zeta D_js

    h_s = (1 - kappa) L_s + kappa h_{s+1}                    the signal, filtered backwards
    dz_s = h_s + r + m_{s+1}                                 m: by way of the threshold
    m_s = rho m_{s+1} - beta psi_s dz_s
    D_s = psi_s dz_s + alpha D_{s+1}                         by way of the membrane

T x cells operations for the scan, and cells for each presynaptic spike, in place of five for each
synapse and step.  Through time, dz also has what the spike does to other cells and to its own
membrane, and the result is the whole gradient (of the pseudo-derivative), or, where all that is
carried backwards is dropped at the ends of blocks, the truncated one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bioplaus.models.eprop.trial import Constants

__all__ = ["add_gradients"]


@njit(cache=True, error_model="numpy")
def add_gradients(
    x: Any,
    psi: Any,
    spikes: Any,
    error: Any,
    w_rec: Any,
    feedback: Any,
    block: int,
    beta: Any,
    c: Constants,
    gradients: Any,
) -> None:
    """Add the gradients of a trial to three arrays (pre, post): from input, from cells, to output.

    x, psi, spikes, error : as in a :class:`~bioplaus.models.eprop.trial.Trial`; feedback :
    (outputs, cells); block : 0 for the traces' sum, else steps of a block of the gradient through
    time, which is whole where a block is the trial.
    """
    g_in, g_rec, g_out = gradients
    steps, cells = psi.shape
    rate = np.zeros(cells)
    for j in range(cells):
        rate[j] = c.rate_strength * (spikes[:, j].sum() / steps - c.goal) / steps
    h, m, d, dz = np.zeros(cells), np.zeros(cells), np.zeros(cells), np.zeros(cells)
    late = np.zeros(error.shape[1])
    for s in range(steps - 1, -1, -1):
        if block and (s + 1) % block == 0:
            h[:], m[:], d[:], late[:] = 0.0, 0.0, 0.0, 0.0
        late = c.kappa * late + c.zeta_out * error[s]
        for j in range(cells):
            dz[j] = rate[j] + m[j]
        if block:
            for j in range(cells):
                through = 0.0
                for i in range(cells):
                    through += w_rec[j, i] * d[i]
                dz[j] += c.zeta * through - c.threshold * d[j]
        for j in range(cells):
            signal = 0.0
            for k in range(len(late)):
                signal += feedback[k, j] * error[s, k]
            h[j] = (1 - c.kappa) * signal + c.kappa * h[j]
            dz[j] += h[j]
            m[j] = c.rho * m[j] - beta[j] * psi[s, j] * dz[j]
            d[j] = psi[s, j] * dz[j] + c.alpha * d[j]
        for i in range(x.shape[1]):
            if x[s, i]:
                row = g_in[i]
                row += c.zeta * d
        for i in range(cells):
            if spikes[s, i]:
                row = g_out[i]
                row += late
            if s > 0 and spikes[s - 1, i]:
                row = g_rec[i]
                row += c.zeta * d
                g_rec[i, i] = 0.0
