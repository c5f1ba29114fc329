"""The steady-state form for mini-batches: one sweep up, one down (Sacramento 2018, section 3.4).

Upward, every area takes its free potential; then the output is nudged, and each area below, from
the top, receives what its interneurons could not explain.  Upward potentials are attenuated as a
free network's are (``u_k = attenuation v_basal,k``), so that a self-predicting network is apically
silent at any depth; taken literally, the paper's upward sweep (``u_k = v_basal,k``) is not.

All plasticity uses the presynaptic rates of the upward sweep: with those of the downward sweep,
which have seen the target, areas above a frozen one learn from contaminated rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.layered.learner import NamedArrays
from bioplaus.models.sacramento.mixing import Mixing, mixing
from bioplaus.models.sacramento.parameters import TwoSweep, area_sizes, rate_list
from bioplaus.models.sacramento.small_batches import add_products, weighted_sums
from bioplaus.models.sacramento.weights import ends_of_pathways, scaled_weights
from bioplaus.neurons.rate_transfer import TRANSFERS

__all__ = ["Swept", "TwoSweepNetwork"]

Matrix = NDArray[np.floating]
MOMENTS_EVERY = 200
"""Updates after which the interneurons' stability figure is measured again."""
WITH_TEACHER, WITHOUT = 0, 1
"""Two kinds of updates, each with a count of its own."""


@dataclass
class Swept:
    """One batch after both sweeps; position k - 1 holds hidden area k.

    rate : areas 0..N, of the upward sweep; u_free : areas 1..N
    error : areas 1..N; error_interneuron, rate_interneuron, v_apical, rate_above : hidden areas
    """

    rate: list[Matrix]
    u_free: list[Matrix]
    error: list[Matrix]
    error_interneuron: list[Matrix]
    rate_interneuron: list[Matrix]
    v_apical: list[Matrix]


