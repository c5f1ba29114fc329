"""A spiking network learns a two-link arm (Gilra and Gerstner 2017, figure 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bioplaus.experiments._follow import FollowExperiment, duration_of, segment_of
from bioplaus.models.follow.parameters import Arm
from bioplaus.parameters import Quantity, parameter

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from bioplaus.records import RunReader
    from bioplaus.tasks.tracking import Tracking


@dataclass(frozen=True)
class Settings(Arm):
    """Learning time, and which of the two published sets of arm parameters."""

    duration: Quantity = duration_of("15000 second")
    segment: Quantity = segment_of("500 second")
    arm: str = parameter(
        "code", "parameters of the arm: as simulated, or as printed", choices=("code", "article")
    )
    tests: int = parameter(23, "torque sequences of 1 s each", low=1)


class FollowArm(FollowExperiment):
    """Judged open loop on random sequences of torques of -5, 0 and 5 N m, one second each.

    ``angle_error`` is the median over sequences of the root mean squared angle error [rad],
    ``angle_error_worst`` the largest; ``angle_spread`` the reference's own rms angle.
    """

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 300,
        "duration": "400 second",
        "segment": "100 second",
        "learning_rate": "1e-2 second",
    }
    period = 1.0
    shown_test = "torques"
    shown_seconds = 6.0

    def task(self) -> Tracking:
        """Torques: noise and pedestal of 1/0.3 N m, interpolated; the reference is not filtered."""
        from bioplaus.tasks.arm import TORQUE_SCALE, arm
        from bioplaus.tasks.tracking import CommandNoise, Tracking, TrackingSettings

        size = TORQUE_SCALE * self.parameters.radius / 0.3
        commands = CommandNoise((size,) * 2, (size,) * 2, self.period, interpolated=True)
        settings = TrackingSettings(filtered=False)
        return Tracking(arm(self.parameters.arm), commands, settings, self.rng)

    def test(self) -> Mapping[str, float]:
        """Each sequence begins after a second with the loop closed on random torques."""
        import numpy as np

        from bioplaus.tasks.arm import TORQUE_SCALE, torque_sequences

        sequences = torque_sequences(self.parameters.tests, self.rng)
        errors, spreads = [], []
        for number, torques in enumerate(sequences):
            self.close_loop(self.period)
            stretch = self.tracking.given(TORQUE_SCALE * torques)
            output = self.open_loop(f"{self.shown_test} {number}" if number else "torques", stretch)
            error = 2.5 * (output - stretch.target)[:, :2]
            errors.append(float(np.sqrt(np.mean(error**2))))
            spreads.append(float(np.sqrt(np.mean((2.5 * stretch.target[:, :2]) ** 2))))
        return {
            "angle_error": float(np.median(errors)),
            "angle_error_worst": max(errors),
            "angle_spread": float(np.median(spreads)),
        }

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Adds the arm as sticks over time."""
        from bioplaus.experiments import _follow_arm_figures as drawn

        yield from super().figures(run)
        yield "sticks", drawn.sticks(run, self.shown_test)


def animate(run: RunReader, path: Path) -> Path:
    """Write an animated GIF of reference and network arm in the first torque sequence."""
    from bioplaus.experiments import _follow_arm_figures as drawn

    return drawn.animation(run, FollowArm.shown_test, path)


EXPERIMENT = FollowArm

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
