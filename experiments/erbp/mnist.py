"""Event-driven random back-propagation on MNIST and Fashion-MNIST, any size (Neftci 2017, table 1).

The defaults are settings that were found to learn in a tenth of the published presentations:
images of 100 ms, a ten times larger learning rate that decays, smaller initial output weights, and
a step of 0.5 ms.  The published constants are the setting ``published``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.experiments.erbp.digits import ErbpDigits
from bioplaus.experiments.erbp.digits import Settings as DigitSettings
from bioplaus.parameters import Quantity, parameter
from bioplaus.tasks.image_sets import IMAGE_SETS


@dataclass(frozen=True)
class Settings(DigitSettings):
    """784 pixels, test images as long as the published ones."""

    dataset: str = parameter("mnist", "images", choices=IMAGE_SETS)
    inputs: int = parameter(784, "pixels", low=1)
    time_step: Quantity = parameter("0.5 ms", "time step", symbol="dt", low="1 us")
    background_before_threshold: bool = parameter(
        True, "add background before the threshold test (for coarse time steps)"
    )
    presentations: int = parameter(60_000, "training images shown, over all passes", low=1)
    evaluations: int = parameter(6, "segments, each ended by a validation", low=1)
    validated: int = parameter(2_000, "validation images looked at in each segment", low=1)
    test_presentation: Quantity = parameter("250 ms", "duration of a test image", low="1 ms")
    readout: Quantity = parameter(
        "50 ms", "how often a test image is read out while it is shown", low="1 ms"
    )


class ErbpMnist(ErbpDigits):
    """As with the small digits."""

    Parameters = Settings
    quick = {"presentations": 1_000, "evaluations": 1, "validated": 100, "tested": 300}


EXPERIMENT = ErbpMnist

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
