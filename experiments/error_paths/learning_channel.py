"""Random backpropagation and the deep learning channel: its rows on MNIST (Baldi 2018).

784-100-100-100-100-10 tanh, softmax, all 60,000 images, batches of 100, steps of 0.1 that do not
fall; tested once, after a number of passes that is fixed beforehand.  Weights are drawn as in all
rows here; those of the paper, and its schedule, were not read.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bioplaus.experiments.error_paths import figures
from bioplaus.experiments.error_paths.training import Images, Training
from bioplaus.models.error_paths import Layers
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

ORDER = ("backprop", "ARBP", "ASRBP", "DFA", "FA", "FA without slope", "top layer only")
"""What the paper says: nearly all learn, skipping helps, adapting helps, the slope is needed."""

MEMBERS = (
    *ORDER, "DFA without slope", "sparse FA, 8", "sparse DFA, 8", "DFA, 1 bit", "FA, redrawn",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The paper's network and batches."""

    layers: str = parameter("784-100-100-100-100-10", "units per layer, input first")
    learning_rate: float = parameter(0.1, "step size", symbol="eta", low=0)
    batch: int = parameter(100, "images of an update", low=1)
    passes: int = parameter(30, "over the training images", low=1)
    seeds: int = parameter(3, "reported, from the run's seed on", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a row, trained and tested with every seed."""
    data = run.load("mnist")
    parts = [data.part(part) for part in ("train", "validation")]
    inputs, labels = (np.concatenate(pair) for pair in zip(*parts))
    shown = {"train": (inputs, labels), "test": data.part("test")}
    found: dict[str, list[float]] = {}
    run.keep(found=found)
    for turn in run.segments(len(MEMBERS)):
        row = MEMBERS[turn.number]
        found[row] = [_error(p, row, shown, run.seed + n) for n in range(p.seeds)]
        run.log(test_error=statistics.fmean(found[row]))
    return _figures(found)


def _error(p: Settings, row: str, shown: Images, seed: int) -> float:
    layers = Layers(row, "", p.layers, output="softmax", learning_rate=p.learning_rate)
    rng = np.random.default_rng(seed)
    training = Training(layers, shown, rng, passes=p.passes, batch=p.batch, final_rate=1.0)
    for done in range(p.passes):
        training.learn(done)
    return training.error("test")


def _figures(found: Mapping[str, list[float]]) -> dict[str, float]:
    """Mean errors, and by how much the nearest two neighbours in the order stand apart."""
    means = {row: statistics.fmean(errors) for row, errors in found.items()}
    gaps = [means[after] - means[before] for before, after in pairwise(ORDER)]
    named = {row.replace(",", "").replace(" ", "_"): mean for row, mean in means.items()}
    return {f"test_error_{row}": mean for row, mean in named.items()} | {"least_gap": min(gaps)}


FORM = "batched"
FIGURES = {"members": figures.members}
