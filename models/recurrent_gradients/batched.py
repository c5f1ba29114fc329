"""Batches of sequences, and a network that learns from them by one of the rules.

All rules are one product, dW = sum over steps and sequences of l u_t^T (c_t f'_t), and differ in
c_t, what a unit's step is held to be worth, with q_t = B error_t::

    c_t = q_t + c_{t+1} J_{t+1}^T     through time; c = 0 where a block begins if it is truncated
    c_t = q_t + (1 - l) c_{t+1}       local: the trace of each synapse, summed from the end
    c_t = g_t nu_t/p1_t               unbiased: g_t = A_t . q_t + g_{t+1}/p0_{t+1}
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bioplaus.layered.adam import Adam
from bioplaus.layered.learner import NamedArrays
from bioplaus.models.recurrent_gradients.network import Floats, RateNetwork
from bioplaus.models.recurrent_gradients.online import ratio
from bioplaus.neurons.cell import ShapeError

__all__ = ["RULES", "Judge", "Learner", "Seen", "States", "projections"]

RULES = ("through time", "truncated", "local", "random local", "unbiased", "none")


class Judge(NamedTuple):
    """How the readout is judged: in the last ``window`` steps, by half its squared error, summed,
    or, where classes are told apart, by the mean cross entropy."""

    window: int
    classes: bool


class States(NamedTuple):
    """What a network did with a batch; steps first, then sequences.

    heard : (T, batch, n + inputs + 1); slope, a : (T, batch, n); y : (T, batch, outputs).
    """

    heard: Floats
    slope: Floats
    a: Floats
    y: Floats


class Seen(NamedTuple):
    """outputs : (batch, outputs), as answered; loss : mean of a sequence."""

    outputs: Floats
    loss: float


def projections(gradient: Floats, units: int) -> dict[str, Floats]:
    """The rows of weights onto the units apart: from units and from inputs."""
    return {"units_to_units": gradient[:units], "input_to_units": gradient[units:-1]}


class Learner(NamedArrays):
    """Weights, feedback and moments of one network under training; Adam moves the weights.

    Parameters
    ----------
    window
        Steps of a block, where credit is truncated.
    rng
        Draws the feedback, then the signs of the unbiased rule.

    Raises
    ------
    ValueError
        For a rule that there is not.
    """

    def __init__(
        self,
        network: RateNetwork,
        rule: str,
        judge: Judge,
        rng: np.random.Generator,
        *,
        learning_rate: float = 0.01,
        window: int = 5,
    ) -> None:
        if rule not in RULES:
            raise ValueError(f"no rule {rule!r}; there are {', '.join(RULES)}")
        self.rule, self.judge, self.leak, self.window = rule, judge, network.leak, window
        self.learning_rate, self._rng = learning_rate, rng
        self._now = {"weights": network.weights.copy(), "readout": network.readout.copy()}
        drawn = rng.standard_normal(network.readout.shape) / np.sqrt(network.units)
        self._feedback = drawn if rule == "random local" else None
        self._adam = Adam(self._now)

    @property
    def network(self) -> RateNetwork:
        """As it is now."""
        return RateNetwork(self._now["weights"], self._now["readout"], self.leak)

    def show(self, x: Floats) -> States:
        """Sequences (batch, T, inputs) from rest.

        Raises
        ------
        ShapeError
            For other inputs than the network has, or sequences shorter than what is judged.
        """
        net = self.network
        if x.shape[2] != len(net.weights) - net.units - 1 or x.shape[1] < self.judge.window:
            raise ShapeError(
                f"sequences (batch, T, inputs) are {x.shape}, where the network has "
                f"{len(net.weights) - net.units - 1} inputs and judges {self.judge.window} steps"
            )
        batch, steps, _ = x.shape
        heard = np.ones((steps, batch, len(net.weights)))
        heard[:, :, net.units : -1] = x.swapaxes(0, 1)
        drive = heard[:, :, net.units :] @ net.weights[net.units :]
        a, slope = np.zeros((2, steps, batch, net.units))
        now = np.zeros((batch, net.units))
        for t in range(steps):
            heard[t, :, : net.units] = now
            rate = np.tanh(now @ net.recurrent + drive[t])
            slope[t] = 1 - rate**2
            now = a[t] = (1 - self.leak) * now + self.leak * rate
        return States(heard, slope, a, a @ net.readout)

    def judged(self, y: Floats, target: Floats) -> tuple[Floats, float]:
        """Error (T, batch, outputs), 0 before the window, and the mean loss of a sequence.

        target : (batch, T, outputs), one-hot where classes are told apart.
        """
        error, last = np.zeros_like(y), slice(len(y) - self.judge.window, None)
        wanted = target.swapaxes(0, 1)[last]
        if not self.judge.classes:
            error[last] = y[last] - wanted
            return error, 0.5 * float(np.sum(error**2)) / y.shape[1]
        share = np.exp(y[last] - y[last].max(axis=-1, keepdims=True))
        share /= share.sum(axis=-1, keepdims=True)
        error[last] = (share - wanted) / self.judge.window
        return error, -float(np.sum(np.log(share) * wanted)) / (self.judge.window * y.shape[1])

    def gradients(self, x: Floats, target: Floats) -> tuple[Seen, dict[str, Floats]]:
        """What was seen, and mean over sequences of what the rule descends, by name."""
        seen = self.show(x)
        error, loss = self.judged(seen.y, target)
        found = {"readout": np.einsum("tbn,tbk->nk", seen.a, error) / len(x)}
        if self.rule != "none":
            back = self._now["readout"] if self._feedback is None else self._feedback
            c = self._worth(seen, error @ back.T) * seen.slope
            heard = seen.heard.reshape(-1, seen.heard.shape[2])
            found["weights"] = heard.T @ c.reshape(-1, c.shape[2]) * (self.leak / len(x))
        return Seen(self._answer(seen), loss), found

    def learn(self, x: Floats, target: Floats, strength: float = 1.0) -> Seen:
        """One update; returns what was seen before it."""
        seen, found = self.gradients(x, target)
        self._adam.move(self._now, found, strength * self.learning_rate)
        return seen

    def answer(self, x: Floats) -> Floats:
        """Mean of the readout over what is judged, (batch, outputs)."""
        return self._answer(self.show(x))

    def _answer(self, states: States) -> Floats:
        return np.asarray(states.y[-self.judge.window :].mean(axis=0))

    def _worth(self, seen: States, q: Floats) -> Floats:
        """What a unit's step is held to be worth, (T, batch, n)."""
        if self.rule == "unbiased":
            return self._unbiased(seen, q)
        steps, recurrent = len(q), self.network.recurrent
        block = self.window if self.rule == "truncated" else steps
        c = q.copy()
        for t in range(steps - 2, -1, -1):
            if (t + 1) % block == 0:
                continue
            c[t] += (1 - self.leak) * c[t + 1]
            if self.rule in ("through time", "truncated"):
                c[t] += self.leak * (seen.slope[t + 1] * c[t + 1]) @ recurrent.T
        return c

    def _unbiased(self, seen: States, q: Floats) -> Floats:
        """The same by one vector A and one number a step; what B holds is summed from the end.

        The size of B, which only balances noise, is taken as if its terms were at right angles.
        """
        steps, batch, n = q.shape
        signs = self._rng.choice((-1.0, 1.0), q.shape)
        a, size = np.zeros((batch, n)), np.zeros(batch)
        worth, p0, p1 = np.zeros((3, steps, batch))
        recurrent = self.network.recurrent
        for t in range(steps):
            passed_on = (1 - self.leak) * a + self.leak * (a @ recurrent) * seen.slope[t]
            immediate = self.leak * np.linalg.norm(seen.heard[t], axis=1)
            immediate *= np.linalg.norm(seen.slope[t], axis=1)
            p0[t] = ratio(np.sqrt(size), np.linalg.norm(passed_on, axis=1))
            p1[t] = ratio(immediate, np.full(batch, np.sqrt(n)))
            a = p0[t, :, None] * passed_on + p1[t, :, None] * signs[t]
            size = size / p0[t] ** 2 + (immediate / p1[t]) ** 2
            worth[t] = np.sum(a * q[t], axis=1)
        for t in range(steps - 2, -1, -1):
            worth[t] += worth[t + 1] / p0[t + 1]
        return np.asarray((worth / p1)[:, :, None] * signs)

    def arrays(self) -> dict[str, Any]:
        """Weights, feedback, moments and the number of updates."""
        moments = self._adam.state()
        kept = {**self._now, "updates": moments["steps"]}
        for kind in ("means", "squares"):
            kept |= {f"{kind} {name}": array for name, array in moments[kind].items()}
        return kept | ({} if self._feedback is None else {"feedback": self._feedback})

    def generators(self) -> list[np.random.Generator]:
        """What draws the signs of the unbiased rule."""
        return [self._rng]

    def learning(self) -> list[str]:
        """All weights onto the units as one matrix, and the readout."""
        return ["weights", "readout"]
