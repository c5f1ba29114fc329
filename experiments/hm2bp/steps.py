"""How far a loss falls along the hybrid update, and along its exact gradient (Jin 2018, section 3).

The exact gradient of spike times moves spikes that are there; the hybrid one, of counts, asks for
more or fewer.  Both directions start from the same weights and spikes, and are gone in steps of
growing size, in the network without a clock (``exact.py``): hidden weights only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import tasks
from bioplaus.analysis import gradient_angles
from bioplaus.experiments.hm2bp import figures
from bioplaus.experiments.hm2bp.exact import in_continuous_time
from bioplaus.experiments.hm2bp.figures import SIZES
from bioplaus.experiments.hm2bp.images import SEEDS, live
from bioplaus.models import hm2bp
from bioplaus.models.hm2bp.parameters import HybridMacroMicro, check_network, whole_steps
from bioplaus.parameters import parameter, quantities
from bioplaus.runs.pages.run import Run

HIDDEN = "input_to_hidden"


@dataclass(frozen=True)
class Settings(HybridMacroMicro):
    """The released size; looked at before any learning and after some."""

    dataset: str = parameter("mnist", "images", choices=("mnist", "fashion-mnist"))
    shown: int = parameter(50, "validation images that make the loss", low=1, high=10_000)
    learned: int = parameter(2000, "training images between the two looks", low=1, high=50_000)
    most: float = parameter(
        1 / 5.5, "spikes a step of a pixel of full ink", source="code", low=1e-3, high=0.99
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A look a segment: the loss after steps along three directions, less the loss before."""
    check_network(p)
    images, steps = run.load(p.dataset), whole_steps(p, "presentation")
    learner = hm2bp.Learner(p, run.rng)
    found: dict[str, float] = {}
    run.keep(learner=learner, found=found)
    run.live(learner, live)

    def trains(part: str, count: int) -> tuple[tasks.StepTrains, Any]:
        seeds = SEEDS[part] + np.arange(count)
        raw = getattr(images, f"{part}_raw")[:count]
        labels = getattr(images, f"{part}_labels")[:count]
        return tasks.poisson_of_images(raw, steps, p.most, seeds), labels

    for segment in run.segments(2):
        if not segment.first:
            learner.learn(*trains("train", p.learned))
        falls = look(p, learner, *trains("validation", p.shown), run.child("random"))
        when = "at_start" if segment.first else "learned"
        found |= {f"{name}_{when}": value for name, value in falls.items()}
        run.log(epoch=segment.number, **falls)
    return found


def look(
    p: Settings, learner: hm2bp.Learner, trains: tasks.StepTrains, labels: Any, rng: Any
) -> dict[str, float]:
    """How far the loss falls in a step of each size along each direction, and their angle."""
    times = (trains.start, trains.step * float(quantities(p).time_step), trains.i.astype(np.int64))
    twin = in_continuous_time(p, learner.weights())
    w, before = twin.weights()[HIDDEN], twin.judge(times, labels).loss
    exact, hybrid = twin.gradient(times, labels), learner.gradient(trains, labels)
    found = {"angle": gradient_angles(hybrid, exact)[f"angle_{HIDDEN}"]}
    directions = {
        "exact": exact[HIDDEN],
        "hybrid": hybrid[HIDDEN],
        "random": rng.normal(size=w.shape),
    }
    for name, direction in directions.items():
        unit = direction * (np.linalg.norm(w) / np.linalg.norm(direction))
        for number, size in enumerate(SIZES):
            twin.set_weights({HIDDEN: w - size * unit})
            found[f"{name}_{number}"] = float(before - twin.judge(times, labels).loss)
    last = len(SIZES) - 1
    found["share_of_small"] = found["hybrid_0"] / found["exact_0"]
    found["gain_of_large"] = found[f"hybrid_{last}"] - found[f"exact_{last}"]
    return found


FORM = "event-driven"
FIGURES = {"steps": figures.steps}
