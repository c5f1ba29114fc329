"""A restricted Boltzmann machine of image and label, learnt by contrastive divergence."""

from __future__ import annotations

import numpy as np

from bioplaus.layered.carriers import positive
from bioplaus.layered.learner import NamedArrays
from bioplaus.layered.units import UNITS, Array

__all__ = ["Boltzmann"]


class Boltzmann(NamedArrays):
    """Binary units in two layers; ``dW = rate (v p(h) at the data minus after k rounds)``.

    Hinton (2002).  The visible layer is image and label; the answer is the label of least free
    energy.

    Parameters
    ----------
    pixels, classes, hidden
        Numbers of units.
    rounds
        k, of sampling.
    means
        Whether visible units are given by their chances going down, not by samples, which leaves a
        bias that more rounds do not take away.

    Attributes
    ----------
    w, visible_bias, hidden_bias
        (pixels + classes, hidden) normal with deviation 0.01, and zeros.
    """

    def __init__(
        self,
        pixels: int,
        classes: int,
        hidden: int,
        rng: np.random.Generator,
        learning_rate: float = 0.1,
        *,
        rounds: int = 1,
        means: bool = False,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        positive(rounds=rounds, pixels=pixels, classes=classes, hidden=hidden)
        (self.noise,) = rng.spawn(1)
        self.pixels, self.rounds, self.means, self.dtype = pixels, rounds, means, dtype
        self.learning_rate = learning_rate
        self.w: Array = (0.01 * rng.standard_normal((pixels + classes, hidden))).astype(dtype)
        self.hidden_bias: Array = np.zeros(hidden, dtype)
        self.visible_bias: Array = np.zeros(pixels + classes, dtype)

    def contrast(self, visible: Array) -> tuple[Array, Array, Array]:
        """Means over rows (batch, pixels + classes) of what the arrays above learn."""
        first = chances = self._chances(visible @ self.w + self.hidden_bias)
        for _ in range(self.rounds):
            back = self._chances(self._sample(chances) @ self.w.T + self.visible_bias)
            back = back if self.means else self._sample(back)
            chances = self._chances(back @ self.w + self.hidden_bias)
        products = (visible.T @ first - back.T @ chances) / len(visible)
        return products, (visible - back).mean(axis=0), (first - chances).mean(axis=0)

    def learn(self, inputs: Array, targets: Array, strength: float = 1.0) -> Array:
        """One update from images and labels (one of n); the answers before it."""
        answers = self.answer(inputs)
        visible = np.concatenate([inputs, targets], axis=1).astype(self.dtype)
        rate = self.dtype(strength * self.learning_rate)
        arrays = (self.w, self.visible_bias, self.hidden_bias)
        for values, change in zip(arrays, self.contrast(visible)):
            values += rate * change
        return answers

    def answer(self, inputs: Array) -> Array:
        """Minus the free energy beside each label, up to a constant, (batch, classes)."""
        drive = np.asarray(inputs, self.dtype) @ self.w[: self.pixels] + self.hidden_bias
        labels, bias = self.w[self.pixels :], self.visible_bias[self.pixels :]
        return np.logaddexp(0, drive[:, None] + labels).sum(axis=2) + bias

    def arrays(self) -> dict[str, Array]:
        """Weights and both biases."""
        biases = {"bias_to_visible": self.visible_bias, "bias_to_hidden": self.hidden_bias}
        return {"visible_to_hidden": self.w, **biases}

    def generators(self) -> list[np.random.Generator]:
        """That of the samples."""
        return [self.noise]

    def learning(self) -> list[str]:
        """All of them."""
        return list(self.arrays())

    def products(self, sizes: tuple[int, ...]) -> int:
        """Multiplications by a weight for one example: up, and each round down and up."""
        return self.w.size * (1 + 2 * self.rounds)

    def _sample(self, chances: Array) -> Array:
        return (self.noise.random(chances.shape, np.float32) < chances).astype(self.dtype)

    def _chances(self, drive: Array) -> Array:
        return UNITS["logistic"].rate(drive, self.noise)
