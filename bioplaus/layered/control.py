"""Carriers that push the layers until something is settled: feedback control, predictive coding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bioplaus.layered.carriers import Carrier, above, positive
from bioplaus.layered.feedback import FeedbackWeights, Fixed, Mirrored, Signs, Transported
from bioplaus.layered.learnt_feedback import Decoder, Noise
from bioplaus.layered.network import Seen
from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError

__all__ = ["Controlled", "Predictive"]


@dataclass(frozen=True)
class Controlled(Carrier):
    """Deep feedback control at its steady state (Meulemans and others 2021).

    All layers are pushed at once, ``dv_k = u B_k``, until the output obeys up to the leak:
    ``u (I + sum_k J_k B_k^T + leak I)^T = -step error`` with ``J_k`` the slope of the output's
    drives in those of layer ``k``, free.  Errors are what the pushes change, over ``step``; that of
    the output, ``-u/step``, is smaller than rate minus target by about ``1 + leak + |J|^2``.
    """

    leak: float = 5.0
    step: float = 0.1
    accepts = (Fixed, Mirrored, Noise, Decoder)
    routes = ("direct",)
    needs = "J"

    def __post_init__(self) -> None:
        positive(step=self.step)
        if self.leak < 0:
            raise ParameterError(f"leak {self.leak} must not be negative")

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """Basal drives come from the pushed layer below."""
        net, u = way.net, self._controller(way, seen, targets)
        found, below = [], seen.h[0]
        for k in net.hidden:
            basal = below @ net.w[k] + net.b[k]
            below = net.rate(k, basal + u @ way.acting(k))
            found.append((net.rate(k, basal) - below) / self.step)
        return [*found, -u / self.step]

    def _controller(self, way: FeedbackWeights, seen: Seen, targets: Array) -> Array:
        """Steady output of the controller, (batch, n_L)."""
        net, slopes = way.net, way.net.slopes(seen)
        error = seen.h[-1] - targets
        one = np.eye(net.sizes[-1], dtype=net.dtype)
        jacobian, closed = one[None], np.repeat(one[None] * (1 + self.leak), len(error), axis=0)
        for k in reversed(net.hidden):
            jacobian = (jacobian @ net.w[k + 1].T) * slopes[k][:, None, :]
            closed = closed + jacobian @ way.acting(k).T
        return np.linalg.solve(closed, -self.step * error[:, :, None])[:, :, 0]

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """The Jacobian, what it makes of the feedback, the pushes, and the pushed way up."""
        out, hidden = sizes[-1], sum(sizes[1:-1])
        pushed_up = sizes[0] * sizes[1] + above(sizes) - sizes[-2] * out
        return out * above(sizes) + out * out * hidden + out * hidden + pushed_up


@dataclass(frozen=True)
class Predictive(Carrier):
    """Predictive coding: a unit's error is what of its state stays unpredicted.

    States start at the drives, then take ``steps`` Euler steps of ``size`` of
    ``dv_k = u_k - f'(v_k) (u_(k+1) B_k)`` with ``u_k = f(v_(k-1)) W_k + b_k - v_k``; at the output
    ``u_L = precision (rate - target)``.  Errors are ``u/precision``, beside the rates of the pushed
    states (Whittington and Bogacz 2017).
    """

    steps: int = 20
    size: float = 0.3
    precision: float = 1.0
    accepts = (Fixed, Mirrored, Transported, Signs, Noise)
    routes = ("layerwise",)
    needs = "P"

    def __post_init__(self) -> None:
        positive(steps=self.steps, size=self.size, precision=self.precision)

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """What stays unpredicted."""
        return self.teach(way, seen, targets)[1]

    def teach(self, way: FeedbackWeights, seen: Seen, targets: Array) -> tuple[Seen, list[Array]]:
        """Relax; the pushed states' rates teach."""
        net = way.net
        states = seen.a[:-1]
        h, u = self._unpredicted(way, seen, states, targets)
        for _ in range(self.steps):
            pushed = [
                u[k] - net.slope(k, states[k], h[k + 1]) * (u[k + 1] @ way.acting(k))
                for k in net.hidden
            ]
            states = [v + self.size * dv for v, dv in zip(states, pushed)]
            h, u = self._unpredicted(way, seen, states, targets)
        return Seen(seen.a, [*h, seen.h[-1]]), [e / self.precision for e in u]

    def _unpredicted(
        self, way: FeedbackWeights, seen: Seen, states: list[Array], targets: Array
    ) -> tuple[list[Array], list[Array]]:
        """Rates below the output, the input first, and errors of all layers."""
        net = way.net
        h = [seen.h[0], *(net.rate(k, v) for k, v in enumerate(states))]
        means = [seen.a[0], *(h[k] @ net.w[k] + net.b[k] for k in range(1, len(net.w)))]
        u: list[Array] = [mean - v for mean, v in zip(means, states)]
        u.append(self.precision * (net.rate(len(states), means[-1]) - targets))
        return h, u

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """Up and down at every step, and up once more."""
        return (2 * self.steps + 1) * above(sizes)
