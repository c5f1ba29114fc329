"""The potentials at which a microcircuit settles, found by iteration: no time, no noise.

Every du/dt of the network is zero here (Sacramento 2018, eqs 1 to 3).  Rows are patterns, so one
call relaxes a whole batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bioplaus.models.sacramento.mixing import Mixing, mixing
from bioplaus.models.sacramento.parameters import Circuit
from bioplaus.models.sacramento.weights import CircuitWeights
from bioplaus.neurons.rate_transfer import TRANSFERS, Transfer

__all__ = ["Relaxed", "relax", "weight_changes"]

Matrix = NDArray[np.floating]


@dataclass(frozen=True)
class Relaxed:
    """Settled potentials; hidden area k (from 1) is at position k - 1 of each tuple.

    u : (batch, n_k) areas 1..N; u_interneuron : (batch, n_(k+1)) hidden areas
    v_basal : (batch, n_k) areas 1..N; v_interneuron, v_top_down, v_apical : hidden areas
    rate_input : (batch, n_0)
    """

    rate_input: Matrix
    u: tuple[Matrix, ...]
    u_interneuron: tuple[Matrix, ...]
    v_basal: tuple[Matrix, ...]
    v_interneuron: tuple[Matrix, ...]
    v_top_down: tuple[Matrix, ...]
    v_apical: tuple[Matrix, ...]


def relax(
    circuit: Circuit,
    weights: CircuitWeights,
    rates: ArrayLike,
    targets: ArrayLike | None = None,
    tolerance: float = 1e-15,
    sweeps: int = 20_000,
) -> Relaxed:
    """Iterate the network's map, half a step at a time, until no potential moves.

    Parameters
    ----------
    rates : (batch, n_0)
        Rates of the input area.
    targets : (batch, n_N)
        Target potentials; none means no teaching current.
    tolerance
        Largest change of a potential at which iteration ends.

    Raises
    ------
    ArithmeticError
        If the potentials still move after so many sweeps: the feedback loop gain is above 1.
    """
    mix, phi = mixing(circuit), TRANSFERS[circuit.transfer]
    r_0 = np.atleast_2d(np.asarray(rates, dtype=float))
    goal = None if targets is None else np.atleast_2d(np.asarray(targets, dtype=float))
    u: list[Matrix] = [np.zeros((len(r_0), len(w))) for w in weights.forward]
    u_ip: list[Matrix] = [np.zeros((len(r_0), len(w))) for w in weights.interneuron]
    for _ in range(sweeps):
        settled = _settled(circuit.bias_rate, weights, mix, phi, r_0, u, u_ip, goal)
        moves = [new - old for old, new in zip((*u, *u_ip), (*settled.u, *settled.u_interneuron))]
        moved = max(float(np.abs(move).max()) for move in moves)
        if moved <= tolerance * max(1.0, *(float(np.abs(each).max()) for each in u)):
            return settled
        for old, move in zip((*u, *u_ip), moves):
            old += 0.5 * move
    raise ArithmeticError(
        f"the potentials still move by {moved:.2g} after {sweeps} sweeps: the feedback loop does "
        "not settle (top-down weights or g_apical too strong)"
    )


def _settled(
    bias_rate: float,
    weights: CircuitWeights,
    mix: Mixing,
    phi: Transfer,
    r_0: Matrix,
    u: list[Matrix],
    u_ip: list[Matrix],
    goal: Matrix | None,
) -> Relaxed:
    """Compartments of these potentials, and the potentials at which somata would then settle."""
    r = [r_0, *(phi(each) for each in u)]
    top = len(u)
    v_basal = [
        r[k] @ w.T + bias_rate * b
        for k, (w, b) in enumerate(zip(weights.forward, weights.forward_bias))
    ]
    v_interneuron = [
        r[k + 1] @ w.T + bias_rate * b
        for k, (w, b) in enumerate(zip(weights.interneuron, weights.interneuron_bias))
    ]
    v_top_down = [r[k + 2] @ w.T for k, w in enumerate(weights.top_down)]
    v_apical = [v_top_down[k] + phi(u_ip[k]) @ w.T for k, w in enumerate(weights.lateral)]
    new_u = [mix.hidden * v_basal[k] + mix.lambda_apical * v_apical[k] for k in range(top - 1)]
    free = mix.output * v_basal[-1]
    lam, lam_ip = mix.lambda_output, mix.lambda_interneuron
    new_u.append(free if goal is None else (1 - lam) * free + lam * goal)
    new_ip = [
        (1 - lam_ip) * mix.interneuron * v_interneuron[k] + lam_ip * u[k + 1]
        for k in range(top - 1)
    ]
    found = (new_u, new_ip, v_basal, v_interneuron, v_top_down, v_apical)
    return Relaxed(r_0, *(tuple(each) for each in found))


def weight_changes(circuit: Circuit, state: Relaxed) -> CircuitWeights:
    """Products of postsynaptic error and presynaptic rate, meaned over the batch (eqs 7 to 10).

    Shapes as the weights; to be multiplied by learning rate and time.
    """
    mix, phi = mixing(circuit), TRANSFERS[circuit.transfer]
    rates = [state.rate_input, *(phi(u) for u in state.u)]
    rates_ip = [phi(u) for u in state.u_interneuron]
    errors = [rates[k] - phi(mix.attenuation(k) * v) for k, v in enumerate(state.v_basal, start=1)]
    errors_ip = [r - phi(mix.interneuron * v) for r, v in zip(rates_ip, state.v_interneuron)]
    # Eq 10 is printed without attenuation of the top-down prediction; so it is here.
    errors_down = [r - phi(v) for r, v in zip(rates[1:-1], state.v_top_down)]
    batch = len(state.rate_input)

    def products(post: list[Matrix], pre: list[Matrix]) -> tuple[Matrix, ...]:
        return tuple(e.T @ r / batch for e, r in zip(post, pre))

    return CircuitWeights(
        forward=products(errors, rates[:-1]),
        forward_bias=tuple(circuit.bias_rate * e.mean(axis=0) for e in errors),
        interneuron=products(errors_ip, rates[1:-1]),
        interneuron_bias=tuple(circuit.bias_rate * e.mean(axis=0) for e in errors_ip),
        lateral=products([-v for v in state.v_apical], rates_ip),
        top_down=products(errors_down, rates[2:]),
    )
