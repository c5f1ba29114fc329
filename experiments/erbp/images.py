"""A spiking network learns images with event-driven errors (Neftci 2017, figure 5 and table 1).

Images are shown one after another without a pause or a reset; learning is off at the start of each
presentation, while the last image still reverberates.  In validation and test, labels and learning
are off and the class is the output neuron with most spikes.

Without the engine (``--backend numpy``) use a coarser step and fewer images: ``time_step=1ms
background_before_threshold=true presentations=1200``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.erbp import figures
from bioplaus.experiments.erbp.training import Training, check_task
from bioplaus.models import erbp
from bioplaus.models.erbp.parameters import OneHiddenLayer, check_network
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run, Spikes, Trace
from bioplaus.tasks.image_sets import IMAGE_SETS


@dataclass(frozen=True)
class Settings(OneHiddenLayer):
    """The published network on small images, with settings that learn in minutes."""

    dataset: str = parameter("digits", "images", choices=IMAGE_SETS)
    inputs: int = parameter(64, "pixels", low=1)
    learning_rate: float = parameter(
        6e-3, "weight change per dendritic volt", symbol="eta", low=0, tunable=True
    )
    output_weights: float = parameter(0.3, "factor on the initial output weights", low=0)
    presentations: int = parameter(5000, "training images shown, over all passes", low=1)
    evaluations: int = parameter(4, "segments, each ended by a validation", low=1)
    validated: int = parameter(360, "validation images looked at in each segment", low=1)
    tested: int = parameter(10_000, "test images looked at in the end, if there are as many", low=1)
    presentation: Quantity = parameter("100 ms", "duration of a training image", low="1 ms")
    settling: Quantity = parameter("20 ms", "its start, in which nothing is learned", low="0 ms")
    test_presentation: Quantity = parameter("100 ms", "duration of a test image", low="1 ms")
    readout: Quantity = parameter(
        "100 ms", "how often a test image is read out while it is shown", low="1 ms"
    )
    pause: Quantity = parameter("0 ms", "blank after each training image", low="0 ms")
    final_rate: float = parameter(
        0.03, "learning rate at the end, as a fraction; the decay is linear", low=0, high=1
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Train, validate after each segment, test once in the end."""
    check(p)
    images = run.load(p.dataset)
    check_task(p, images)
    if not run.evaluates and p.validated > len(images.validation_labels):
        raise ParameterError(
            f"validated = {p.validated}, but {images.name} has {len(images.validation_labels)} "
            "validation images"
        )
    training = Training(p, run, images, run.rng)
    run.live(training.model, erbp.live)
    run.record(
        *(Spikes(name) for name in ("pixel", "hidden", "output", "error")),
        *(Trace("hidden", name, cells=5) for name in ("u", "current")),
        of=training.model,
        last="400 ms",
    )
    for segment in run.segments(p.evaluations):
        run.log(**training.learn(segment))
    return training.finals(run.part)


def check(p: Settings) -> None:
    """Refuse settings that contradict one another, before images are looked for.

    Raises
    ------
    ParameterError
        For such settings.
    """
    check_network(p)
    if quantities(p).settling >= quantities(p).presentation:
        raise ParameterError(
            f"settling = {p.settling} leaves nothing to learn in of presentation = {p.presentation}"
        )


FORM = "network"
FIGURES = {
    "learning-curve": learning_curve,
    "raster": figures.raster,
    "dendrites": figures.dendrites,
    "latency": figures.latency,
}
