"""A spiking network learns a two-link arm (Gilra and Gerstner 2017, figure 4).

Judged open loop on random sequences of torques of -5, 0 and 5 N m, one second each.
``angle_error`` is the median over sequences of the root mean squared angle error [rad],
``angle_error_worst`` the largest; ``angle_spread`` the reference's own rms angle.  The same
sequences are run through at every one of :data:`CHECKPOINTS`; ``checkpoints_below`` is the share of
these from 3000 s on, the end included, at which the median is below 0.2 rad.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.follow import arm_figures, figures
from bioplaus.experiments.follow.protocol import (
    Training,
    duration_of,
    segment_of,
    settling_of,
    slow_at_the_end,
)
from bioplaus.models.follow.parameters import Arm
from bioplaus.parameters import Quantity, parameter
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run, Segment
from bioplaus.tasks.arm import TORQUE_SCALE, arm, torque_sequences

if TYPE_CHECKING:
    from bioplaus.records import RunReader

SHOWN = "torques"
CHECKPOINTS = (1000.0, 2000.0, 3000.0, 5000.0, 7000.0, 10_000.0, 12_500.0)
"""Learning times [s] at which the arm is tested on the way, whatever comes of it."""
LARGEST_ERROR = 0.2


@dataclass(frozen=True)
class Settings(Arm):
    """Learning time, and which of the two published sets of arm parameters."""

    duration: Quantity = duration_of("15000 second")
    segment: Quantity = segment_of("500 second")
    settling: Quantity = settling_of()
    arm: str = parameter(
        "code", "parameters of the arm: as simulated, or as printed", choices=("code", "article")
    )
    tests: int = parameter(23, "torque sequences of 1 s each", low=1)


class ArmTraining(Training):
    """Draws the torques of the test as well; every checkpoint sees the same.

    checked : learning time [s] and median error at each checkpoint so far.
    """

    period = 1.0

    def __init__(self, p: Settings, run: Run) -> None:
        """Draw them."""
        super().__init__(p, run)
        rng = np.random.default_rng([run.seed, p.tests])
        self._sequences = torque_sequences(p.tests, rng)
        self.checked: list[tuple[float, float]] = []
        self.keep(checked=self.checked)

    def check(self, segment: Segment) -> float:
        """The median error [rad], where a checkpoint is due after a segment; else not a number."""
        learned = (segment.number + 1) * float(to_quantity(self.p.segment))
        if learned not in CHECKPOINTS or learned >= float(to_quantity(self.p.duration)):
            return float("nan")
        self.listen(True)
        self.checked.append((learned, float(np.median(self._errors(None)[0]))))
        self.listen(False)
        return self.checked[-1][1]

    def task(self) -> tasks.Tracking:
        """Torques: noise and pedestal of 1/0.3 N m, interpolated; the reference is not filtered."""
        size = TORQUE_SCALE * self.p.radius / 0.3
        commands = tasks.CommandNoise((size,) * 2, (size,) * 2, self.period, interpolated=True)
        settings = tasks.TrackingSettings(filtered=False)
        return tasks.Tracking(arm(self.p.arm), commands, settings, self.rng)

    def test(self) -> Mapping[str, float]:
        """The last checkpoint is the end."""
        errors, spreads = self._errors(SHOWN)
        median = float(np.median(errors))
        judged = [error for learned, error in self.checked if learned >= 3000] + [median]
        return {
            "angle_error": median,
            "angle_error_worst": max(errors),
            "angle_spread": float(np.median(spreads)),
            "checkpoints_below": float(np.mean(np.array(judged) < LARGEST_ERROR)),
        }

    def _errors(self, name: str | None) -> tuple[list[float], list[float]]:
        """Each sequence begins after a second with the loop closed on random torques."""
        errors, spreads = [], []
        for number, torques in enumerate(self._sequences):
            self.close_loop(self.period)
            stretch = self.tracking.given(TORQUE_SCALE * torques)
            output = self.open_loop(name and (f"{name} {number}" if number else name), stretch)
            error = 2.5 * (output - stretch.target)[:, :2]
            errors.append(float(np.sqrt(np.mean(error**2))))
            spreads.append(float(np.sqrt(np.mean((2.5 * stretch.target[:, :2]) ** 2))))
        return errors, spreads


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn, slowly at the end where asked; test at checkpoints and in the last segment."""
    training = ArmTraining(p, run)
    for segment in run.segments(training.segments):
        metrics = training.advance(segment, slow_at_the_end(p, segment))
        run.log(**metrics, angle_error=training.check(segment))
    return training.finals()


def animate(run: RunReader, path: Path) -> Path:
    """Write an animated GIF of reference and network arm in the first torque sequence."""
    return arm_figures.animation(run, SHOWN, path)


FORM = "network"
FIGURES = {
    **figures.of_test(SHOWN, seconds=6.0),
    "sticks": lambda run: arm_figures.sticks(run, SHOWN),
}
