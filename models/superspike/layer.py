"""One layer over a whole trial, compiled: its spikes, and what each synapse and cell contributes.

In step t, of the spikes z of the layer before in the step before:

    I = a_s I + w z,   s = a_s s + z,   psp += dt/tau_m (s - psp)
    U += dt/tau_m (rest - U + I) unless refractory;   a spike where U > theta, then U = rest
    sigma = beta/(1 + beta |U - theta|)^2                                  of U after the reset
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bioplaus.models.superspike.parameters import SuperSpike
from bioplaus.parameters import quantities

__all__ = [
    "Constants",
    "Layer",
    "Shown",
    "backwards",
    "constants",
    "eligibility",
    "filtered_error",
    "layer_of",
]


class Constants(NamedTuple):
    """Times in ms, potentials in mV, and what follows from them for a step."""

    dt: float
    synapse: float
    membrane: float
    rest: float
    threshold: float
    refractory: int
    steepness: float
    rise: float
    decay: float


class Layer(NamedTuple):
    """z (steps, cells) spikes, potential (steps, cells) [mV], sigma (steps, cells) [1/mV]; psp
    (steps, cells before), the response to the spikes that came in."""

    z: Any
    potential: Any
    sigma: Any
    psp: Any


class Shown(NamedTuple):
    """The layers behind the input; error (steps, outputs), filtered; loss [ms] of each output."""

    layers: list[Layer]
    error: Any
    loss: Any


def constants(p: SuperSpike) -> Constants:
    """The numbers of a step."""
    q = quantities(p)
    dt = float(q.time_step)
    return Constants(
        dt=1e3 * dt,
        synapse=float(np.exp(-dt / float(q.tau_synapse))),
        membrane=dt / float(q.tau_membrane),
        rest=1e3 * float(q.rest),
        threshold=1e3 * float(q.threshold),
        refractory=round(float(q.refractory) / dt),
        steepness=p.steepness,
        rise=float(np.exp(-dt / float(q.tau_rise))),
        decay=dt / float(q.tau_decay),
    )


@njit(cache=True, error_model="numpy")
def layer_of(before: Any, w: Any, c: Constants) -> Any:
    """Spikes (steps, cells before), 0 or 1, through weights (before, cells) [mV]: a `Layer`."""
    steps, inputs = before.shape
    cells = w.shape[1]
    z = np.zeros((steps, cells), np.uint8)
    potential, sigma = np.empty((steps, cells)), np.empty((steps, cells))
    psp = np.empty((steps, inputs))
    s, p = np.zeros(inputs), np.zeros(inputs)
    current, u, held = np.zeros(cells), np.full(cells, c.rest), np.zeros(cells, np.int64)
    for t in range(steps):
        for i in range(inputs):
            s[i] *= c.synapse
            if t and before[t - 1, i]:
                s[i] += 1.0
            p[i] += c.membrane * (s[i] - p[i])
            psp[t, i] = p[i]
        for j in range(cells):
            current[j] *= c.synapse
        if t:
            for i in range(inputs):
                if before[t - 1, i]:
                    for j in range(cells):
                        current[j] += w[i, j]
        for j in range(cells):
            if held[j]:
                held[j] -= 1
                u[j] = c.rest
            else:
                u[j] += c.membrane * (c.rest - u[j] + current[j])
                if u[j] > c.threshold:
                    z[t, j], u[j], held[j] = 1, c.rest, c.refractory
            potential[t, j] = u[j]
            near = 1.0 + c.steepness * abs(u[j] - c.threshold)
            sigma[t, j] = c.steepness / (near * near)
    return z, potential, sigma, psp


@njit(cache=True, error_model="numpy")
def filtered_error(z: Any, target: Any, c: Constants) -> Any:
    """(steps, outputs) target minus spikes through both exponentials; its square's integral."""
    steps, outputs = z.shape
    error, loss = np.empty((steps, outputs)), np.zeros(outputs)
    for k in range(outputs):
        rise, decay = 0.0, 0.0
        for t in range(steps):
            decay += c.decay * (rise - decay)
            rise = rise * c.rise + (float(target[t, k]) - float(z[t, k]))
            error[t, k] = decay
            loss[k] += decay * decay * c.dt
    return error, loss


@njit(cache=True, error_model="numpy")
def backwards(error: Any, c: Constants) -> Any:
    """(steps, outputs) what an eligible moment is worth: the errors after it, through the kernel.

    The adjoint of the kernel that eligibility passes on its way to the error, so that no synapse
    needs a trace.
    """
    worth = np.empty_like(error)
    for k in range(error.shape[1]):
        late, value = 0.0, 0.0
        for t in range(len(error) - 1, -1, -1):
            value = c.decay * late + c.rise * value
            worth[t, k] = value
            late = error[t, k] * c.dt + (1.0 - c.decay) * late
    return worth


@njit(cache=True, error_model="numpy")
def eligibility(psp: Any, sigma: Any, c: Constants) -> Any:
    """(steps, synapses) the trace of synapses psp (steps, synapses) onto one cell, sigma (steps,).

    What the scan backwards makes unnecessary: for figures and as a check.
    """
    found = np.empty_like(psp)
    for i in range(psp.shape[1]):
        fast, slow = 0.0, 0.0
        for t in range(len(psp)):
            slow += c.decay * (fast - slow)
            fast = c.rise * fast + sigma[t] * psp[t, i]
            found[t, i] = slow
    return found
