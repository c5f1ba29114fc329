"""Equilibrium propagation learns 8 by 8 digits through random feedback (Scellier 2018).

A positive influence of one keeps every output unit answering, which weaker ones do not (a silent
unit gets no update); the decay was chosen on validation images with other seeds than the results.
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.experiments.vector_field_ep.mnist import Settings as MnistSettings
from bioplaus.experiments.vector_field_ep.mnist import VectorFieldEpMnist
from bioplaus.parameters import parameter


@dataclass(frozen=True)
class Settings(MnistSettings):
    """One hidden layer of 100, independent feedback weights, positive influence."""

    dataset: str = parameter("digits", "images to learn", choices=("digits",))
    layers: str = parameter("64-100-10", "units per layer, input first")
    learning_rates: str = parameter(
        "0.4, 0.1", "learning rate of each layer pair, input side first", symbol="alpha"
    )
    influence: float = parameter(1.0, "influence of the target", symbol="beta")
    nudging: str = parameter(
        "positive",
        "sign of the influence",
        choices=("random-sign", "positive", "symmetric"),
    )
    weight_decay: float = parameter(
        3e-4, "decay of all weights per update, chosen on validation images", low=0.0, high=1.0
    )
    epochs: int = parameter(60, "passes over the training images", low=1)


class VectorFieldEpDigits(VectorFieldEpMnist):
    """The mini-batch experiment on a set that takes seconds."""

    Parameters = Settings
    quick = {"epochs": 20}


EXPERIMENT = VectorFieldEpDigits

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
