"""Dendritic microcircuits learn handwritten digits in mini-batches (Sacramento 2018, figure 3).

The two-sweep form that the paper itself uses for images, with its split of MNIST: 55,000 / 5,000 /
10,000.  ``rule`` puts backpropagation or feedback alignment on a network of the same size beside
it; a base rate of 0 freezes an area, and ``base_rates="0 0 0.03"`` is the shallow control.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus.models.sacramento.parameters import TwoSweep, area_sizes
from bioplaus.parameters import ParameterError, parameter
from bioplaus.tasks.image_sets import IMAGE_SETS
from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

VALIDATION = 5000
PROBED = 500
SATURATED = 0.9
RULES = ("microcircuit", "backpropagation", "feedback alignment")


@dataclass(frozen=True)
class Settings(TwoSweep):
    """Two hidden areas of 500 pyramidal cells, as published."""

    dataset: str = parameter("mnist", "images", choices=IMAGE_SETS)
    images: int = parameter(0, "training images used; 0 means all", low=0)
    epochs: int = parameter(20, "passes over the training images; rates decay to 0", low=1)
    silent_updates: int = parameter(
        0, "updates before learning that, without a teacher, only silence the dendrites", low=0
    )
    rule: str = parameter("microcircuit", "what carries errors down", choices=RULES)
    target_rate: float = parameter(0.8, "rate asked of the right class", source="section 3.4")
    other_rate: float = parameter(0.1, "rate asked of the others", source="section 3.4")


class SacramentoMnist(Experiment):
    """Train, validate after each epoch, test once in the end."""

    Parameters = Settings
    form = "steady state"
    quick = {"dataset": "digits", "areas": "64-100-10", "base_rates": "1 0.05",
             "weight_scale": "2 1", "epochs": 40}  # fmt: skip

    def setup(self) -> None:
        """Load images and draw the network."""
        import numpy as np

        from bioplaus import tasks
        from bioplaus.models import sacramento
        from bioplaus.neurons.rate_transfer import TRANSFERS

        p = self.parameters
        sizes = area_sizes(p)
        own_split = VALIDATION if p.dataset in ("mnist", "fashion-mnist") else None
        self.data = tasks.load(p.dataset, validation=own_split)
        images, labels = self.data.part("train")
        self.images, self.labels = (x[: p.images or len(x)] for x in (images, labels))
        if (sizes[0], sizes[-1]) != (images.shape[1], len(self.data.classes)):
            raise ParameterError(
                f"areas = {p.areas!r} does not fit {p.dataset}, which has {images.shape[1]} pixels "
                f"and {len(self.data.classes)} classes"
            )
        invert = TRANSFERS[p.transfer].invert
        high, low = float(invert(p.target_rate)), float(invert(p.other_rate))
        self.targets = np.full((sizes[-1], sizes[-1]), low, np.float32)
        np.fill_diagonal(self.targets, high)
        rest = self.targets.mean(axis=0, dtype=float)
        start = (p, self.rng, self.images[:2000], rest)
        if p.rule == "microcircuit":
            self.network = sacramento.TwoSweepNetwork(*start)
        else:
            transposed = p.rule == "backpropagation"
            self.network = sacramento.LayeredNetwork(*start, transposed=transposed)

    def segments(self) -> int:
        """One for each epoch."""
        return int(self.parameters.epochs)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn from every image once, in random order."""
        p, images, labels = self.parameters, self.images, self.labels
        if segment == 0 and p.rule == "microcircuit":
            self._silence()
        order = self.rng.permutation(len(labels))
        batches = [order[b : b + p.batch] for b in range(0, len(order), p.batch)]
        total, wrong = p.epochs * len(batches), 0
        for number, batch in enumerate(batches):
            update = segment * len(batches) + number
            done = self.network.learn(
                images[batch], self.targets[labels[batch]], 1 - update / total, update
            )
            wrong += int((done.u_free[-1].argmax(axis=1) != labels[batch]).sum())
            if number % 200 == 0:
                self.progress(number / len(batches))
        self.stop_if_not_finite(
            {f"weights area_{k}": w for k, w in enumerate(self.network.forward, start=1)}
        )
        figures = {
            "validation_error": self._error(*self.data.part("validation")),
            "training_error": wrong / len(labels),
        }
        return {**figures, **self._probe(1 - (segment + 1) / p.epochs)}

    def _silence(self) -> None:
        p, count = self.parameters, len(self.labels)
        for update in range(p.silent_updates):
            chosen = self.rng.integers(count, size=p.batch)
            self.network.learn_silence(self.images[chosen], update)

    def finish(self) -> Mapping[str, float]:
        """Error on the test images, and how the circuit is in the end."""
        errors = {
            f"{part}_error": self._error(*self.data.part(part)) for part in ("test", "validation")
        }
        return {**errors, "training_operations": self._operations(), **self._probe(0.0)}

    def evaluate(self, dataset: str, part: str) -> Mapping[str, float]:
        """Error of the present weights on other images of the same size."""
        from bioplaus import tasks

        return {f"{part}_error": self._error(*tasks.load(dataset).part(part))}

    def tune(self, name: str, value: Any) -> None:
        """Change the base rates."""
        self.network.tune(value)

    def state(self) -> Mapping[str, Any]:
        """Weights, measured moments, random generator."""
        return {
            "random": self.rng.bit_generator.state,
            "weights": {key: tuple(value) for key, value in self._weights().items()},
            "mean_square": tuple(self.network.mean_square),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take weights, moments and generator up again."""
        self.rng.bit_generator.state = state["random"]
        for key, arrays in state["weights"].items():
            setattr(self.network, key, [array.copy() for array in arrays])
        self.network.mean_square = list(state["mean_square"])

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curve; health of the dendrites and angles."""
        from bioplaus.experiments.sacramento import figures as draw

        yield "learning-curve", draw.learning_curve(run)
        if run.parameters["rule"] == "microcircuit":
            yield "dendrites-and-angles", draw.health(run)

    def _weights(self) -> dict[str, list[Any]]:
        names = (
            "forward",
            "forward_bias",
            "interneuron",
            "interneuron_bias",
            "top_down",
            "lateral",
        )
        return {name: getattr(self.network, name) for name in names}

    def _error(self, images: Any, labels: Any) -> float:
        import numpy as np

        rows = range(0, len(labels), PROBED)
        answers = [self.network.upward(images[a : a + PROBED])[1][-1].argmax(axis=1) for a in rows]
        return float((np.concatenate(answers) != labels).mean())

    def _operations(self) -> float:
        """Multiplications by a weight that one training image costs, weight changes left out."""
        used: tuple[str, ...] = ("forward", "interneuron", "top_down", "lateral")
        if self.parameters.rule != "microcircuit":
            used = ("forward", "top_down")
        return float(sum(w.size for name in used for w in getattr(self.network, name)))

    def _probe(self, strength: float) -> dict[str, float]:
        """How the circuit is: silence of free dendrites, saturation, angles, interneuron loop."""
        import numpy as np

        from bioplaus.analysis import alignment_angle

        network = self.network
        images, labels = (x[:PROBED] for x in self.data.part("validation"))
        rates = network.upward(images)[0][1:-1]
        saturated = np.mean([np.mean((r < 0.01) | (r > 0.99)) for r in rates])
        if saturated > SATURATED:
            warnings.warn(
                f"{100 * saturated:.0f} % of hidden cells are saturated (rate below 0.01 or above "
                "0.99): that their apical dendrites are silent is then no evidence of health",
                stacklevel=2,
            )
        found = {"saturated_cells": float(saturated)}
        for k, (down, w) in enumerate(zip(network.top_down, network.forward[1:]), start=1):
            found[f"angle_top_down_{k}"] = float(alignment_angle(down, w.T))
        if self.parameters.rule != "microcircuit":
            return found
        free = network.sweep(images, None)
        taught = network.sweep(images, self.targets[labels])
        best = network.backpropagated(taught)
        for k, v in enumerate(free.v_apical, start=1):
            rate = taught.rate[k - 1].T
            angle = alignment_angle(rate @ taught.error[k - 1], rate @ best[k - 1])
            found[f"angle_to_backpropagation_{k}"] = float(angle)
            found[f"free_apical_rms_{k}"] = float(np.sqrt(np.mean(v**2)))
            found[f"interneuron_gain_{k}"] = network.interneuron_gains(strength)[k - 1]
        return found


EXPERIMENT = SacramentoMnist

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