class TwoSweepNetwork(NamedArrays):
    """Weights of one microcircuit and its two sweeps; matrices are (n_post, n_pre).

    As a :class:`~bioplaus.layered.learner.Learner` it gives them as (pre, post), by the names that
    they have in the network.

    Attributes
    ----------
    forward, forward_bias
        Areas 1..N, at position k - 1.
    interneuron, interneuron_bias, top_down, lateral
        Hidden areas 1..N-1.  ``lateral`` is ``-top_down`` unless it learns.
    forward_rates, interneuron_rates, interneuron_gain
        Learning rates of an update at full strength, and the gain of the interneuron loop.
    """

    def __init__(
        self,
        p: TwoSweep,
        rng: np.random.Generator,
        images: Matrix,
        rest: Matrix,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        """Draw weights.

        images : (some, n_0), the rates on which the start is scaled; rest : (n_N,), the output
        potentials from which learning starts.
        """
        self.parameters = p
        self.mix: Mixing = mixing(p)
        self.phi = TRANSFERS[p.transfer]
        self.dtype = dtype
        self.sizes = area_sizes(p)
        first = scaled_weights(p, rng, np.asarray(images, dtype=float), rest, dtype)
        self.forward, self.forward_bias = list(first.forward), list(first.forward_bias)
        self.top_down, self.lateral = list(first.top_down), list(first.lateral)
        self.interneuron = list(first.interneuron)
        self.interneuron_bias = list(first.interneuron_bias)
        self.mean_square = np.zeros(len(self.sizes) - 2)
        self._updates = np.zeros(2, np.int64)
        self.set({"base_rates": p.base_rates})

    # What it answers as a learner

    def arrays(self) -> dict[str, Any]:
        """Weights as (pre, post), biases, and what the next update depends on besides."""
        found = {"mean_square": self.mean_square, "updates": self._updates}
        for pathway, ends in ends_of_pathways(self.parameters).items():
            for k, (pre, post) in enumerate(ends):
                found[f"{pre}_to_{post}"] = getattr(self, pathway)[k].T
                if pathway in ("forward", "interneuron"):
                    found[f"bias_to_{post}"] = getattr(self, f"{pathway}_bias")[k]
        return found

    def generators(self) -> list[np.random.Generator]:
        """None: an update draws nothing."""
        return []

    def learning(self) -> list[str]:
        """Names of the weights and biases whose rate is not 0."""
        found, rates = [], self._rates()
        for pathway, ends in ends_of_pathways(self.parameters).items():
            for (pre, post), rate in zip(ends, rates.get(pathway, ())):
                if rate > 0:
                    found.append(f"{pre}_to_{post}")
                    if pathway in ("forward", "interneuron"):
                        found.append(f"bias_to_{post}")
        return found

    def _rates(self) -> dict[str, Sequence[float]]:
        """Of every projection, by pathway; interneurons learn below areas that learn."""
        p, hidden = self.parameters, len(self.top_down)
        return {
            "forward": self.forward_rates,
            "interneuron": self.forward_rates[1:],
            "lateral": [p.lateral_rate] * hidden,
            "top_down": [p.top_down_rate] * hidden,
        }

    def answer(self, inputs: Matrix) -> Matrix:
        """Free potentials of the output, (batch, n_N)."""
        return self.upward(inputs)[1][-1]

    def set(self, values: Mapping[str, Any]) -> None:
        """Set forward rates: ``base_rates`` over the gain with which an error reaches each area.

        The gain is the dilution by nudging and mixing, ``lambda_N [(1 - lambda_I) lambda_A]^(N-k)``
        (Sacramento 2018: inverse mixing factors), times the top-down scale for each area below the
        output, times the attenuation.
        """
        last = len(self.sizes) - 1
        base, mix = rate_list("base_rates", values["base_rates"], last), self.mix
        step = (1 - mix.lambda_interneuron) * mix.lambda_apical * self.parameters.top_down_scale
        self.forward_rates = [
            base[k - 1] / (mix.lambda_output * step ** (last - k) * mix.attenuation(k))
            for k in range(1, last + 1)
        ]

    # Sweeps

    def upward(self, images: Matrix) -> tuple[list[Matrix], list[Matrix]]:
        """Rates of areas 0..N and potentials of areas 1..N, all (batch, n_k), without a target."""
        rate, u = [np.ascontiguousarray(images, dtype=self.dtype)], []
        for k, (w, bias) in enumerate(zip(self.forward, self.forward_bias), start=1):
            u.append(self.dtype(self.mix.attenuation(k)) * self._sums(w, rate[-1], bias))
            rate.append(self.phi(u[-1]))
        return rate, u

    def sweep(self, images: Matrix, targets: Matrix | None) -> Swept:
        """Both sweeps; ``targets`` are potentials (batch, n_N), none leaves the output free."""
        mix = self.mix
        lam_ip, lam_a = self.dtype(mix.lambda_interneuron), self.dtype(mix.lambda_apical)
        rate, u = self.upward(images)
        hidden = len(self.top_down)
        u_above, rate_above = u[-1], rate[-1]
        if targets is not None:
            u_above = u_above + self.dtype(mix.lambda_output) * (targets - u_above)
            rate_above = self.phi(u_above)
        error: list[Matrix] = [rate_above - rate[-1]] * (hidden + 1)
        error_ip: list[Matrix] = [error[0]] * hidden
        rate_ip, v_apical = list(error_ip), list(error_ip)
        for k in reversed(range(hidden)):
            predicted = self.dtype(mix.interneuron) * self._sums(
                self.interneuron[k], rate[k + 1], self.interneuron_bias[k]
            )
            rate_ip[k] = self.phi(predicted + lam_ip * (u_above - predicted))
            error_ip[k] = rate_ip[k] - self.phi(predicted)
            v_apical[k] = self._apical(k, rate_above, rate_ip[k])
            u_above = u[k] + lam_a * v_apical[k]
            rate_above = self.phi(u_above)
            error[k] = rate_above - rate[k + 1]
        return Swept(rate, u, error, error_ip, rate_ip, v_apical)

    def learn(self, inputs: Matrix, targets: Matrix, strength: float = 1.0) -> Matrix:
        """Both sweeps and one update of all plastic weights by their mean over the batch.

        strength : factor of the rates (they decay).  Returns the free potentials of the output.
        """
        p = self.parameters
        done = self.sweep(inputs, targets)
        self._measure(done, WITH_TEACHER)
        for k, eta in enumerate(self.forward_rates):
            self._move(
                self.forward[k], self.forward_bias[k], done.error[k], done.rate[k], strength * eta
            )
        for k, eta in enumerate(self.interneuron_rates(strength)):
            w, bias = self.interneuron[k], self.interneuron_bias[k]
            self._move(w, bias, done.error_interneuron[k], done.rate[k + 1], eta)
        for k in range(len(self.top_down)):
            if p.lateral_rate > 0:
                add_products(
                    self.lateral[k], -done.v_apical[k], done.rate_interneuron[k], p.lateral_rate
                )
            if p.top_down_rate > 0:
                unexplained = done.rate[k + 1] - self.phi(
                    self._sums(self.top_down[k], done.rate[k + 2])
                )
                add_products(self.top_down[k], unexplained, done.rate[k + 2], p.top_down_rate)
        return done.u_free[-1]

    def learn_silence(self, images: Matrix) -> None:
        """One update without a teacher, of what silences the dendrites and of nothing else.

        Interneurons and (if they are plastic) W^PI learn with half the largest gain.  This leads
        random weights to the self-predicting state before forward plasticity, to which the
        unexplained top-down input would be an error, can drive the cells into saturation.
        """
        done = self.sweep(images, None)
        self._measure(done, WITHOUT)
        gain = self.parameters.interneuron_gain / 2
        for k, square in enumerate(self.mean_square.tolist()):
            w, bias = self.interneuron[k], self.interneuron_bias[k]
            eta = gain / self._gain_slope(square)
            self._move(w, bias, done.error_interneuron[k], done.rate[k + 1], eta)
            if self.parameters.lateral_rate > 0:
                rate = done.rate_interneuron[k]
                eta = gain / float((rate * rate).sum(axis=1).mean())
                add_products(self.lateral[k], -done.v_apical[k], rate, eta)

    def backpropagated(self, done: Swept) -> list[Matrix]:
        """Errors of areas 1..N if the output error of a sweep went down by backpropagation."""
        error = [done.error[-1]]
        for k in reversed(range(1, len(self.forward))):
            below = error[0] @ self.forward[k]
            error.insert(0, below * self.phi.slope(done.u_free[k - 1]))
        return error

    def interneuron_rates(self, strength: float = 1.0) -> list[float]:
        """Rates that carry the interneurons along with the forward weights above, capped.

        Below a frozen area they are 0: interneurons that learn there explain the teacher away.
        """
        mix, rates = self.mix, []
        for k, square in enumerate(self.mean_square.tolist()):
            factor = mix.self_predicting_factor(k + 1)
            carried = strength * self.forward_rates[k + 1] * factor / mix.lambda_interneuron
            rates.append(min(carried, self.parameters.interneuron_gain / self._gain_slope(square)))
        return rates

    def interneuron_gains(self, strength: float = 1.0) -> list[float]:
        """Stability figure of each interneuron loop: above 2 it diverges."""
        rates, squares = self.interneuron_rates(strength), self.mean_square.tolist()
        return [rate * self._gain_slope(square) for rate, square in zip(rates, squares)]

    def _measure(self, done: Swept, kind: int) -> None:
        if self._updates[kind] % MOMENTS_EVERY == 0:
            self.mean_square[:] = [float((r * r).sum(axis=1).mean()) for r in done.rate[1:-1]]
        self._updates[kind] += 1

    def _gain_slope(self, square: float) -> float:
        extended = square + self.parameters.bias_rate**2
        return max(self.mix.lambda_interneuron * self.phi.steepest * extended, 1e-30)

    def _apical(self, k: int, rate_above: Matrix, rate_ip: Matrix) -> Matrix:
        fixed = self.parameters.lateral_rate == 0 and self.parameters.self_predicting
        if fixed:  # W^PI = -W_(k,k+1): one product instead of two
            return self._sums(self.top_down[k], rate_above - rate_ip)
        return self._sums(self.top_down[k], rate_above) + self._sums(self.lateral[k], rate_ip)

    def _sums(self, w: Matrix, rates: Matrix, bias: Matrix | None = None) -> Matrix:
        scale = self.dtype(self.parameters.bias_rate)
        added = np.zeros(len(w), self.dtype) if bias is None else scale * bias
        return weighted_sums(w, rates, added, np.empty((len(rates), len(w)), self.dtype))

    def _move(self, w: Matrix, bias: Matrix, error: Matrix, rate: Matrix, eta: float) -> None:
        if eta > 0:
            add_products(w, error, rate, eta)
            bias += self.dtype(eta * self.parameters.bias_rate) * error.mean(axis=0)
