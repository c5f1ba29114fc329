"""One row of the family: a carrier, its feedback and route, a forward step; and what it teaches."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bioplaus.layered.carriers import Carrier, Gradient
from bioplaus.layered.feedback import Feedback, FeedbackWeights, Fixed, Route
from bioplaus.layered.learner import NamedArrays, layer_names
from bioplaus.layered.learnt_feedback import Decoder, Noise
from bioplaus.layered.network import Layered, weight_counts
from bioplaus.layered.step import Descent
from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError, unknown_name

__all__ = ["ErrorPath", "Taught"]


@dataclass(frozen=True)
class ErrorPath:
    """How a layered network is told what to change.

    Raises
    ------
    ParameterError
        For parts that have no meaning together; says which have.
    """

    carrier: Carrier = Gradient()
    feedback: Feedback = Fixed()
    route: Route = "layerwise"
    step: Descent = Descent()
    source: str = ""

    def __post_init__(self) -> None:
        carrier, feedback = type(self.carrier).__name__, type(self.feedback).__name__
        if self.route not in ("layerwise", "direct"):
            raise ParameterError(unknown_name("route", self.route, ["layerwise", "direct"]))
        if not isinstance(self.feedback, self.carrier.accepts):
            known = ", ".join(kind.__name__ for kind in self.carrier.accepts)
            raise ParameterError(f"{carrier} with {feedback} means nothing; it takes {known}")
        for name, part in ((carrier, self.carrier), (feedback, self.feedback)):
            if self.route not in part.routes:
                raise ParameterError(
                    f"{name} is not {self.route}; the route it takes is {part.routes[0]}"
                )
        alone = isinstance(self.feedback, Noise) and not self.feedback.superposed
        if self.route == "direct" and alone:
            raise ParameterError("a direct mirror reads slopes at work: its noise is superposed")

    @property
    def needs(self) -> str:
        """Letters of what it asks of a brain, as in :mod:`~bioplaus.layered.feedback`."""
        drawn_down = isinstance(self.feedback, Decoder) and self.route == "layerwise"
        return "".join(sorted({*self.carrier.needs, *self.feedback.needs, *"P" * drawn_down}))

    def products(self, sizes: tuple[int, ...]) -> int:
        """Multiplications by a weight that one example costs, weight changes left out."""
        up = sum(weight_counts(sizes))
        direct = self.route == "direct"
        down = self.carrier.products(sizes, direct) + self.feedback.products(sizes, direct)
        return up + down


class Taught(NamedArrays):
    """A layered network and the path that teaches it.

    ``rng`` makes two generators of its own, for the first feedback weights and for noise, and draws
    nothing: two paths with one seed see the same weights and, from the same generator, the same
    order of examples.
    """

    def __init__(
        self, net: Layered, path: ErrorPath, rng: np.random.Generator, learning_rate: float = 0.1
    ) -> None:
        first, noise = rng.spawn(2)
        self.net, self.path, self.learning_rate = net, path, learning_rate
        self.way = FeedbackWeights(net, path.feedback, path.route == "direct", noise)
        path.feedback.start(self.way, first)
        path.carrier.start(self.way)
        self.squares = path.step.squares(net)

    def learn(self, inputs: Array, targets: Array, strength: float = 1.0) -> Array:
        """One update from (batch, n) inputs and targets; the answers before it, (batch, n)."""
        net, path, rate = self.net, self.path, strength * self.learning_rate
        targets = np.asarray(targets, net.dtype)
        path.feedback.renew(self.way)
        seen, errors = path.carrier.teach(self.way, net.up(inputs), targets)
        path.carrier.adapt(self.way, seen, errors, targets)
        path.feedback.adapt(self.way, seen, errors, targets, rate)
        path.step(net, seen, errors, rate, self.squares)
        return seen.h[-1]

    def answer(self, inputs: Array) -> Array:
        """Outputs, (batch, n)."""
        return self.net.up(inputs).h[-1]

    def changes(self, inputs: Array, targets: Array) -> list[Array]:
        """Descent directions that the path asks for, (pre, post) of each layer, summed."""
        targets = np.asarray(targets, self.net.dtype)
        seen, errors = self.path.carrier.teach(self.way, self.net.up(inputs), targets)
        return [-(h.T @ e) for h, e in zip(seen.h, errors)]

    def arrays(self) -> dict[str, Array]:
        """Forward weights, biases, feedback, what else is learnt, running squares."""
        names = layer_names(len(self.net.w))
        found: dict[str, Array] = {}
        for (pre, post), w, b in zip(pairwise(names), self.net.w, self.net.b):
            found |= {f"{pre}_to_{post}": w, f"bias_to_{post}": b}
        found |= dict(zip(self._feedback_names(), self.way.B))
        found |= self.way.own
        return found | {f"square_{n}": each for n, each in enumerate(self.squares)}

    def generators(self) -> list[np.random.Generator]:
        """The network's and that of noise."""
        return [self.net.rng, self.way.noise]

    def learning(self) -> list[str]:
        """Weights up and biases, and feedback that learns."""
        forward = list(self.arrays())[: 2 * len(self.net.w)]
        return forward + (self._feedback_names() if self.path.feedback.learns else [])

    def _feedback_names(self) -> list[str]:
        names = layer_names(len(self.net.w))
        sources = [names[-1]] * len(self.net.w) if self.way.direct else names[2:]
        return [f"{sources[k]}_to_{names[k + 1]}" for k in range(len(self.way.B))]
