"""A random walk whose record can be checked by hand (Nobody 2000)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.parameters import Quantity, parameter
from bioplaus.training import Experiment, Spikes


@dataclass(frozen=True)
class Settings:
    """The walk."""

    steps: int = parameter(50, "steps in a segment", low=1)
    count: int = parameter(6, "segments", low=1)
    learning_rate: float = parameter(1.0, "size of a step", low=0.0, tunable=True)
    pause: Quantity = parameter("0 ms", "wall time that each segment takes", low="0 ms")
    burst_at: int = parameter(-1, "segment in which a value becomes infinite")


class Walk(Experiment):
    """Sums random numbers; every segment draws ``steps`` of them."""

    Parameters = Settings
    form = "batched"
    quick = {"count": 2}
    record = (Spikes("walker"),)

    def setup(self) -> None:
        import numpy as np

        self.position = np.zeros(3)
        self.total_steps = 0

    def segments(self) -> int:
        return int(self.parameters.count)

    def advance(self, segment: int) -> Mapping[str, float]:
        import numpy as np

        from bioplaus.parameters import to_quantity

        time.sleep(float(to_quantity(self.parameters.pause)))
        drawn = self.rng.standard_normal((self.parameters.steps, 3))
        self.position += self.parameters.learning_rate * drawn.sum(axis=0)
        if segment == self.parameters.burst_at:
            self.position[1] = np.inf
        self.stop_if_not_finite({"position walker": self.position})
        self.total_steps += self.parameters.steps
        if self.recorded:
            self.put_recording(
                spikes={"walker": (segment + drawn[:, 0] ** 2, np.arange(len(drawn)))}
            )
        return {"validation_error": float(np.abs(self.position).sum())}

    def finish(self) -> Mapping[str, float]:
        return {"test_error": float(self.position.sum()), "steps": float(self.total_steps)}

    def state(self) -> Mapping[str, Any]:
        return {"position": self.position.copy(), "total_steps": self.total_steps}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.position = state["position"].copy()
        self.total_steps = state["total_steps"]

    def evaluate(self, dataset: str, part: str) -> Mapping[str, float]:
        return {f"{part}_of_{dataset or 'none'}": float(self.position[0])}

    def tune(self, name: str, value: Any) -> None:
        """The value is read from the parameters at each segment."""

    def figures(self, run: Any) -> Iterator[tuple[str, Any]]:
        from matplotlib.figure import Figure

        figure = Figure()
        figure.add_subplot().plot(run.metrics["epoch"], run.metrics["validation_error"])
        yield "learning-curve", figure


EXPERIMENT = Walk
