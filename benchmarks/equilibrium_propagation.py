"""Samples per second of equilibrium propagation, 784-500-10, beside plain NumPy in the same run.

``python -m benchmarks.equilibrium_propagation`` learns the same stretch of MNIST with the batched
form (Numba and BLAS) and with a NumPy implementation of the same steps, one example at a time and
in batches of 20, alternately, on one core; it prints CPU milliseconds per sample and checks that
both end with the same weights.  ``--forms`` times the relatives instead, in the settings of their
rows of results: alone, since nothing else runs them.
"""

from __future__ import annotations

import argparse
import importlib
import time
from typing import Any

import numpy as np

from bioplaus import registry, tasks
from bioplaus.models import vector_field_ep
from bioplaus.parameters import replace
from bioplaus.reproduction.table import Result, results

Array = np.ndarray[Any, Any]
FREE_STEPS, NUDGED_STEPS, EPSILON, INFLUENCE = 20, 4, np.float32(0.5), np.float32(0.5)
RATES = {1: (0.005, 0.0025), 20: (0.1, 0.05)}


class NumpyLearner:
    """The vector-field rule on one hidden layer, written with whole arrays and nothing else."""

    def __init__(self, learner: Any, batch: int) -> None:
        weights = learner.projections
        self.w1, self.w2 = (w.copy() for w in weights.forward)
        self.back = weights.feedback[0].copy()
        self.b1, self.b2 = (b.copy() for b in weights.bias)
        self.batch, self.rates = batch, RATES[batch]

    def train(self, images: Array, labels: Array, order: Array) -> None:
        """Learn the examples in order, from zero states, with a positive influence."""
        one_hot = np.eye(10, dtype=np.float32)
        for some in order.reshape(-1, self.batch):
            self._learn(images[some], one_hot[labels[some]])

    def _learn(self, x: Array, target: Array) -> None:
        drive = x @ self.w1 + self.b1
        h = np.zeros((len(x), 500), np.float32)
        o = np.zeros((len(x), 10), np.float32)
        for _ in range(FREE_STEPS):
            h, o = self._step(drive, h, o, target, np.float32(0))
        free_h, free_o = h, o
        for _ in range(NUDGED_STEPS):
            h, o = self._step(drive, h, o, target, INFLUENCE)
        first, second = (np.float32(rate / (INFLUENCE * len(x))) for rate in self.rates)
        self.w1 += first * (x.T @ (h - free_h))
        self.b1 += first * (h - free_h).sum(axis=0)
        self.w2 += second * (free_h.T @ (o - free_o))
        self.b2 += second * (o - free_o).sum(axis=0)
        self.back += second * (free_o.T @ (h - free_h))

    def _step(
        self, drive: Array, h: Array, o: Array, target: Array, beta: Any
    ) -> tuple[Array, Array]:
        force_h = drive + o @ self.back - h
        force_o = h @ self.w2 + self.b2 - o + beta * (target - o)
        return np.clip(h + EPSILON * force_h, 0, 1), np.clip(o + EPSILON * force_o, 0, 1)


def measure(batch: int, samples: int, repeats: int) -> dict[str, float]:
    """CPU milliseconds per sample of both, best of ``repeats`` alternating stretches."""
    images = tasks.load("mnist")
    x, labels = images.train_images, images.train_labels
    setting = replace(
        vector_field_ep.VectorField(),
        {
            "batch": batch,
            "nudging": "positive",
            "persistent": False,
            "learning_rates": ", ".join(map(str, RATES[batch])),
        },
    )
    learner = vector_field_ep.build_batched(setting, np.random.default_rng(0), 0)
    plain = NumpyLearner(learner, batch)
    learner.train(x, labels, np.arange(batch))  # compiles
    plain.train(x, labels, np.arange(batch))
    times: dict[str, list[float]] = {"batched": [], "numpy": []}
    for repeat in range(repeats):
        order = np.arange(repeat * samples, (repeat + 1) * samples)
        for name, one in (("batched", learner), ("numpy", plain)):
            start = time.process_time()
            one.train(x, labels, order)
            times[name].append((time.process_time() - start) / samples * 1e3)
    gap = float(np.max(np.abs(learner.projections.forward[1] - plain.w2)))
    return {name: min(values) for name, values in times.items()} | {"largest gap": gap}


FORMS = {
    "hard sigmoid, 20 and 4 steps": "h4-independent",
    "shifted sigmoid, 100 and 12 steps": "h7-energy-based-1-hidden",
    "three hidden layers, 20 and 2 x 8 steps": "h6-deep-bounded",
    "P-EP, 30 and 10 steps": "two-phase-even",
    "C-EP, 40 and 15 steps": "continual-tied",
    "C-VF, 40 and 15 steps": "continual-vector-field",
    "spikes, 20 and 4 ticks": "short-phases",
    "spikes, 100 and 50 ticks": "long",
}
"""Rows of results by what is timed."""


def time_form(row: Result, samples: int, repeats: int) -> float:
    """CPU milliseconds per sample of a row's learner on MNIST, least of ``repeats``."""
    page = importlib.import_module(registry.find(row.experiment).module)
    p = replace(page.Settings(), dict(row.full.changes))
    data = tasks.load(p.dataset)
    images, labels = data.part("train")
    learner = page.learner(p, np.random.Generator(np.random.PCG64(1)), data)
    learner.train(images, labels, np.arange(100))  # compiles
    times = []
    for repeat in range(repeats):
        order = np.arange(repeat * samples, (repeat + 1) * samples)
        start = time.process_time()
        learner.train(images, labels, order)
        times.append((time.process_time() - start) / samples * 1e3)
    return min(times)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--samples", type=int, default=2000)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--forms", action="store_true", help="time the relatives")
    chosen = options.parse_args()
    if chosen.forms:
        papers = ("vector_field_ep", "discrete_ep", "spiking_ep")
        rows = {row.id: row for paper in papers for row in results(paper)}
        for title, row in FORMS.items():
            spent = time_form(rows[row], chosen.samples, chosen.repeats)
            print(f"{title:42s}  {spent:6.3f} ms  {spent * 50:6.1f} s an epoch of 50,000")
        return
    print("batch  batched ms  numpy ms  ratio  samples/s  largest weight gap")
    for batch in (1, 20):
        found = measure(batch, chosen.samples, chosen.repeats)
        print(
            f"{batch:5d}  {found['batched']:10.4f}  {found['numpy']:8.4f}"
            f"  {found['numpy'] / found['batched']:5.1f}  {1e3 / found['batched']:9.0f}"
            f"  {found['largest gap']:.1e}"
        )


if __name__ == "__main__":
    main()
