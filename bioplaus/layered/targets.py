"""Carriers by targets and guesses: inverses, candidates, synthetic gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bioplaus.layered.carriers import Carrier, above, positive
from bioplaus.layered.feedback import FeedbackWeights, NoFeedback
from bioplaus.layered.learnt_feedback import Inverse
from bioplaus.layered.network import Seen, weight_counts
from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError

__all__ = ["Predicted", "Sampled", "Targets"]


@dataclass(frozen=True)
class Targets(Carrier):
    """Targets by learnt inverses ``g``: ``t_k = g(t_(k+1))`` (target propagation).

    With the ``difference`` a poor inverse does no harm at rest: ``t_k = h_k + g(t_(k+1)) -
    g(h_(k+1))`` (Lee and others 2015).  Errors ``(h_k - t_k) slope_k/step`` are in units of the
    output's error.

    step : of the output's target, ``h - step error``; top : first hidden target by the inverse, or
    by the gradient through the transposed weights.
    """

    step: float = 0.1
    difference: bool = True
    top: Literal["inverse", "gradient"] = "inverse"
    accepts = (Inverse,)
    routes = ("layerwise",)

    def __post_init__(self) -> None:
        positive(step=self.step)
        if self.top not in ("inverse", "gradient"):
            raise ParameterError(f"top {self.top!r} is neither inverse nor gradient")

    @property
    def needs(self) -> str:  # type: ignore[override]
        """The transposed weights of the output where its gradient is taken."""
        return "T" if self.top == "gradient" else ""

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """Targets from the output down."""
        net, kind = way.net, way.kind
        assert isinstance(kind, Inverse)
        found: list[Array] = [seen.h[-1] - targets]
        wanted: Array = seen.h[-1] - self.step * found[0]
        for k in reversed(net.hidden):
            h, highest = seen.h[k + 1], k == len(net.hidden) - 1
            if highest and self.top == "gradient":
                wanted = h - self.step * (found[0] @ net.w[-1].T)
            else:
                wanted = kind.inverted(way, k, wanted)
                if self.difference:
                    wanted = wanted + h - kind.inverted(way, k, seen.h[k + 2])
            found.insert(0, (h - wanted) * net.slope(k, seen.a[k], h) / self.step)
        return found

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """Every inverse once or, for the difference, twice."""
        top = sizes[-2] * sizes[-1]
        by_inverse = above(sizes) - (top if self.top == "gradient" else 0)
        return (2 if self.difference else 1) * by_inverse + above(sizes) - by_inverse


@dataclass(frozen=True)
class Sampled(Carrier):
    """Deep targets: the best of some candidates near the rates (Baldi and Sadowski 2016).

    ``e_k = (h_k - best) slope_k/spread``, best by the output's cost; candidates differ by noise of
    deviation ``spread``, those of sign units by flips of that chance.  No derivative goes down.
    """

    spread: float = 0.1
    tried: int = 10
    accepts = (NoFeedback,)
    needs = "PR"

    def __post_init__(self) -> None:
        positive(spread=self.spread, tried=self.tried)

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """Each layer with candidates of its own."""
        net = way.net
        found: list[Array] = [seen.h[-1] - targets]
        for k in reversed(net.hidden):
            h = best = seen.h[k + 1]
            least = net.loss(seen.h[-1], targets)
            for _ in range(self.tried):
                candidate = self._near(way, k, h)
                cost = net.loss(net.up(candidate, k + 1).h[-1], targets)
                best = np.where((cost < least)[:, None], candidate, best)
                least = np.minimum(cost, least)
            found.insert(0, (h - best) * net.slope(k, seen.a[k], h) / self.spread)
        return found

    def _near(self, way: FeedbackWeights, k: int, h: Array) -> Array:
        if way.net.units[k] == "sign":
            return np.where(way.noise.random(h.shape) < self.spread, -h, h)
        return h + self.spread * way.noise.standard_normal(h.shape, way.net.dtype)

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """Every candidate's way up."""
        up = weight_counts(sizes)[1:]
        return self.tried * sum(sum(up[k:]) for k in range(len(up)))


@dataclass(frozen=True)
class Predicted(Carrier):
    """Synthetic gradients: each layer guesses what it will be told (Jaderberg and others 2017).

    ``guess_k = z_k M_k`` of its rates, the label where ``conditioned``, and 1; the layer moves at
    once by ``guess_k slope_k``, and ``M_k``, zero at the start, follows the message from above by
    ``rate`` times its step divided by the mean of ``|z|^2``, without which it diverges.
    """

    rate: float = 1.0
    conditioned: bool = True
    routes = ("layerwise",)

    def __post_init__(self) -> None:
        positive(rate=self.rate)

    @property
    def needs(self) -> str:  # type: ignore[override]
        """The label at every layer."""
        return "LM" if self.conditioned else "M"

    def start(self, way: FeedbackWeights) -> None:
        """Predictors that guess nothing."""
        sizes = way.net.sizes
        for k in way.net.hidden:
            inputs = sizes[k + 1] + 1 + self.conditioned * sizes[-1]
            way.own[f"M_{k}"] = np.zeros((inputs, sizes[k + 1]), way.net.dtype)

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """Guesses, all at once."""
        guesses = [self._inputs(seen, k, targets) @ way.own[f"M_{k}"] for k in way.net.hidden]
        slopes = way.net.slopes(seen)
        return [*(g * s for g, s in zip(guesses, slopes)), seen.h[-1] - targets]

    def adapt(self, way: FeedbackWeights, seen: Seen, errors: list[Array], targets: Array) -> None:
        """Move each guess towards the message that came."""
        for k in way.net.hidden:
            z, m = self._inputs(seen, k, targets), way.own[f"M_{k}"]
            miss = z @ m - way.told(k, errors[k + 1], errors[-1])
            size = float(np.einsum("ij,ij->i", z, z).mean())
            m -= m.dtype.type(self.rate / size) * (z.T @ miss / len(z))

    def _inputs(self, seen: Seen, k: int, targets: Array) -> Array:
        one = np.ones((len(targets), 1), targets.dtype)
        return np.concatenate([seen.h[k + 1], *[targets] * self.conditioned, one], axis=1)

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """The message, and guesses when the layer moves and when they are judged."""
        inputs = 1 + self.conditioned * sizes[-1]
        return above(sizes) + 2 * sum((n + inputs) * n for n in sizes[1:-1])
