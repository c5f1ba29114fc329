"""Networks that settle: a layered network that runs both ways, and what two phases differ in.

States ``s_k`` (batch, n_k) of the layers after the input and rates ``r = f(s)``; synchronous Euler
steps of ``ds_k = r_(k-1) W_k + b_k + gain r_(k+1) B_k - s_k``.  A first phase settles freely, a
second under the target; weights move along quantities that stand at the two ends of a synapse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from bioplaus.layered.carriers import positive
from bioplaus.layered.learner import NamedArrays, layer_names
from bioplaus.layered.network import Layered, draw, weight_counts
from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError, unknown_name

__all__ = ["Settled", "Settling"]

CONTRASTS = ("product", "presynaptic", "change")
FEEDBACK = ("tied", "own", "random")


@dataclass(frozen=True)
class Settling:
    """How a network settles and what it learns from that; a row.

    contrast : what ``W`` learns.  ``product``: ``r+ r+ - r- r-`` (contrastive Hebbian learning, Xie
    and Seung 2003); ``presynaptic``: ``r-`` and ``r+ - r-`` (GeneRec, O'Reilly 1996); ``change``:
    the sum of ``r_pre dr_post`` over the steps of the second phase, spike-timing dependent
    plasticity read as a gradient (Bengio and others 2015).
    held : in the second phase outputs have the target's rates, else they are pulled by
    ``influence (target - r)``; held, an influence below 1 is that share of the way.
    gain : of feedback; the step of a layer is multiplied by ``gain^-1`` for each layer above it,
    which undoes what feedback loses.
    feedback : the transposed weights, own ones that learn the product, or random ones.
    free, second : steps of the phases; epsilon : size of a step.

    Raises
    ------
    ParameterError
        For a name that there is not, or a number without meaning.
    """

    contrast: Literal["product", "presynaptic", "change"] = "product"
    held: bool = True
    influence: float = 1.0
    gain: float = 0.1
    feedback: Literal["tied", "own", "random"] = "tied"
    free: int = 10
    second: int = 10
    epsilon: float = 0.5
    source: str = ""

    def __post_init__(self) -> None:
        positive(gain=self.gain, free=self.free, second=self.second, epsilon=self.epsilon)
        if self.influence == 0:
            raise ParameterError("influence 0 tells the network nothing")
        if self.contrast not in CONTRASTS:
            raise ParameterError(unknown_name("contrast", self.contrast, list(CONTRASTS)))
        if self.feedback not in FEEDBACK:
            raise ParameterError(unknown_name("feedback", self.feedback, list(FEEDBACK)))
        if self.held and self.contrast == "change":
            raise ParameterError("change follows outputs that move: write held=False")
        if self.feedback == "own" and self.contrast != "product":
            raise ParameterError(
                f"{self.contrast} tells the two ends of a synapse apart: what feedback of its own "
                "would learn is the product; write tied or random"
            )

    @property
    def needs(self) -> str:
        """Two phases, and the transpose or feedback that learns."""
        return {"tied": "PT", "own": "MP", "random": "P"}[self.feedback]

    def products(self, sizes: tuple[int, ...]) -> int:
        """Multiplications by a weight for one example: the input once, all others at each step."""
        first, *others = weight_counts(sizes)
        return first + 2 * sum(others) * (self.free + self.second)


class Settled(NamedArrays):
    """A layered network that settles, and learns by the contrast of two phases.

    ``rng`` makes a generator of its own for the first feedback weights and draws nothing.
    """

    def __init__(
        self, net: Layered, row: Settling, rng: np.random.Generator, learning_rate: float = 0.1
    ) -> None:
        self.net, self.row, self.learning_rate = net, row, learning_rate
        (first,) = rng.spawn(1)
        pairs = [] if row.feedback == "tied" else list(pairwise(net.sizes[1:]))
        self.B = [draw(above, below, first, net.dtype) for below, above in pairs]

    def down(self, k: int) -> Array:
        """Feedback weights that end on hidden layer ``k``, (n above, n_k)."""
        return self.B[k] if self.B else self.net.w[k + 1].T

    def rates(self, states: list[Array], held: Array | None = None) -> list[Array]:
        """Rates of all layers; those of the output where they are held."""
        r = [self.net.rate(k, s) for k, s in enumerate(states)]
        return r if held is None else [*r[:-1], held]

    def relax(
        self,
        states: list[Array],
        drive: Array,
        steps: int,
        *,
        held: Array | None = None,
        pulled: tuple[float, Array] | None = None,
        watch: Callable[[list[Array], list[Array]], None] | None = None,
    ) -> list[Array]:
        """States after some steps, all layers at once.

        drive : of the input and biases, (batch, n_1); held : rates of the output; pulled :
        influence and target; watch : sees the rates before and after every step.
        """
        net, row, r = self.net, self.row, self.rates(states, held)
        for _ in range(steps):
            moved: list[Array] = []
            for k, s in enumerate(states):
                field = (drive if k == 0 else r[k - 1] @ net.w[k] + net.b[k]) - s
                if k < len(states) - 1:
                    field += row.gain * (r[k + 1] @ self.down(k))
                elif pulled:
                    field += pulled[0] * (pulled[1] - r[-1])
                moved.append(s + row.epsilon * field)
            states, before, r = moved, r, self.rates(moved, held)
            if watch:
                watch(before, r)
        return states

    def settle(self, inputs: Array) -> tuple[list[Array], Array]:
        """Free states of a batch, from rest, and the constant drive of its first layer."""
        net = self.net
        drive = np.asarray(inputs, net.dtype) @ net.w[0] + net.b[0]
        rest = [np.zeros((len(inputs), n), net.dtype) for n in net.sizes[1:]]
        return self.relax(rest, drive, self.row.free), drive

    def contrasts(self, inputs: Array, targets: Array) -> tuple[list[Array], list[Array], Array]:
        """What weights (pre, post) and biases (post,) learn, summed, and the free answers."""
        row, x = self.row, np.asarray(inputs, self.net.dtype)
        free, drive = self.settle(x)
        minus = self.rates(free)
        passed: list[Array] = [np.zeros_like(w) for w in self.net.w]

        def collect(before: list[Array], after: list[Array]) -> None:
            for k, pre in enumerate(before[:-1], start=1):
                passed[k] += pre.T @ (after[k] - before[k])

        held = minus[-1] + row.influence * (targets - minus[-1]) if row.held else None
        plus_states = self.relax(
            free,
            drive,
            row.second,
            held=held,
            pulled=None if row.held else (row.influence, targets),
            watch=collect if row.contrast == "change" else None,
        )
        plus = self.rates(plus_states, held)
        changes = [a - b for a, b in zip(plus, minus)]
        if row.contrast == "change":
            found = [x.T @ changes[0], *passed[1:]]  # the input stays as it is: its sum telescopes
        elif row.contrast == "presynaptic":
            found = [pre.T @ moved for pre, moved in zip([x, *minus], changes)]
        else:
            pairs = zip([x, *plus], plus, [x, *minus], minus)
            found = [a.T @ b - c.T @ d for a, b, c, d in pairs]
        undone = [row.gain ** (k + 1 - len(free)) / row.influence for k in range(len(free))]
        weights = [each * size for each, size in zip(found, undone)]
        biases = [each.sum(axis=0) * size for each, size in zip(changes, undone)]
        return weights, biases, minus[-1]

    def learn(self, inputs: Array, targets: Array, strength: float = 1.0) -> Array:
        """One update; the free answers before it, (batch, n)."""
        targets = np.asarray(targets, self.net.dtype)
        weights, biases, answers = self.contrasts(inputs, targets)
        rate = self.net.dtype(strength * self.learning_rate / len(inputs))
        for w, b, dw, db in zip(self.net.w, self.net.b, weights, biases):
            w += rate * dw
            b += rate * db
        if self.row.feedback == "own":
            for b, dw in zip(self.B, weights[1:]):
                b += rate * dw.T
        return answers

    def answer(self, inputs: Array) -> Array:
        """Free outputs, (batch, n)."""
        return self.rates(self.settle(inputs)[0])[-1]

    def arrays(self) -> dict[str, Array]:
        """Weights, biases, feedback."""
        names = layer_names(len(self.net.w))
        found: dict[str, Array] = {}
        for (pre, post), w, b in zip(pairwise(names), self.net.w, self.net.b):
            found |= {f"{pre}_to_{post}": w, f"bias_to_{post}": b}
        down = [f"{above}_to_{below}" for below, above in pairwise(names[1:])]
        return found | dict(zip(down, self.B))

    def generators(self) -> list[np.random.Generator]:
        """The network's, for units that are random."""
        return [self.net.rng]

    def learning(self) -> list[str]:
        """Weights up and biases, and feedback of its own."""
        names = list(self.arrays())
        return names if self.row.feedback == "own" else names[: 2 * len(self.net.w)]
