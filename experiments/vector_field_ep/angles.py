"""Continual updates from feedback weights at growing angles (Ernoult 2020, figure 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import plotting, tasks
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.relatives import Discrete
from bioplaus.parameters import parameter, replace
from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

ANGLES = (0.0, 45.0, 90.0, 135.0, 180.0)
"""Angles psi between forward and transposed feedback weights at the start [degrees]."""


@dataclass(frozen=True)
class Settings(Discrete):
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


class VectorFieldEpAngles(Experiment):
    """One segment an angle; every angle starts from the same forward weights."""

    Parameters = Settings
    form = "batched"
    quick = {"examples": 2000}

    def setup(self) -> None:
        """Load the images."""
        self.images = tasks.load("mnist")
        self.errors: list[float] = []

    def segments(self) -> int:
        """One segment an angle."""
        return len(ANGLES)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn from one starting angle."""
        import numpy as np

        images, p = self.images, self.parameters
        setting = replace(p, {"initial_angle": ANGLES[segment]})
        learner = vector_field_ep.DiscreteLearner(setting, np.random.default_rng(self.seed))
        order = np.arange(min(p.examples, len(images.train_labels)))
        train_error = learner.train(images.train_images, images.train_labels, order)
        self.stop_if_not_finite(learner.arrays())
        error = learner.error(images.validation_images, images.validation_labels)
        self.errors.append(error)
        return {
            "initial_angle": ANGLES[segment],
            "validation_error": error,
            "train_error": train_error,
        }

    def finish(self) -> Mapping[str, float]:
        """Rises of the validation error from 0 to 90 and from 90 to 135 degrees."""
        at = dict(zip(ANGLES, self.errors, strict=True))
        rises = {"rise_to_90": at[90.0] - at[0.0], "rise_to_135": at[135.0] - at[90.0]}
        return rises | {"smallest_rise": min(rises.values()), "error_at_180": at[180.0]}

    def state(self) -> Mapping[str, Any]:
        """The errors so far; every segment starts afresh."""
        return {"errors": list(self.errors)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        self.errors = list(state["errors"])

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Error against the starting angle."""
        figure = plotting.figure()
        axes = figure.subplots()
        axes.plot(run.metrics["initial_angle"], run.metrics["validation_error"], marker="o")
        axes.set(xlabel="angle at the start (degrees)", ylabel="validation error")
        axes.set_ylim(0, 1)
        yield "error-against-angle", figure


EXPERIMENT = VectorFieldEpAngles

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
