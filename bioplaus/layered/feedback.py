"""Feedback weights: where they come from, how they act, how they change.

``B_k`` : (source, n_k) ends on hidden layer ``k``; the source is the layer above (layerwise) or the
output (direct).  So the transpose is ``B_k = W_(k+1)^T``, and a message is ``e_source B_k``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from bioplaus.layered.network import Layered, Seen, draw
from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError

__all__ = [
    "Feedback",
    "FeedbackWeights",
    "Fixed",
    "Mirrored",
    "NoFeedback",
    "Redrawn",
    "Signs",
    "Transported",
]

Route = Literal["layerwise", "direct"]


@dataclass
class FeedbackWeights:
    """The feedback weights of one network as they stand.

    B : (source, n_k) of each hidden layer, from below; own : what else this kind of feedback
    keeps, by name; noise : draws while the network learns.
    """

    net: Layered
    kind: Feedback
    direct: bool
    noise: np.random.Generator
    B: list[Array] = field(default_factory=list)
    own: dict[str, Array] = field(default_factory=dict)

    def shape(self, k: int) -> tuple[int, int]:
        """Cells of the source, cells of hidden layer ``k``."""
        sizes = self.net.sizes
        return sizes[-1] if self.direct else sizes[k + 2], sizes[k + 1]

    def acting(self, k: int) -> Array:
        """What stands on the way to hidden layer ``k`` now, (source, n_k)."""
        return self.kind.acting(self, k)

    def told(self, k: int, above: Array, top: Array) -> Array:
        """What layer ``k`` is told, (batch, n_k), by the layer above or the output (direct)."""
        return (top if self.direct else above) @ self.acting(k)


@dataclass(frozen=True)
class Feedback:
    """A kind of feedback.

    needs : letters of what it asks of a brain: T reads W transposed, S its signs, M its own weights
    learn, P phases or a second pass, N a second network, L the label is fed back, R random numbers,
    J the whole network's slopes.  learns : whether ``B`` changes.
    """

    routes: ClassVar[tuple[Route, ...]] = ("layerwise", "direct")
    needs: ClassVar[str] = ""
    learns: ClassVar[bool] = False

    def start(self, way: FeedbackWeights, rng: np.random.Generator) -> None:
        """Draw the first weights into ``way``."""
        net = way.net
        way.B = [draw(*way.shape(k), rng, net.dtype) for k in net.hidden]

    def renew(self, way: FeedbackWeights) -> None:
        """What happens to the weights before each update."""

    def acting(self, way: FeedbackWeights, k: int) -> Array:
        """What stands on the way to hidden layer ``k``, (source, n_k)."""
        return way.B[k]

    def adapt(
        self, way: FeedbackWeights, seen: Seen, errors: list[Array], targets: Array, rate: float
    ) -> None:
        """Change the feedback after an update's errors, before the forward weights move."""

    def products(self, sizes: tuple[int, ...], direct: bool) -> int:
        """Multiplications by a weight that ``adapt`` costs for one example."""
        return 0


@dataclass(frozen=True)
class NoFeedback(Feedback):
    """For carriers that send nothing down."""

    def start(self, way: FeedbackWeights, rng: np.random.Generator) -> None:
        """No weights."""


@dataclass(frozen=True)
class Fixed(Feedback):
    """Drawn once, like forward weights (Lillicrap and others 2016; Nokland 2016).

    scale : in units of a forward weight between the same layers; fan : how many sources a hidden
    unit hears, its weights larger by sqrt(source/fan), 0 all (Baldi, Sadowski and Lu 2018).
    """

    scale: float = 1.0
    fan: int = 0

    def __post_init__(self) -> None:
        if self.fan < 0:
            raise ParameterError(f"fan {self.fan} is not a number of sources")

    def start(self, way: FeedbackWeights, rng: np.random.Generator) -> None:
        """Draw weights, then which of them are heard."""
        super().start(way, rng)
        for b in way.B:
            source = len(b)
            if self.fan > source:
                raise ParameterError(f"fan {self.fan} is more than the {source} sources there are")
            b *= self.scale
            if self.fan:
                rank = rng.permuted(np.tile(np.arange(source)[:, None], b.shape[1]), axis=0)
                b *= np.where(rank < self.fan, np.sqrt(source / self.fan), 0).astype(b.dtype)


