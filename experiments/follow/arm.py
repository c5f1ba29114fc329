"""A spiking network learns a two-link arm (Gilra and Gerstner 2017, figure 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.experiments.follow.protocol import duration_of, segment_of
from bioplaus.experiments.follow.settling import SettlingExperiment, settling_of
from bioplaus.models.follow.parameters import Arm
from bioplaus.parameters import Quantity, parameter, to_quantity

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from bioplaus.records import RunReader
    from bioplaus.tasks.tracking import Tracking

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


class FollowArm(SettlingExperiment):
    """Judged open loop on random sequences of torques of -5, 0 and 5 N m, one second each.

    ``angle_error`` is the median over sequences of the root mean squared angle error [rad],
    ``angle_error_worst`` the largest; ``angle_spread`` the reference's own rms angle.  The same
    sequences are run through at every one of :data:`CHECKPOINTS`; ``checkpoints_below`` is the
    share of these from 3000 s on, the end included, at which the median is below 0.2 rad.
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

    def setup(self) -> None:
        """Draw the torques of the test as well; every checkpoint sees the same."""
        import numpy as np

        from bioplaus.tasks.arm import torque_sequences

        super().setup()
        rng = np.random.default_rng([self.seed, self.parameters.tests])
        self._sequences = torque_sequences(self.parameters.tests, rng)
        self.checked: dict[float, float] = {}

    def advance(self, segment: int) -> Mapping[str, float]:
        """Learn, and test where a checkpoint is due."""
        import numpy as np

        metrics = super().advance(segment)
        learned = (segment + 1) * float(to_quantity(self.parameters.segment))
        if learned in CHECKPOINTS and learned < float(to_quantity(self.parameters.duration)):
            self.listen(True)
            self.checked[learned] = float(np.median(self._errors(None)[0]))
            self.listen(False)
        return {**metrics, "angle_error": self.checked.get(learned, float("nan"))}

    def test(self) -> Mapping[str, float]:
        """The last checkpoint is the end."""
        import numpy as np

        errors, spreads = self._errors(self.shown_test)
        median = float(np.median(errors))
        judged = [error for learned, error in self.checked.items() if learned >= 3000] + [median]
        return {
            "angle_error": median,
            "angle_error_worst": max(errors),
            "angle_spread": float(np.median(spreads)),
            "checkpoints_below": float(np.mean(np.array(judged) < LARGEST_ERROR)),
        }

    def _errors(self, name: str | None) -> tuple[list[float], list[float]]:
        """Each sequence begins after a second with the loop closed on random torques."""
        import numpy as np

        from bioplaus.tasks.arm import TORQUE_SCALE

        errors, spreads = [], []
        for number, torques in enumerate(self._sequences):
            self.close_loop(self.period)
            stretch = self.tracking.given(TORQUE_SCALE * torques)
            output = self.open_loop(name and (f"{name} {number}" if number else name), stretch)
            error = 2.5 * (output - stretch.target)[:, :2]
            errors.append(float(np.sqrt(np.mean(error**2))))
            spreads.append(float(np.sqrt(np.mean((2.5 * stretch.target[:, :2]) ** 2))))
        return errors, spreads

    def state(self) -> Mapping[str, Any]:
        """Also the errors at the checkpoints so far."""
        checked = {"learned": tuple(self.checked), "errors": tuple(self.checked.values())}
        return {"follow": super().state(), "checked": checked}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state."""
        super().restore(state["follow"])
        checked = state["checked"]
        self.checked = dict(zip(checked["learned"], checked["errors"], strict=True))

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Adds the arm as sticks over time."""
        from bioplaus.experiments.follow import arm_figures as drawn

        yield from super().figures(run)
        yield "sticks", drawn.sticks(run, self.shown_test)


def animate(run: RunReader, path: Path) -> Path:
    """Write an animated GIF of reference and network arm in the first torque sequence."""
    from bioplaus.experiments.follow import arm_figures as drawn

    return drawn.animation(run, FollowArm.shown_test, path)


EXPERIMENT = FollowArm

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
