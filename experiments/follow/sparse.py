"""A quarter of the connections learns too, more slowly (Gilra and Gerstner 2017, figure 6).

``sparse_ratio``: masked error after the whole time over the full network's after half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.comparison import last_errors, train
from bioplaus.experiments.follow.van_der_pol_training import VanDerPolSettings, VanDerPolTraining
from bioplaus.parameters import Quantity, parameter, replace
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(VanDerPolSettings):
    """A mask costs products over all connections: fewer neurons and a shorter time."""

    neurons: int = parameter(1000, "neurons in each of the two layers", symbol="N", low=1)
    duration: Quantity = parameter("400 second", "learning time of the masked network")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """All connections in the cheap form, and a mask."""
    weights = {"all": "factorised", "masked": "masked"}
    members = {
        name: VanDerPolTraining(replace(p, {"weights": form}), run, name)
        for name, form in weights.items()
    }
    train(run, members)
    # At the published moments: twice the time for a quarter of the connections.
    half = round(float(to_quantity(p.duration) / to_quantity(p.segment)) / 2) - 1
    ratio = members["masked"].curve[-1] / members["all"].curve[max(half, 0)]
    return {**last_errors(members), "sparse_ratio": ratio}


FORM = "network"
FIGURES = {"learning-curve": figures.learning_curves}
