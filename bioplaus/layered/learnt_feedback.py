"""Feedback weights that are learnt by noise, by drawing the input, or as inverses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bioplaus.layered.feedback import Feedback, FeedbackWeights
from bioplaus.layered.network import Seen, draw, weight_counts
from bioplaus.layered.units import UNITS, Array
from bioplaus.parameters import ParameterError

__all__ = ["Decoder", "Inverse", "Noise"]


@dataclass(frozen=True)
class Noise(Feedback):
    """``B_k += rate (answer^T noise/(batch spread^2 gain) - B_k)``: what noise does above.

    In the absence of activity it is a weight mirror (Akrout and others 2019), ``superposed`` on
    activity it needs no phase of its own (PAL: Max, Kriener and others 2024).  The answer is the
    change of the ``drive`` of the source, then ``B`` tends to ``W^T`` (direct: to the transposed
    mean Jacobian of the output's drives), or of its ``rate``, then to mean slope x ``W^T``; the
    gain is the steepest slope, so that messages keep their size.

    spread : standard deviation of the noise; rate : of forgetting, an update.
    """

    rate: float = 0.05
    spread: float = 0.1
    superposed: bool = False
    reply: Literal["drive", "rate"] = "drive"
    learns = True

    def __post_init__(self) -> None:
        if self.reply not in ("drive", "rate"):
            raise ParameterError(f"reply {self.reply!r} is neither drive nor rate")
        if not 0 < self.rate <= 1 or self.spread <= 0:
            raise ParameterError(
                f"rate {self.rate} must be above 0 and at most 1, spread {self.spread} above 0"
            )

    @property
    def needs(self) -> str:  # type: ignore[override]
        """A phase without activity unless superposed."""
        return "MR" if self.superposed else "MPR"

    def adapt(
        self, way: FeedbackWeights, seen: Seen, errors: list[Array], targets: Array, rate: float
    ) -> None:
        """Correlate the noise with what it changed."""
        net = way.net
        for k, b in enumerate(way.B):
            top = len(net.w) - 1 if way.direct else k + 1
            noise = self.spread * way.noise.standard_normal(seen.h[k + 1].shape, net.dtype)
            noisy = net.up(seen.h[k + 1] + noise if self.superposed else noise, k + 1, top + 1)
            rest = seen.a[top] if self.superposed else net.b[top][None]
            moved = noisy.a[-1] - rest
            if self.reply == "rate":
                moved = noisy.h[-1] - net.rate(top, rest)
                moved /= 0.25 if net.units[top] == "logistic" else 1.0
            found = moved.T @ noise / (len(noise) * self.spread**2)
            b += b.dtype.type(self.rate) * (found - b)

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """One more way up, from each hidden layer to its source."""
        above = weight_counts(sizes)[1:]
        return sum(sum(above[k:]) if direct else above[k] for k in range(len(above)))


@dataclass(frozen=True)
class Decoder(Feedback):
    """Feedback weights learn to say from the label what lies below (Luo, Fu and Glass 2017).

    Layerwise (BFA) the label is drawn down to the input, ``g_L = y``, ``g_k = f(g_(k+1) B_k)``,
    and the logistic picture's error goes up through ``W``.  Direct (BDFA) each layer's prediction
    climbs the likelihood ``log sigma((y B_k) h_k)``; as ``printed`` the step is ``-(1 - sigma)``
    instead, which lowers the prediction whatever the layer does.

    rate : in units of the forward rate.
    """

    rate: float = 0.1
    printed: bool = False
    needs = "ML"
    learns = True

    def start(self, way: FeedbackWeights, rng: np.random.Generator) -> None:
        """Layerwise there is one matrix more, to the input."""
        super().start(way, rng)
        if not way.direct:
            pixels, first = way.net.sizes[:2]
            way.own["to_input"] = draw(first, pixels, rng, way.net.dtype)

    def adapt(
        self, way: FeedbackWeights, seen: Seen, errors: list[Array], targets: Array, rate: float
    ) -> None:
        """One step of the decoder."""
        (self._predict if way.direct else self._draw)(way, seen, targets, rate * self.rate)

    def _predict(self, way: FeedbackWeights, seen: Seen, targets: Array, rate: float) -> None:
        sigma = UNITS["logistic"].rate
        for k, b in enumerate(way.B):
            h = seen.h[k + 1]
            unlike = 1 - sigma((targets @ b) * h, way.noise)
            pull = -unlike if self.printed else unlike * h
            b += b.dtype.type(rate) * (targets.T @ pull / len(h))

    def _draw(self, way: FeedbackWeights, seen: Seen, targets: Array, rate: float) -> None:
        net, to_input = way.net, way.own["to_input"]
        drives, drawn = [targets] * len(way.B), [targets] * (len(way.B) + 1)
        for k in reversed(net.hidden):
            drives[k] = drawn[k + 1] @ way.B[k]
            drawn[k] = net.rate(k, drives[k])
        e = UNITS["logistic"].rate(drawn[0] @ to_input, way.noise) - seen.h[0]
        to_input -= to_input.dtype.type(rate) * (drawn[0].T @ e / len(e))
        for k, b in enumerate(way.B):
            e = (e @ net.w[k]) * net.slope(k, drives[k], drawn[k])
            b -= b.dtype.type(rate) * (drawn[k + 1].T @ e / len(e))

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """The label's way down, and layerwise the picture's error on its way up."""
        if direct:
            return sizes[-1] * sum(sizes[1:-1])
        return 2 * sum(weight_counts(sizes)) - sizes[-2] * sizes[-1]


@dataclass(frozen=True)
class Inverse(Feedback):
    """``g_k(h) = f(h B_k + c_k)`` learns to undo the layer above (Lee and others 2015).

    Every update, near the rates of the same batch: with noise added, ``|g(f(h W + b)) - h|^2``
    falls along its own slope.

    rate : in units of the forward rate; spread : standard deviation of the noise.
    """

    rate: float = 1.0
    spread: float = 0.1
    routes = ("layerwise",)
    needs = "NR"
    learns = True

    def start(self, way: FeedbackWeights, rng: np.random.Generator) -> None:
        """Weights and biases of the inverses."""
        super().start(way, rng)
        for k, b in enumerate(way.B):
            way.own[f"c_{k}"] = np.zeros(b.shape[1], b.dtype)

    def inverted(self, way: FeedbackWeights, k: int, above: Array) -> Array:
        """Rates of layer ``k`` that would give ``above``, as far as is learnt."""
        return way.net.rate(k, above @ way.B[k] + way.own[f"c_{k}"])

    def adapt(
        self, way: FeedbackWeights, seen: Seen, errors: list[Array], targets: Array, rate: float
    ) -> None:
        """One step of every inverse."""
        net = way.net
        for k, b in enumerate(way.B):
            h, c = seen.h[k + 1], way.own[f"c_{k}"]
            noisy = h + self.spread * way.noise.standard_normal(h.shape, net.dtype)
            above = net.up(noisy, k + 1, k + 2).h[-1]
            drive = above @ b + c
            back = net.rate(k, drive)
            e = (back - noisy) * net.slope(k, drive, back)
            b -= b.dtype.type(rate * self.rate) * (above.T @ e / len(e))
            c -= b.dtype.type(rate * self.rate) * e.mean(axis=0)

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """Up with noise, and back."""
        return 2 * sum(weight_counts(sizes)[1:])
