"""Deep learning without weight transport: four rows in the authors' own set-up (Akrout 2019).

As their program has it: 784-500-10 logistic, all 60,000 images in file order, batches of 128,
weights and biases normal with deviation 1/sqrt(pre + post), biases 128 times slower.  Their mirror
correlates rates, not changes of rates, with uniform noise, and never forgets; their "Kolen-Pollack"
run has no decay, so it is adaptive random backpropagation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import analysis
from bioplaus.experiments.error_paths import figures
from bioplaus.layered.error_path import Taught
from bioplaus.layered.network import Layered
from bioplaus.models.error_paths import row
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

BATCH = 128
FEEDBACK = {"backprop": "backprop", "FA": "FA", "Kolen-Pollack": "ARBP", "weight mirror": "FA"}
NOISE, MIRROR_RATE = 0.1, 0.01


@dataclass(frozen=True)
class Settings:
    """One of the four."""

    method: str = parameter("FA", "row of their figure", choices=tuple(FEEDBACK))
    learning_rate: float = parameter(0.2, "step size", symbol="eta", low=0, tunable=True)
    epochs: int = parameter(10, "passes over the images, in file order", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is an epoch; the test images are looked at once, after the last."""
    data = run.load("mnist")
    parts = [data.part(part) for part in ("train", "validation")]
    inputs, labels = (np.concatenate(pair) for pair in zip(*parts))
    taught = _network(p, run)
    run.keep(taught=taught)
    run.live(taught, lambda now: {"learning_rate": now.learning_rate})
    for epoch in run.segments(p.epochs):
        if epoch.first and p.method == "weight mirror":
            for _ in range(len(inputs) // BATCH):
                _mirror(taught)
        wrong = _pass(p, taught, inputs, labels)
        run.check_finite(taught.weights())
        run.log(epoch=epoch.number + 1, training_error=wrong, feedback_angle=_angle(taught))
    pictures, names = data.part(run.part)
    wrong = float((taught.answer(pictures).argmax(axis=1) != names).mean())
    return {f"{run.part}_error": wrong, "feedback_angle": _angle(taught)}


def _network(p: Settings, run: Run) -> Taught:
    """Weights, biases and feedback as the authors draw them."""
    net = Layered((784, 500, 10), run.rng, "logistic", "logistic")
    taught = Taught(net, row(FEEDBACK[p.method]), run.rng, p.learning_rate)
    below, above = net.sizes[0] + net.sizes[1], net.sizes[1] + net.sizes[2]
    drawn = zip((*net.w, *net.b, *taught.way.B), (below, above, below, above, above))
    for array, units in drawn:
        array[...] = run.rng.standard_normal(array.shape) / np.sqrt(units)
    return taught


def _pass(p: Settings, taught: Taught, inputs: Any, labels: Any) -> float:
    """All batches once; the share of wrong answers before their step."""
    targets, wrong = np.eye(10, dtype=np.float32), 0
    for k in range(len(inputs) // BATCH):
        rows = slice(k * BATCH, (k + 1) * BATCH)
        before = [b.copy() for b in taught.net.b]
        answers = taught.learn(inputs[rows], targets[labels[rows]])
        wrong += int((answers.argmax(axis=1) != labels[rows]).sum())
        for b, old in zip(taught.net.b, before):
            b += (old - b) * (1 - 1 / BATCH)
        if p.method == "weight mirror":
            _mirror(taught)
    return wrong / (len(inputs) // BATCH * BATCH)


def _mirror(taught: Taught) -> None:
    """A batch of noise in the hidden layer, correlated with the rates that it gives above."""
    net, noise = taught.net, taught.way.noise
    xi = NOISE * (noise.random((BATCH, 500), np.float32) - np.float32(0.5))
    taught.way.B[0] += np.float32(MIRROR_RATE) * (net.up(xi, 1).h[-1].T @ xi)


def _angle(taught: Taught) -> float:
    """Angle [degrees] between feedback and the transposed weights."""
    return float(analysis.alignment_angle(taught.way.acting(0), taught.net.w[1].T))


FORM = "batched"
FIGURES = {"alignment": figures.alignment}
