"""Continual updates from feedback weights at growing angles (Ernoult 2020, figure 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.models import discrete_ep
from bioplaus.models.discrete_ep.parameters import DiscreteEP
from bioplaus.parameters import parameter, replace
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


ANGLES = (0.0, 45.0, 90.0, 135.0, 180.0)
"""Angles psi between forward and transposed feedback weights at the start [degrees]."""


@dataclass(frozen=True)
class Settings(DiscreteEP):
    """C-VF with one hidden layer, at half the published rates.

    At the published ones the updates of a nudged phase feed back on it so strongly that some orders
    of examples are not learnt at all in the first epoch.
    """

    rule: str = parameter("C-VF", "learning rule", source="Ernoult 2020", choices=("C-VF",))
    learning_rates: str = parameter(
        "0.0038, 0.0019", "learning rates, input side first; half of Ernoult 2020", symbol="eta"
    )
    influence: float = parameter(0.2, "influence", symbol="beta", source="Ernoult 2020")
    nudging: str = parameter("random-sign", "sign of the influence", choices=("random-sign",))
    examples: int = parameter(20_000, "training images, shown once", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """One segment an angle; every angle starts from the same forward weights."""
    images = run.load("mnist")
    order = np.arange(min(p.examples, len(images.train_labels)))
    errors: list[float] = []
    run.keep(errors=errors)
    for segment in run.segments(len(ANGLES)):
        angle = ANGLES[segment.number]
        setting = replace(p, {"initial_angle": angle})
        learner = discrete_ep.Learner(setting, np.random.default_rng(run.seed))
        training_error = learner.train(images.train_images, images.train_labels, order)
        run.check_finite(learner.weights())
        errors.append(learner.error(images.validation_images, images.validation_labels))
        run.log(initial_angle=angle, validation_error=errors[-1], training_error=training_error)
    at = dict(zip(ANGLES, errors, strict=True))
    rises = {"rise_to_90": at[90.0] - at[0.0], "rise_to_135": at[135.0] - at[90.0]}
    return rises | {"smallest_rise": min(rises.values()), "error_at_180": at[180.0]}


def error_against_angle(run: RunReader) -> Figure:
    """Error against the starting angle."""
    figure = plotting.figure()
    axes = figure.subplots()
    axes.plot(run.metrics["initial_angle"], run.metrics["validation_error"], marker="o")
    axes.set(xlabel="angle at the start (degrees)", ylabel="validation error")
    axes.set_ylim(0, 1)
    return figure


FORM = "batched"
FIGURES = {"error-against-angle": error_against_angle}
