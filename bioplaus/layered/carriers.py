"""Carriers: how errors reach the layers below, as gradients or through pushed drives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bioplaus.layered.feedback import (
    Feedback,
    FeedbackWeights,
    Fixed,
    Mirrored,
    NoFeedback,
    Redrawn,
    Route,
    Signs,
    Transported,
)
from bioplaus.layered.learnt_feedback import Decoder, Noise
from bioplaus.layered.network import Seen, draw, weight_counts
from bioplaus.layered.units import Array, quantised
from bioplaus.parameters import ParameterError

__all__ = ["MESSAGES", "Aligned", "Carrier", "Gradient", "Penalty", "TopOnly"]

MESSAGES = (Fixed, Mirrored, Transported, Signs, Noise, Decoder)
"""Feedback that passes errors on, at any layer and any time."""


@dataclass(frozen=True)
class Carrier:
    """What every layer is told.

    accepts : kinds of feedback with which it has a meaning; routes : ways that feedback may take;
    needs : letters as those of :class:`~bioplaus.layered.feedback.Feedback`.
    """

    accepts: ClassVar[tuple[type[Feedback], ...]] = MESSAGES
    routes: ClassVar[tuple[Route, ...]] = ("layerwise", "direct")
    needs: ClassVar[str] = ""

    def start(self, way: FeedbackWeights) -> None:
        """Make what the carrier itself learns, in ``way.own``."""

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """Errors of all layers, each (batch, n); that of the output, rate minus target, is last."""
        raise NotImplementedError

    def teach(self, way: FeedbackWeights, seen: Seen, targets: Array) -> tuple[Seen, list[Array]]:
        """Errors, and the rates beside which they teach."""
        return seen, self.errors(way, seen, targets)

    def adapt(self, way: FeedbackWeights, seen: Seen, errors: list[Array], targets: Array) -> None:
        """Change what the carrier itself learns."""

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """Multiplications by a weight for one example, the way up left out."""
        return message(sizes, direct)


def above(sizes: tuple[int, ...]) -> int:
    """Forward weights but the lowest."""
    return sum(weight_counts(sizes)[1:])


def message(sizes: tuple[int, ...], direct: bool) -> int:
    """Feedback weights, each of which an error passes once."""
    return sizes[-1] * sum(sizes[1:-1]) if direct else above(sizes)


@dataclass(frozen=True)
class Gradient(Carrier):
    """``e_k = (e_source B_k) slope_k``: backpropagation through whatever feedback there is.

    bits : of the output's error as it travels, 0 all; gated : multiply by the slope.
    """

    bits: int = 0
    gated: bool = True
    accepts = (*MESSAGES, Redrawn)

    def __post_init__(self) -> None:
        if self.bits < 0:
            raise ParameterError(f"an error of {self.bits} bits says nothing; 0 is all, 1 the sign")

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """From the output down."""
        error: Array = seen.h[-1] - targets
        top = e = quantised(error, self.bits) if self.bits else error
        found = [error]
        for k in reversed(way.net.hidden):
            e = way.told(k, e, top)
            if self.gated:
                e = e * way.net.slope(k, seen.a[k], seen.h[k + 1])
            found.insert(0, e)
        return found


@dataclass(frozen=True)
class TopOnly(Carrier):
    """Only the output learns: the floor."""

    accepts = (NoFeedback,)

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """Zero below the output."""
        return [*(np.zeros_like(h) for h in seen.h[1:-1]), seen.h[-1] - targets]

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """None."""
        return 0


@dataclass(frozen=True)
class Aligned(Carrier):
    """``e_k = (h_k - f(a_k - step e_source B_k))/step``, no derivative anywhere (LRA-E).

    Ororbia and Mali (2019); as the step goes to zero it is the gradient carrier.
    """

    step: float = 0.1

    def __post_init__(self) -> None:
        positive(step=self.step)

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """What the pushed drives would have answered differently."""
        found: list[Array] = [seen.h[-1] - targets]
        for k in reversed(way.net.hidden):
            pushed = seen.a[k] - self.step * way.told(k, found[0], found[-1])
            found.insert(0, (seen.h[k + 1] - way.net.rate(k, pushed)) / self.step)
        return found


@dataclass(frozen=True)
class Penalty(Carrier):
    """Targets by pushed drives, errors by a log penalty (LRA-diff, LRA-fdbk: Ororbia, 2018).

    A layer's drives are pushed by ``-step push``, its target is what they then give, and its error
    the slope of ``sum log(1 + (h - t)^2)`` times that of its units, over ``2 step``.  The push is
    what the layer above sends down, and again from the moved layer for every repeat; the layer
    above then answers by the slope of its own penalty, undivided.

    step : beta; repeats : K, questions to the layer above; short : longest push of an example, c2,
    0 any; gated : the push is multiplied by the slope (with transported weights: LRA-diff);
    stranger : repeated questions pass through random weights, not the layer's own, a control.
    """

    step: float = 0.1
    repeats: int = 1
    short: float = 1.0
    gated: bool = False
    stranger: bool = False
    routes = ("layerwise",)

    def __post_init__(self) -> None:
        positive(step=self.step, repeats=self.repeats)

    @property
    def needs(self) -> str:  # type: ignore[override]
        """Phases where the layer above is asked again."""
        return "P" if self.repeats > 1 else ""

    def start(self, way: FeedbackWeights) -> None:
        """Weights of the stranger, drawn like those in whose place they are."""
        sizes = way.net.sizes
        for k in way.net.hidden if self.stranger else ():
            drawn = draw(sizes[k + 1], sizes[k + 2], way.noise, way.net.dtype)
            way.own[f"stranger_{k + 1}"] = drawn

    def errors(self, way: FeedbackWeights, seen: Seen, targets: Array) -> list[Array]:
        """From the output down, each layer with the target of the one above it."""
        net, wanted = way.net, targets
        found: list[Array] = [seen.h[-1] - targets]
        for k in reversed(net.hidden):
            wrong, a = found[0], seen.a[k]
            for again in range(self.repeats):
                if again:
                    wrong = self._asked(way, k + 1, net.rate(k, a), wanted)
                a = a - self.step * self._push(way, k, wrong, a)
            wanted = net.rate(k, a)
            slope = net.slope(k, seen.a[k], seen.h[k + 1])
            found.insert(0, cauchy(seen.h[k + 1] - wanted) * slope / (2 * self.step))
        return found

    def _push(self, way: FeedbackWeights, k: int, wrong: Array, a: Array) -> Array:
        push = way.told(k, wrong, wrong)
        if self.gated:
            push = push * way.net.slope(k, a, way.net.rate(k, a))
        if self.short:
            length = np.linalg.norm(push, axis=1, keepdims=True)
            push = push * np.minimum(1, self.short / np.maximum(length, 1e-12))
        return push

    def _asked(self, way: FeedbackWeights, layer: int, below: Array, wanted: Array) -> Array:
        """What is wrong with the answer of a layer to the moved one below."""
        net = way.net
        w = way.own[f"stranger_{layer}"] if self.stranger else net.w[layer]
        drive = below @ w + net.b[layer]
        h = net.rate(layer, drive)
        wrong = h - wanted
        if layer == len(net.w) - 1:
            return wrong
        return cauchy(wrong) * net.slope(layer, drive, h)

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """Down for every question, and up for every one but the first."""
        return (2 * self.repeats - 1) * above(sizes)


def cauchy(wrong: Array) -> Array:
    """Slope of ``log(1 + wrong^2)``, entry by entry."""
    return 2 * wrong / (1 + wrong * wrong)


def positive(**values: float) -> None:
    """Refuse what is not above zero.

    Raises
    ------
    ParameterError
        Says which value.
    """
    for name, value in values.items():
        if value <= 0:
            raise ParameterError(f"{name} {value} must be above 0")