@dataclass(frozen=True)
class Redrawn(Feedback):
    """Other weights at every update: a control, whose mean message is zero."""

    needs = "R"

    def renew(self, way: FeedbackWeights) -> None:
        """Draw all of them again."""
        for k, b in enumerate(way.B):
            b[...] = draw(*way.shape(k), way.noise, way.net.dtype)


@dataclass(frozen=True)
class Transported(Feedback):
    """The transposed forward weights at all times: backpropagation."""

    routes = ("layerwise",)
    needs = "T"

    def start(self, way: FeedbackWeights, rng: np.random.Generator) -> None:
        """No weights of its own."""

    def acting(self, way: FeedbackWeights, k: int) -> Array:
        """``W_(k+1)^T``, a view."""
        return way.net.w[k + 1].T


@dataclass(frozen=True)
class Signs(Feedback):
    """Signs of the transposed forward weights, sizes of its own (Liao, Leibo and Poggio 2016).

    magnitude : ``one`` size for all, the root mean square of a drawn weight; ``fixed`` drawn once;
    ``redrawn`` at every update.  concordance : chance that a sign is the right one, drawn once.
    """

    magnitude: Literal["one", "fixed", "redrawn"] = "one"
    concordance: float = 1.0
    routes = ("layerwise",)

    @property
    def needs(self) -> str:  # type: ignore[override]
        """Random numbers where sizes are drawn again."""
        return "RS" if self.magnitude == "redrawn" else "S"

    def __post_init__(self) -> None:
        if self.magnitude not in ("one", "fixed", "redrawn"):
            raise ParameterError(f"magnitude {self.magnitude!r} is not one, fixed or redrawn")
        if not 0 <= self.concordance <= 1:
            raise ParameterError(f"concordance {self.concordance} is a chance, 0 to 1")

    def start(self, way: FeedbackWeights, rng: np.random.Generator) -> None:
        """Sizes in ``B``, and which signs are right."""
        super().start(way, rng)
        for k, b in enumerate(way.B):
            b[...] = np.sqrt(2 / sum(b.shape)) if self.magnitude == "one" else np.abs(b)
            right = rng.random(b.shape) < self.concordance
            way.own[f"concordant_{k}"] = np.where(right, 1, -1).astype(b.dtype)

    def renew(self, way: FeedbackWeights) -> None:
        """Other sizes."""
        if self.magnitude == "redrawn":
            for k, b in enumerate(way.B):
                b[...] = np.abs(draw(*way.shape(k), way.noise, way.net.dtype))

    def acting(self, way: FeedbackWeights, k: int) -> Array:
        """Sizes with the signs that ``W^T`` has now."""
        return way.B[k] * np.sign(way.net.w[k + 1].T) * way.own[f"concordant_{k}"]


@dataclass(frozen=True)
class Mirrored(Feedback):
    """``B_k -= rate e_source^T h_(k+1)/batch``: the forward step, mirrored.

    Both factors stand at the feedback synapse.  Without decay ``W^T - B`` stays (adaptive random
    backpropagation, Baldi, Sadowski and Lu 2018); where both decay by the same share it vanishes
    (Kolen and Pollack 1994).

    rate : in units of the forward rate; decay : share at every update.
    """

    rate: float = 1.0
    decay: float = 0.0
    needs = "M"
    learns = True

    def adapt(
        self, way: FeedbackWeights, seen: Seen, errors: list[Array], targets: Array, rate: float
    ) -> None:
        """Move by the errors of the source and the rates of the layer."""
        for k, b in enumerate(way.B):
            source = errors[-1] if way.direct else errors[k + 1]
            if self.decay:
                b *= b.dtype.type(1 - self.decay)
            b -= b.dtype.type(rate * self.rate) * (source.T @ seen.h[k + 1] / len(source))
