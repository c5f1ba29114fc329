"""Weights of the microcircuit: random start, self-predicting state, distance from it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bioplaus.models.sacramento.mixing import Mixing, mixing
from bioplaus.models.sacramento.parameters import Circuit, TwoSweep, area_sizes, rate_list
from bioplaus.neurons.rate_transfer import TRANSFERS

__all__ = [
    "CircuitWeights",
    "distance_from_self_prediction",
    "ends_of_pathways",
    "initial_weights",
    "scaled_weights",
    "self_predicting",
]

Matrix = NDArray[np.floating]


@dataclass(frozen=True)
class CircuitWeights:
    """All matrices of a circuit; hidden area k (from 1) is at position k - 1.

    forward : tuple of (n_k, n_(k-1)), areas 1..N
    forward_bias : tuple of (n_k,), areas 1..N
    top_down : tuple of (n_k, n_(k+1)), hidden areas
    interneuron : tuple of (n_(k+1), n_k), hidden areas; pyramidal to interneuron, W^IP
    interneuron_bias : tuple of (n_(k+1),), hidden areas
    lateral : tuple of (n_k, n_(k+1)), hidden areas; interneuron to apical dendrite, W^PI
    """

    forward: tuple[Matrix, ...]
    forward_bias: tuple[Matrix, ...]
    top_down: tuple[Matrix, ...]
    interneuron: tuple[Matrix, ...]
    interneuron_bias: tuple[Matrix, ...]
    lateral: tuple[Matrix, ...]


def ends_of_pathways(circuit: Circuit) -> dict[str, list[tuple[str, str]]]:
    """Populations before and behind each projection, by pathway, lowest area first."""
    last = len(area_sizes(circuit)) - 1
    areas = ["input", *(f"hidden_{k}" for k in range(1, last)), "output"]
    cells = [f"interneuron_{k}" for k in range(1, last)]
    hidden = areas[1:-1]
    return {
        "forward": list(itertools.pairwise(areas)),
        "interneuron": list(zip(hidden, cells, strict=True)),
        "lateral": list(zip(cells, hidden, strict=True)),
        "top_down": list(zip(areas[2:], hidden, strict=True)),
    }


def initial_weights(circuit: Circuit, rng: np.random.Generator) -> CircuitWeights:
    """Uniform random weights; biases start at zero.

    With ``self_predicting`` the interneuron pathways take their closed form, otherwise they are
    random like the others, in U(-1, 1).
    """
    sizes = area_sizes(circuit)
    scales = rate_list("weight_scale", circuit.weight_scale, len(sizes) - 1)
    forward = tuple(
        rng.uniform(-scale, scale, (post, pre))
        for scale, (pre, post) in zip(scales, itertools.pairwise(sizes))
    )
    hidden = list(itertools.pairwise(sizes[1:]))
    scale = circuit.top_down_scale
    weights = CircuitWeights(
        forward=forward,
        forward_bias=tuple(np.zeros(post) for post in sizes[1:]),
        top_down=tuple(rng.uniform(-scale, scale, pair) for pair in hidden),
        interneuron=tuple(rng.uniform(-1, 1, (above, here)) for here, above in hidden),
        interneuron_bias=tuple(np.zeros(above) for _, above in hidden),
        lateral=tuple(rng.uniform(-1, 1, pair) for pair in hidden),
    )
    return self_predicting(weights, mixing(circuit)) if circuit.self_predicting else weights


def scaled_weights(
    p: TwoSweep, rng: np.random.Generator, rates: Matrix, rest: Matrix, dtype: type[np.floating]
) -> CircuitWeights:
    """Gaussian weights with the chosen spread of free potentials, around 0 (or ``rest``).

    Interneurons are in the self-predicting state, or random: the forward weights in another order.

    rates : (some, n_0), of the input; rest : (n_N,), mean potentials of the output.
    """
    sizes, mix, down_scale = area_sizes(p), mixing(p), p.top_down_scale
    forward, forward_bias = _scaled_forward(p, mix, rng, rates, rest, dtype)
    top_down, lateral, interneuron, interneuron_bias = [], [], [], []
    for k, (here, above) in enumerate(itertools.pairwise(sizes[1:]), start=1):
        scale = down_scale / np.sqrt(above)
        down = (scale * rng.standard_normal((here, above))).astype(dtype)
        if p.self_predicting:
            factor = dtype(mix.self_predicting_factor(k))
            w, bias, across = factor * forward[k], factor * forward_bias[k], -down
        else:
            w = rng.permutation(forward[k].ravel()).reshape(above, here)
            bias = np.zeros(above, dtype)
            across = (scale * rng.standard_normal((here, above))).astype(dtype)
        top_down.append(down)
        lateral.append(across)
        interneuron.append(w)
        interneuron_bias.append(bias)
    found = (forward, forward_bias, top_down, interneuron, interneuron_bias, lateral)
    return CircuitWeights(*map(tuple, found))


def _scaled_forward(
    p: TwoSweep,
    mix: Mixing,
    rng: np.random.Generator,
    rates: Matrix,
    rest: Matrix,
    dtype: type[np.floating],
) -> tuple[list[Matrix], list[Matrix]]:
    sizes, phi = area_sizes(p), TRANSFERS[p.transfer]
    last = len(sizes) - 1
    scales = rate_list("weight_scale", p.weight_scale, last)
    forward, biases = [], []
    for k in range(1, last + 1):
        w = rng.standard_normal((sizes[k], sizes[k - 1]))
        mean, attenuation = rates.mean(axis=0), mix.attenuation(k)
        w *= scales[k - 1] / (attenuation * (rates - mean) @ w.T).std()
        bias = -w @ mean + (rest / attenuation if k == last else 0.0)
        rates = phi(attenuation * (rates @ w.T + bias))
        forward.append(w.astype(dtype))
        biases.append((bias / p.bias_rate if p.bias_rate else 0 * bias).astype(dtype))
    return forward, biases


def self_predicting(weights: CircuitWeights, mix: Mixing) -> CircuitWeights:
    """Replace the interneuron pathways by the closed form that silences every apical dendrite.

    ``W^PI_k = -W_(k,k+1)`` and ``W^IP_k = s_k W_(k+1,k)`` with the factor of
    :meth:`Mixing.self_predicting_factor`; the bias of the area above is carried along.  Without a
    target, somata then equal their partners above and every apical potential is 0, at any depth.
    """
    factors = [mix.self_predicting_factor(area) for area in range(1, mix.areas)]
    return CircuitWeights(
        forward=weights.forward,
        forward_bias=weights.forward_bias,
        top_down=weights.top_down,
        interneuron=tuple(s * w for s, w in zip(factors, weights.forward[1:])),
        interneuron_bias=tuple(s * b for s, b in zip(factors, weights.forward_bias[1:])),
        lateral=tuple(-w for w in weights.top_down),
    )


def distance_from_self_prediction(weights: CircuitWeights, mix: Mixing) -> dict[str, list[float]]:
    """How far each hidden area is from the closed form, relative to the length of the form.

    ``interneuron`` compares W^IP, ``lateral`` W^PI.  Learning silences the apical dendrites before
    these reach 0, because the form is determined only on the rates that were visited.
    """
    form = self_predicting(weights, mix)
    return {
        name: [
            float(np.linalg.norm(w - goal) / np.linalg.norm(goal))
            for w, goal in zip(getattr(weights, name), getattr(form, name))
        ]
        for name in ("interneuron", "lateral")
    }
