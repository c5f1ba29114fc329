"""Feedback paths, noises and coarse weights in one network, and its rate limit (Neftci 2017).

Every variant starts from the same seed and sees the same images: six ways for the error to reach
two hidden layers, blank-out synapses, weights of 256 levels, and the rate network of the same size
by direct feedback and by backpropagation.  They are trained one after another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from bioplaus.experiments.erbp import variants_figures
from bioplaus.experiments.erbp.images import Settings as ImageSettings
from bioplaus.experiments.erbp.images import check
from bioplaus.experiments.erbp.rate_reference import Settings as RateSettings
from bioplaus.experiments.erbp.rate_training import RateTraining
from bioplaus.experiments.erbp.training import Training, check_task
from bioplaus.parameters import Quantity, parameter, replace
from bioplaus.runs.pages.run import Run
from bioplaus.tasks.image_sets import IMAGE_SETS

SPIKING: dict[str, dict[str, Any]] = {
    "direct random": {},
    "sparse": {"feedback": "sparse"},
    "layer by layer": {"feedback": "layer by layer"},
    "adaptive": {"feedback": "adaptive"},
    "sign concordant": {"feedback": "sign concordant"},
    "symmetric": {"feedback": "symmetric"},
    "blank-out": {"transmission": 0.65, "background_weight": "0 mV"},
    "256 levels": {"levels": 256},
}
RATE: dict[str, dict[str, Any]] = {
    "rate, direct feedback": {"method": "dfa", "learning_rate": 0.01},
    "rate, backpropagation": {"method": "bp", "learning_rate": 0.02},
}
VARIANTS = [*SPIKING, *RATE]


@dataclass(frozen=True)
class Settings(ImageSettings):
    """A network small enough to train ten times, and tests short enough to read the first 10 ms."""

    dataset: str = parameter("mnist", "images", choices=IMAGE_SETS)
    inputs: int = parameter(784, "pixels", low=1)
    time_step: Quantity = parameter("0.5 ms", "time step", symbol="dt", low="1 us")
    background_before_threshold: bool = parameter(
        True, "add background before the threshold test (for coarse time steps)"
    )
    layers: int = parameter(2, "hidden layers of that size", low=1, high=5)
    presentations: int = parameter(15_000, "training images shown, over all passes", low=1)
    evaluations: int = parameter(5, "validations of each variant", low=1)
    validated: int = parameter(500, "validation images looked at in each segment", low=1)
    tested: int = parameter(5_000, "test images looked at in the end, if there are as many", low=1)
    learning_rate: float = parameter(
        2e-3, "weight change per dendritic volt, of all variants that spike", symbol="eta", low=0
    )
    test_presentation: Quantity = parameter("100 ms", "duration of a test image", low="1 ms")
    readout: Quantity = parameter(
        "10 ms", "how often a test image is read out while it is shown", low="1 ms"
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """One segment is one part of the training of one variant, closed by its validation."""
    check(p)
    images = run.load(p.dataset)
    check_task(p, images)
    finals: dict[str, dict[str, float]] = {}
    run.keep(finals=finals)
    for name in run.steps(VARIANTS):
        rng = np.random.Generator(np.random.PCG64(run.seed))
        member: Training | RateTraining
        if name in SPIKING:
            member = Training(replace(p, SPIKING[name]), run, images, rng)
            run.keep(network=member.model)
        else:
            member = RateTraining(rate_settings(p, name), run, images, rng)
        for segment in run.segments(p.evaluations):
            found = member.learn(segment)
            run.log(
                epoch=found["epoch"],
                variant=float(VARIANTS.index(name)),
                presentations=float(segment.of(p.presentations).stop),
                validation_error=found["validation_error"],
                training_error=found["training_error"],
                operations=found.get("training_operations", multiplications(p)),
            )
        finals[name] = member.finals("test")
    error = {name: final["test_error"] for name, final in finals.items()}
    return {
        **{
            f"{metric}_{variants_figures.slug(name)}": value
            for name, final in finals.items()
            for metric, value in final.items()
        },
        "random_above_symmetric": error["direct random"] - error["symmetric"],
        "levels_above_continuous": error["256 levels"] - error["direct random"],
        "worst_spiking": max(error[name] for name in SPIKING),
    }


def rate_settings(p: Settings, name: str) -> RateSettings:
    """A rate network like the spiking ones, trained by what the variant says."""
    own = RATE[name]
    same = {f.name: getattr(p, f.name) for f in fields(RateSettings) if f.name not in own}
    return replace(RateSettings(), {**same, **own})


def multiplications(p: Settings) -> float:
    """Multiply-accumulates of the rate network for an image: forward pass and update."""
    sizes = [p.inputs, *[p.hidden] * p.layers, p.classes]
    return float(2 * sum(a * b for a, b in pairwise(sizes)))


FORM = "network"
FIGURES = {
    "learning-curve": partial(variants_figures.learning_curves, names=VARIANTS),
    "operations": partial(variants_figures.operations, names=VARIANTS),
    "latency": partial(variants_figures.latencies, names=list(SPIKING)),
}
