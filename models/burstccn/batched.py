"""The discrete rate model for mini-batches: events up, bursts down, weights (Greedy 2022).

The paper defines its image results in this form.  One unit is an ensemble of cells with event
rate e and burst rate b = p e, both in units of the largest rate:

    v_l = e_(l-1) W_l' + c_l,  e_l = sigma(v_l)
    p_L = p_b [1 + kappa (t - e_L) h(e_L)],  h(e) = sigma'(v) / e = 1 - e
    u_l = b_(l+1) Y_l - e_(l+1) Q_l
    p_l = 2 p_b sigma((2 / p_b) u_l h(e_l))
    dW_l = eta_W [(p_l - p_b) e_l]' e_(l-1) / batch

For p_b = 0.5 the burst probability is the paper's sigma(4 u h).  Signs: positive u makes bursts
more likely, so Y = W_(l+1) is symmetric feedback and Q = p_b Y cancels it at rest.  Batches are
rows: e : (batch, units), W : (units, units below), Y and Q : (units above, units).

NumPy's vectorised exponentials and one BLAS product for each weight array; the update is the
product's own accumulation, so that no array of the size of W is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg.blas import get_blas_funcs

from bioplaus.layered.learner import NamedArrays, layer_names
from bioplaus.models.burstccn.first_weights import first_weights
from bioplaus.models.burstccn.parameters import Discrete, check_discrete

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

__all__ = ["BatchedNetwork", "burst_change"]


class BatchedNetwork(NamedArrays):
    """Layers of ensembles with feedback weights.

    Parameters
    ----------
    p
        Setting; hidden layers have ``p.hidden`` units.
    inputs, outputs
        Number of input rates and of classes.
    rng
        Draws weights, and the noise of a noisy forward pass.

    Attributes
    ----------
    W, c : lists of (units, units below) and (units,), first hidden layer first
    Y : list of (units above, units), one for each hidden layer
    Q : the same, or None while Q = p_b Y holds exactly; then b Y - e Q is one product
    e : event rates of the last forward pass, input first, (batch, units)
    received : those rates as the layer above received them, noise included
    learning_rate : of a full strength
    """

    def __init__(self, p: Discrete, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        check_discrete(p)
        self.p, self.rng, self.dtype = p, rng, np.dtype(p.precision)
        self.learning_rate = p.learning_rate
        sizes = [inputs, *[p.hidden] * p.hidden_layers, outputs]
        self.W, self.Y, self.Q = first_weights(p, sizes, rng)
        self.c = [np.zeros(units, self.dtype) for units in sizes[1:]]
        self.e: list[Array] = []
        self.received: list[Array] = []
        self._gemm = get_blas_funcs("gemm", dtype=self.dtype)
        momentum = p.momentum > 0
        self.velocity = [np.zeros_like(w) for w in self.W] if momentum else []
        self.velocity_c = [np.zeros_like(c) for c in self.c] if momentum else []

    def set_feedback(self, Y: Sequence[Array], Q: Sequence[Array] | None) -> None:
        """Replace the feedback weights; ``Q`` None stands for p_b Y.

        Raises
        ------
        ValueError
            If an array has not the shape of the weights that it runs against.
        """
        for name, arrays in (("Y", Y), ("Q", Q)):
            for layer, w in enumerate(self.W[1:]):
                if arrays is not None and np.shape(arrays[layer]) != w.shape:
                    raise ValueError(
                        f"{name} of hidden layer {layer + 1} has shape "
                        f"{np.shape(arrays[layer])}; feedback runs against W and has its shape, "
                        f"(units above, units) = {w.shape}"
                    )
        self.Y = [np.ascontiguousarray(y, self.dtype) for y in Y]
        self.Q = None if Q is None else [np.ascontiguousarray(q, self.dtype) for q in Q]

    # -- the three passes ------------------------------------------------------------------
    def forward(self, x: Array, *, noisy: bool = False) -> Array:
        """Event rates of every layer for ``x : (batch, inputs)``; returns those of the output.

        Noise is added to the rates as a layer receives them, and its synapses learn from these; the
        ways down carry the rates themselves.

        Raises
        ------
        ValueError
            For an empty batch.
        """
        if len(x) == 0:
            raise ValueError("a batch of size zero has no mean; present at least one example")
        self.e, self.received = [np.ascontiguousarray(x, self.dtype)], []
        for w, c in zip(self.W, self.c, strict=True):
            below = self.e[-1]
            if noisy and self.p.input_noise:
                noise = self.rng.standard_normal(below.shape, dtype=self.dtype)
                below = below + self.dtype.type(self.p.input_noise) * noise
            self.received.append(below)
            v = below @ w.T
            v += c
            self.e.append(_logistic(v))
        return self.e[-1]

    def output_change(self, target: Array) -> Array:
        """Teacher's change of the output burst rate, b_L - p_b e_L : (batch, outputs)."""
        e = self.e[-1]
        scale = self.dtype.type(self.p.baseline * self.p.error_scale)
        return np.asarray(scale * (target - e) * (1 - e) * e, self.dtype)

    def apical(self, layer: int, change: Array) -> Array:
        """Apical potential u of hidden ``layer`` (0 is the first) : (batch, units).

        ``change`` is b - p_b e of the layer above.
        """
        if self.Q is None:
            return change @ self.Y[layer]
        above = self.e[layer + 2]
        bursts = change + self.dtype.type(self.p.baseline) * above
        return bursts @ self.Y[layer] - above @ self.Q[layer]

    def changes(self, target: Array | None) -> list[Array]:
        """Change of burst rate b - p_b e in every layer, first hidden layer first; nothing learns.

        ``target : (batch, outputs)``, or None for no teacher.
        """
        return self._passed_down(target, self.apical)

    def backward(self, target: Array | None) -> list[Array]:
        """The same, while homeostatic feedback weights learn from the potentials they cause."""
        learning = {"homeostatic y": self._moving_y, "homeostatic q": self._moving_q}
        return self._passed_down(target, learning.get(self.p.feedback_rule, self.apical))

    def _passed_down(
        self, target: Array | None, potential: Callable[[int, Array], Array]
    ) -> list[Array]:
        changes = [np.zeros_like(self.e[-1]) if target is None else self.output_change(target)]
        for layer in reversed(range(self.p.hidden_layers)):
            u = potential(layer, changes[0])
            changes.insert(0, burst_change(u, self.e[layer + 1], self.p.baseline))
        return changes

    def _moving_q(self, layer: int, change: Array) -> Array:
        """The apical potential, which Q is moved to cancel."""
        u = self.apical(layer, change)
        assert self.Q is not None
        self._accumulate(self.Q[layer], self.p.feedback_rate, self.e[layer + 2], u)
        return u

    def _moving_y(self, layer: int, change: Array) -> Array:
        """Sum of the branch potentials; each branch moves its own Y towards silence."""
        p, Y = self.p, self.Y[layer]
        Q = self.Q[layer] if self.Q is not None else p.baseline * Y
        above = self.e[layer + 2]
        bursts = change + self.dtype.type(p.baseline) * above
        total = np.zeros((len(change), Y.shape[1]), self.dtype)
        for group in np.array_split(np.arange(len(Y)), min(p.branches, len(Y))):
            part = slice(group[0], group[-1] + 1)
            u = bursts[:, part] @ Y[part] - above[:, part] @ Q[part]
            rate = p.feedback_rate * np.sqrt(len(Y) / len(group))
            self._accumulate(Y[part], -rate, bursts[:, part], u)
            total += u
        return total

    def references(self, target: Array, feedback: Sequence[Array]) -> list[Array]:
        """Linear errors -dE/dv of every layer, E = |e_L - t|^2 / 2, sent down by ``feedback``.

        ``feedback`` = ``W[1:]`` is backpropagation, = ``Y`` feedback alignment.
        """
        e = self.e[-1]
        errors: list[Array] = [(target - e) * e * (1 - e)]
        for layer in reversed(range(self.p.hidden_layers)):
            e = self.e[layer + 1]
            errors.insert(0, (errors[0] @ feedback[layer]) * e * (1 - e))
        return errors

    # -- learning --------------------------------------------------------------------------
    def update(self, changes: Sequence[Array], learning_rate: float) -> None:
        """Move W and c (and Kolen-Pollack Y) along ``changes``, b - p_b e of every layer."""
        transported = self.p.feedback_rule == "kolen-pollack"
        for layer, change in enumerate(changes):
            below, rate, mean = self.received[layer], learning_rate, change.mean(axis=0)
            if self.velocity:
                self._accumulate(self.velocity[layer], 1.0, change, below, self.p.momentum)
                self.velocity_c[layer] *= self.p.momentum
                self.velocity_c[layer] += mean
                mean = self.velocity_c[layer]
            moved = [self.W[layer], *([self.Y[layer - 1]] if transported and layer else [])]
            for weights in moved:
                if self.velocity:
                    weights *= 1 - self.p.decay
                    weights += self.dtype.type(rate) * self.velocity[layer]
                else:
                    self._accumulate(weights, rate, change, below, 1 - self.p.decay)
            self.c[layer] += self.dtype.type(rate) * mean

    def _accumulate(
        self, weights: Array, rate: float, post: Array, pre: Array, kept: float = 1.0
    ) -> None:
        """weights <- kept * weights + rate * post' pre / batch, in place, by one product."""
        # Row-major arrays are, to BLAS, transposed column-major ones: nothing is copied.
        moved = self._gemm(
            rate / len(post), pre.T, post.T, beta=kept, c=weights.T, trans_b=True, overwrite_c=True
        )
        if not np.shares_memory(moved, weights):
            weights[...] = moved.T

    def learn(self, inputs: Array, targets: Array, strength: float = 1.0) -> Array:
        """One update from ``inputs : (batch, inputs)``, ``targets : (batch, outputs)``.

        Returns the output rates before the update.
        """
        output = self.forward(inputs, noisy=True)
        self.update(self.backward(targets), self.learning_rate * strength)
        return output

    def answer(self, inputs: Array) -> Array:
        """Output rates, (batch, outputs), without noise."""
        return self.forward(inputs)

    def arrays(self) -> dict[str, Array]:
        """Every array that the next update depends on, (pre, post), by its projection."""
        names, up, down = self._names()
        found = {name: w.T for name, w in zip(up, self.W)}
        found |= {f"{layer}_bias": c for layer, c in zip(names[1:], self.c)}
        if self.p.feedback != "tied":
            found |= dict(zip(down, self.Y))
        found |= {f"{name}_events": q for name, q in zip(down, self.Q or [])}
        found |= {f"{name}_velocity": v.T for name, v in zip(up, self.velocity)}
        return found | {f"{name}_velocity": v for name, v in zip(names[1:], self.velocity_c)}

    def learning(self) -> list[str]:
        """Ways up and biases, and of the ways down what the rule for feedback changes."""
        names, up, down = self._names()
        learned = {
            "kolen-pollack": down,
            "homeostatic y": down,
            "homeostatic q": [f"{name}_events" for name in down],
        }
        biases = [f"{layer}_bias" for layer in names[1:]]
        return [*up, *biases, *learned.get(self.p.feedback_rule, [])]

    def _names(self) -> tuple[list[str], list[str], list[str]]:
        """Of layers, of projections up and of projections down."""
        names = layer_names(len(self.W))
        up = [f"{below}_to_{above}" for below, above in pairwise(names)]
        return names, up, [f"{above}_to_{below}" for below, above in pairwise(names[1:])]

    def generators(self) -> list[np.random.Generator]:
        """Noise is drawn from it."""
        return [self.rng]


def burst_change(u: Array, e: Array, baseline: float) -> Array:
    """(p - p_b) e for p = 2 p_b sigma((2 / p_b) u (1 - e)); its slope in u is e (1 - e) at rest.

    Written with the hyperbolic tangent, p - p_b = p_b tanh(u (1 - e) / p_b), which is exactly
    zero at u = 0.  u, e : (batch, units).
    """
    x = u * (1 - e)
    x /= x.dtype.type(baseline)
    np.tanh(x, out=x)
    x *= x.dtype.type(baseline)
    x *= e
    return x


def _logistic(v: Array) -> Array:
    """1 / (1 + exp(-v)), overwriting ``v``; as a hyperbolic tangent it cannot overflow."""
    v *= v.dtype.type(0.5)
    np.tanh(v, out=v)
    v += 1
    v *= v.dtype.type(0.5)
    return v
