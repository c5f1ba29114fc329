"""A spiking network learns a damped linear oscillator (Gilra and Gerstner 2017, figure 2-2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bioplaus.experiments.follow.protocol import FollowExperiment, duration_of, segment_of
from bioplaus.models.follow.parameters import Linear
from bioplaus.parameters import Quantity, parameter, to_quantity

if TYPE_CHECKING:
    from bioplaus.tasks.dynamical_systems import System
    from bioplaus.tasks.tracking import Tracking


@dataclass(frozen=True)
class Settings(Linear):
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


class FollowLinear(FollowExperiment):
    """Linear system; the open loop is judged on 40 s of random input and a ramp with a step."""

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {"neurons": 300, "learning_rate": "1e-2 second"}

    def system(self) -> System:
        """The reference to imitate."""
        from bioplaus.tasks.dynamical_systems import LINEAR

        return LINEAR

    def task(self) -> Tracking:
        """Noise of R1/6, pedestal of R2/16."""
        from bioplaus.tasks.tracking import CommandNoise, Tracking, TrackingSettings

        p = self.parameters
        settings = TrackingSettings(
            noise=p.error_noise,
            delay=float(to_quantity(p.reference_delay)),
            compensated=p.compensated,
        )
        pulse, pedestal = p.command_radius / 6, p.radius / 16
        commands = CommandNoise((pulse, pulse), (pedestal, pedestal), self.period)
        return Tracking(self.system(), commands, settings, self.rng)

    def test(self) -> Mapping[str, float]:
        """One second closed, then 40 s open; the same before the structured input."""
        import numpy as np

        from bioplaus.analysis.open_loop import normalised_error
        from bioplaus.tasks.tracking import ramp_and_step

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


EXPERIMENT = FollowLinear

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
