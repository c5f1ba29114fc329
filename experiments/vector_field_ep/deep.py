"""Three hidden layers with independent feedback (Scellier 2018, figure 3)."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.experiments.vector_field_ep.mnist import Settings as MnistSettings
from bioplaus.experiments.vector_field_ep.mnist import VectorFieldEpMnist
from bioplaus.models.vector_field_ep.parameters import Deep
from bioplaus.parameters import parameter


@dataclass(frozen=True)
class Settings(Deep, MnistSettings):
    """784-512-512-512-10; rates and start were chosen on validation images."""

    epochs: int = parameter(100, "passes over the training images", source="Scellier 2018", low=1)
    start_spread: float = parameter(0.2, "spread of the drives at the start", low=0.0)


class VectorFieldEpDeep(VectorFieldEpMnist):
    """The mini-batch experiment on the deep network."""

    Parameters = Settings
    quick = {"examples": 2000, "epochs": 1}


EXPERIMENT = VectorFieldEpDeep

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
