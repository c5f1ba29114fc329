"""Feedback paths, noises and coarse weights in one network, and its rate limit (Neftci 2017).

Every variant starts from the same seed and sees the same images: six ways for the error to reach
two hidden layers, blank-out synapses, weights of 256 levels, and the rate network of the same size
by direct feedback and by backpropagation.  They are trained one after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bioplaus.experiments.erbp.mnist import ErbpMnist
from bioplaus.experiments.erbp.mnist import Settings as MnistSettings
from bioplaus.experiments.erbp.rate_reference import ErbpRateReference
from bioplaus.parameters import Quantity, parameter, replace
from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

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
class Settings(MnistSettings):
    """A network small enough to train ten times, and tests short enough to read the first 10 ms."""

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


class ErbpVariants(Experiment):
    """One segment is one part of the training of one variant, closed by its validation."""

    Parameters = Settings
    quick = {
        "layers": 1,
        "presentations": 500,
        "evaluations": 1,
        "validated": 50,
        "tested": 100,
    }

    def setup(self) -> None:
        """Check the settings; networks are built one at a time."""
        self.finals: dict[str, dict[str, float]] = {}
        self.member = self._make(0)

    def _make(self, number: int) -> Any:
        """A variant before its training, sharing the images of the one before it."""
        p, name = self.parameters, VARIANTS[number]
        if name in RATE:
            shared = {field.name for field in fields(ErbpRateReference.Parameters)}
            same = {field: getattr(p, field) for field in shared - {"method", "learning_rate"}}
            made: Any = ErbpRateReference(
                replace(ErbpRateReference.Parameters(), {**same, **RATE[name]}), self.seed
            )
        else:
            made = ErbpMnist(replace(p, SPIKING[name]), self.seed, record=())
        made.setup()
        return made

    def segments(self) -> int:
        """So many parts for each variant."""
        return len(VARIANTS) * int(self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Passes of the present variant over the training images."""
        return float(self.member.epoch)

    @property
    def simulated_time(self) -> float:
        """That of the present variant."""
        return float(self.member.simulated_time)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Train one variant further; after its last part, test it."""
        number, part = divmod(segment, self.parameters.evaluations)
        if segment and part == 0:
            self.member = self._make(number)
        member = self.member
        member.segment, member.on_progress = part, self.progress
        metrics = dict(member.advance(part))
        member.take_recording()
        if part == self.parameters.evaluations - 1:
            self.finals[VARIANTS[number]] = dict(member.finish())
        return {
            "variant": float(number),
            "presentations": float(
                (part + 1) * self.parameters.presentations // self.parameters.evaluations
            ),
            "validation_error": metrics["validation_error"],
            "training_error": metrics["training_error"],
            "operations": metrics.get("training_operations", self._multiplications()),
        }

    def _multiplications(self) -> float:
        """Multiply-accumulates of the rate network for an image: forward pass and update."""
        p = self.parameters
        sizes = [p.inputs, *[p.hidden] * p.layers, p.classes]
        return float(2 * sum(a * b for a, b in pairwise(sizes)))

    def finish(self) -> Mapping[str, float]:
        """Test errors of all variants, and what random feedback costs against symmetric."""
        figures = {
            f"{metric}_{slug(name)}": value
            for name, final in self.finals.items()
            for metric, value in final.items()
        }
        error = {name: final["test_error"] for name, final in self.finals.items()}
        figures["random_above_symmetric"] = error["direct random"] - error["symmetric"]
        figures["levels_above_continuous"] = error["256 levels"] - error["direct random"]
        figures["worst_spiking"] = max(error[name] for name in SPIKING)
        return figures

    def state(self) -> Mapping[str, Any]:
        """The present variant, and the tests of those before it."""
        return {
            "finals": self.finals,
            "number": self.segment // self.parameters.evaluations,
            "member": self.member.state(),
            "rng": self.member.rng.bit_generator.state,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on within a variant."""
        self.finals = {name: dict(final) for name, final in state["finals"].items()}
        self.member = self._make(int(state["number"]))
        self.member.restore(state["member"])
        self.member.rng.bit_generator.state = state["rng"]

    def backend_report(self) -> dict[str, Any]:
        """That of the present variant."""
        return dict(self.member.backend_report())

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Error over presentations, over operations, and over the time an image is shown."""
        from bioplaus.experiments.erbp import variants_figures as draw

        yield "learning-curve", draw.learning_curves(run, VARIANTS)
        yield "operations", draw.operations(run, VARIANTS)
        yield "latency", draw.latencies(run, list(SPIKING))


def slug(name: str) -> str:
    """A variant's name as part of a metric's.

    >>> slug("rate, direct feedback")
    'rate_direct_feedback'
    """
    return name.replace(",", "").replace(" ", "_").replace("-", "_")


EXPERIMENT = ErbpVariants

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
