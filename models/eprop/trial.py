"""One trial of the network, step by step, compiled.

For s = 0 .. T-1, from rest::

    v_s = alpha v_{s-1} + zeta (W_in x_s + W_rec z_{s-1}) - v_th z_{s-1}
    a_s = rho a_{s-1} + z_{s-1},   z_s = [v_s >= v_th + beta a_s and not refractory]
    psi_s = (gamma/v_th) max(0, 1 - |v_s - v_th - beta a_s|/v_th), 0 while refractory
    y_s = kappa y_{s-1} + zeta_out W_out z_s
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bioplaus.models.eprop.parameters import Eprop
from bioplaus.parameters import quantities

__all__ = ["Constants", "Trial", "adaptation", "constants", "show"]

Array: TypeAlias = NDArray[np.float64]


class Constants(NamedTuple):
    """Numbers of a network, times in steps.

    alpha, kappa, rho : decays of membrane, readout and threshold in a step; zeta, zeta_out : what
    an event adds; slope : gamma/v_th; goal : spikes in a step aimed at.
    """

    alpha: float
    kappa: float
    rho: float
    zeta: float
    zeta_out: float
    threshold: float
    slope: float
    refractory: int
    window: int
    cross_entropy: bool
    rate_strength: float
    goal: float


class Trial(NamedTuple):
    """What a network did in a trial.

    v, psi : (steps, cells); spikes : (steps, cells), 0 or 1; y, error : (steps, outputs);
    loss : of the trial.
    """

    v: Array
    psi: Array
    spikes: NDArray[np.uint8]
    y: Array
    error: Array
    loss: float


def constants(p: Eprop) -> Constants:
    """Numbers of a parameter set."""
    q = quantities(p)
    alpha, kappa, rho = (
        float(np.exp(-float(q.time_step / tau)))
        for tau in (q.tau_membrane, q.tau_readout, q.tau_adaptation)
    )
    return Constants(
        alpha=alpha,
        kappa=kappa,
        rho=rho,
        zeta=1 - alpha if p.normalised else 1.0,
        zeta_out=1 - kappa,
        threshold=p.threshold,
        slope=p.surrogate / p.threshold,
        refractory=round(float(q.refractory / q.time_step)),
        window=round(float(q.window / q.time_step)),
        cross_entropy=p.loss == "cross entropy",
        rate_strength=p.rate_strength,
        goal=float(q.rate_goal * q.time_step),
    )


def adaptation(p: Eprop) -> Array:
    """Rise of each cell's threshold by a spike, (cells,): regular cells first."""
    return np.repeat([0.0, p.adaptation], [p.regular, p.adaptive])


@njit(cache=True, error_model="numpy")
def show(x: Any, target: Any, weights: Any, beta: Any, c: Constants) -> Trial:
    """Run a trial from rest.

    x : (steps, inputs), 0 or 1; target : (steps, outputs); weights : (pre, post) from input, from
    cells, to output; beta : (cells,).
    """
    w_in, w_rec, w_out = weights
    steps, cells, outputs = len(x), len(beta), w_out.shape[1]
    v, psi = np.zeros((steps, cells)), np.zeros((steps, cells))
    spikes = np.zeros((steps, cells), np.uint8)
    y = np.zeros((steps, outputs))
    potential, a, before = np.zeros(cells), np.zeros(cells), np.zeros(cells, np.uint8)
    resting, drive, out = np.zeros(cells, np.int64), np.zeros(cells), np.zeros(outputs)
    for s in range(steps):
        drive[:] = 0.0
        for i in range(len(w_in)):
            if x[s, i]:
                drive += w_in[i]
        for i in range(cells):
            if before[i]:
                drive += w_rec[i]
        out *= c.kappa
        for j in range(cells):
            potential[j] = c.alpha * potential[j] + c.zeta * drive[j] - c.threshold * before[j]
            a[j] = c.rho * a[j] + before[j]
            distance = potential[j] - c.threshold - beta[j] * a[j]
            before[j], resting[j] = 0, max(resting[j] - 1, 0)
            if resting[j] == 0:
                psi[s, j] = c.slope * max(0.0, 1 - abs(distance) / c.threshold)
                if potential[j] >= c.threshold + beta[j] * a[j]:
                    before[j], resting[j] = 1, c.refractory
                    out += c.zeta_out * w_out[j]
            v[s, j], spikes[s, j] = potential[j], before[j]
        for k in range(outputs):
            y[s, k] = out[k]
    error, loss = judge(y, target, c)
    return Trial(v, psi, spikes, y, error, loss)


@njit(cache=True, error_model="numpy")
def judge(y: Any, target: Any, c: Constants) -> Any:
    """Error (steps, outputs) of the readout, 0 before the window, and the loss."""
    error, loss = np.zeros_like(y), 0.0
    for s in range(len(y) - c.window, len(y)):
        if c.cross_entropy:
            top = y[s].max()
            share = np.exp(y[s] - top)
            whole = share.sum()
            for k in range(len(share)):
                error[s, k] = share[k] / whole - target[s, k]
            loss -= ((y[s] - top - np.log(whole)) * target[s]).sum() / c.window
        else:
            for k in range(y.shape[1]):
                error[s, k] = y[s, k] - target[s, k]
            loss += 0.5 * (error[s] ** 2).sum()
    return error, loss
