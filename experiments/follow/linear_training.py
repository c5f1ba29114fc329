"""Learning the damped linear oscillator, alone or as a member of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bioplaus import tasks
from bioplaus.analysis.open_loop import normalised_error
from bioplaus.experiments.follow.protocol import Training, duration_of, segment_of
from bioplaus.models.follow.parameters import Linear
from bioplaus.parameters import Quantity, parameter
from bioplaus.quantity import to_quantity
from bioplaus.tasks.tracking import ramp_and_step

__all__ = ["LinearSettings", "LinearTraining"]


@dataclass(frozen=True)
class LinearSettings(Linear):
    """Learning time, and what may go wrong with the reference (figure 6)."""

    duration: Quantity = duration_of("1000 second")
    segment: Quantity = segment_of()
    reference_delay: Quantity = parameter(
        "0 ms", "how late the reference arrives", symbol="Delta", source="figure 6", low="0 ms"
    )
    compensated: bool = parameter(False, "whether the command arrives as late as the reference")
    error_noise: float = parameter(
        0.0, "standard deviation of white noise on the error", source="figure 6", low=0.0
    )


class LinearTraining(Training):
    """Linear system; the open loop is judged on 40 s of random input and a ramp with a step."""

    system: ClassVar[tasks.System] = tasks.LINEAR
    """The reference to imitate."""

    def task(self) -> tasks.Tracking:
        """Noise of R1/6, pedestal of R2/16."""
        p = self.p
        settings = tasks.TrackingSettings(
            noise=p.error_noise,
            delay=float(to_quantity(p.reference_delay)),
            compensated=p.compensated,
        )
        pulse, pedestal = p.command_radius / 6, p.radius / 16
        commands = tasks.CommandNoise((pulse, pulse), (pedestal, pedestal), self.period)
        return tasks.Tracking(self.system, commands, settings, self.rng)

    def test(self) -> Mapping[str, float]:
        """One second closed, then 40 s open; the same before the structured input."""
        self.close_loop(self.period)
        random = self.tracking.training(40.0)
        output = self.open_loop("random input", random)
        parts = zip(np.split(output, 5), np.split(random.target, 5))
        stretches = [normalised_error(part, target) for part, target in parts]
        self.close_loop(self.period)
        structured = self.tracking.given(ramp_and_step())
        answer = self.open_loop("ramp and step", structured)
        return {
            "open_loop_error": normalised_error(output, random.target),
            "open_loop_error_8s": float(np.median(stretches)),
            "structured_error": normalised_error(answer, structured.target),
        }
