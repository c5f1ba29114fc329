"""Every row as something that learns from batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.layered.boltzmann import Boltzmann
from bioplaus.layered.error_path import Taught
from bioplaus.layered.network import Layered
from bioplaus.layered.settling import Settled
from bioplaus.parameters import ParameterError, unknown_name

from .parameters import Layers, layer_sizes
from .rows import BOLTZMANN, ROWS, SETTLING, row, varied

__all__ = ["learner", "products"]


def learner(
    p: Layers, rng: np.random.Generator, dtype: type[np.floating[Any]] = np.float32
) -> Taught | Settled | Boltzmann:
    """The network of ``p``, drawn from ``rng``, and the row that teaches it.

    Raises
    ------
    ParameterError
        For a row that there is not, or units that it cannot have.
    """
    sizes = layer_sizes(p)
    if p.constants and p.row in BOLTZMANN:
        raise ParameterError(f"{p.row} has no constants to set, not {p.constants!r}")
    if p.row in BOLTZMANN:
        if len(sizes) != 3:
            raise ParameterError(f"a {p.row} has one hidden layer, not layers = {p.layers!r}")
        means = BOLTZMANN[p.row]
        return Boltzmann(
            sizes[0], sizes[-1], sizes[1], rng, p.learning_rate, means=means, dtype=dtype
        )
    if p.row in SETTLING:
        net = Layered(sizes, rng, "logistic", "logistic", dtype)
        return Settled(net, varied(SETTLING[p.row], p.constants), rng, p.learning_rate)
    if p.row not in ROWS:
        known = [*ROWS, *SETTLING, *BOLTZMANN]
        raise ParameterError(unknown_name("row", p.row, known))
    net = Layered(sizes, rng, p.units, p.output, dtype)
    return Taught(net, varied(row(p.row), p.constants), rng, p.learning_rate)


def products(p: Layers) -> int:
    """Multiplications by a weight that one training example costs, weight changes left out."""
    sizes, made = layer_sizes(p), learner(p, np.random.default_rng(0))
    if isinstance(made, Boltzmann):
        return made.products(sizes)
    return (made.path if isinstance(made, Taught) else made.row).products(sizes)
