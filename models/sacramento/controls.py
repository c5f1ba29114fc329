"""Backpropagation and feedback alignment on a network of the same size, for comparison.

Same start, transfer function, targets and batches as :class:`TwoSweepNetwork`; plain layered rate
network without compartments, interneurons or attenuation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.models.sacramento.parameters import TwoSweep, rate_list
from bioplaus.models.sacramento.small_batches import add_products
from bioplaus.models.sacramento.two_sweep import TwoSweepNetwork

__all__ = ["LayeredNetwork"]

Matrix = NDArray[np.floating]


class LayeredNetwork(TwoSweepNetwork):
    """The forward weights of a microcircuit, taught by errors that no dendrite carries.

    The output error is target rate minus rate (gradient of the cross-entropy of logistic outputs);
    below, ``error_k = slope(u_k) * (feedback error_(k+1))`` with the transposed forward weights
    (backpropagation), or with the fixed random top-down weights (feedback alignment, Lillicrap et
    al. 2016).  Base rates are used as they are.
    """

    def __init__(
        self,
        p: TwoSweep,
        rng: np.random.Generator,
        images: Matrix,
        rest: Matrix,
        transposed: bool,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        """As :class:`TwoSweepNetwork`; ``transposed`` selects backpropagation."""
        self.transposed = transposed
        unattenuated = dataclasses.replace(p, g_apical="0 / ms")
        super().__init__(unattenuated, rng, images, rest, dtype)
        for k, down in enumerate(self.top_down):  # unit gain: rates are not rescaled here
            self.top_down[k] = down / self.dtype(p.top_down_scale)

    def _rates(self) -> dict[str, Sequence[float]]:
        return {"forward": self.forward_rates}

    def set(self, values: Mapping[str, Any]) -> None:
        """Set the learning rates of the layers, ``base_rates``."""
        base = rate_list("base_rates", values["base_rates"], len(self.sizes) - 1)
        self.forward_rates = list(base)

    def learn(self, inputs: Matrix, targets: Matrix, strength: float = 1.0) -> Matrix:
        """One step down the (approximate) gradient, meaned over the batch; the answers before."""
        rate, u = self.upward(inputs)
        error: list[Matrix] = [self.phi(targets) - rate[-1]]
        for k in reversed(range(len(self.top_down))):
            below: Matrix = (
                error[0] @ self.forward[k + 1]
                if self.transposed
                else self._sums(self.top_down[k], error[0])
            )
            error.insert(0, below * rate[k + 1] * (1 - rate[k + 1]))
        for w, bias, e, r, eta in zip(
            self.forward, self.forward_bias, error, rate, self.forward_rates
        ):
            if eta > 0:
                add_products(w, e, r, strength * eta)
                bias += self.dtype(strength * eta) * e.mean(axis=0)
        return u[-1]
