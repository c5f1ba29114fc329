"""An inverse model of the arm, learned while babbling (Gilra and Gerstner 2018, figure 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.experiments._follow import FollowExperiment, duration_of, segment_of
from bioplaus.models.follow.parameters import InverseArm
from bioplaus.parameters import Quantity, parameter, to_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bioplaus.records import RunReader
    from bioplaus.tasks.tracking import Stretch, Tracking

TORQUE_SCALE = 0.1
STATE_SCALE = (1 / 2.5, 1 / 2.5, 0.15, 0.15)


@dataclass(frozen=True)
class Settings(InverseArm):
    """Learning time, arm, and how far the two layers' views lie apart."""

    duration: Quantity = duration_of("10000 second", "2018, figure 2")
    segment: Quantity = segment_of("500 second")
    arm: str = parameter(
        "code", "parameters of the arm: as simulated, or as printed", choices=("code", "article")
    )
    lag: Quantity = parameter(
        "50 ms", "age of the second state and of the torque to infer", source="2018", low="1 ms"
    )


@dataclass(frozen=True)
class InverseStretch:
    """States now and before, (steps, 4), and the torque between them, (steps, 2)."""

    present: NDArray[Any]
    past: NDArray[Any]
    target: NDArray[Any]
    quiet: NDArray[Any]

    def __len__(self) -> int:
        return len(self.target)


class FollowInverseArm(FollowExperiment):
    """``torque_error`` is the mean squared torque error in network units, 40 s open loop.

    ``hand_error`` is how well the arm draws when the network's torques move it: root mean squared
    distance [m] of the hand from a diamond with sides of 14 cm, drawn in 5 s without feedback.
    """

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 250,
        "command_neurons": 100,
        "duration": "400 second",
        "segment": "100 second",
    }
    period = 1.0
    shown_test = "babbling"

    def task(self) -> Tracking:
        """Babbling: noise and pedestal of 1/0.3 N m, interpolated."""
        from dataclasses import replace

        import numpy as np

        from bioplaus.tasks.arm import arm
        from bioplaus.tasks.tracking import CommandNoise, Tracking, TrackingSettings

        size = TORQUE_SCALE / 0.3
        commands = CommandNoise((size,) * 2, (size,) * 2, self.period, interpolated=True)
        body = replace(
            arm(self.parameters.arm),
            state_scale=STATE_SCALE,
            command_scale=(TORQUE_SCALE, TORQUE_SCALE),
        )
        lag = round(1e3 * float(to_quantity(self.parameters.lag)))
        self._before = {"state": np.zeros((lag, 4)), "torque": np.zeros((lag, 2))}
        return Tracking(body, commands, TrackingSettings(filtered=False), self.rng)

    def training_stretch(self, seconds: float) -> Any:
        """The arm's babbling, turned round: states in, torques out."""
        import numpy as np

        forward: Stretch = self.tracking.training(seconds)
        late = {}
        for name, values in (("state", forward.target), ("torque", forward.command)):
            joined = np.concatenate([self._before[name], values])
            lag = len(self._before[name])
            late[name], self._before[name] = joined[:-lag], joined[-lag:]
        return InverseStretch(forward.target, late["state"], late["torque"], forward.quiet)

    def test(self) -> Mapping[str, float]:
        """One second closed, then 40 s open."""
        import numpy as np

        from bioplaus.analysis.open_loop import normalised_error

        self.close_loop(self.period)
        stretch = self.training_stretch(40.0)
        output = self.open_loop(self.shown_test, stretch)
        return {
            "torque_error": float(np.mean((output - stretch.target) ** 2)),
            "torque_error_share": normalised_error(output, stretch.target),
            "hand_error": self._draw(),
        }

    def _draw(self) -> float:
        """Desired states to torques, torques to the arm; hands are compared ``lag`` apart."""
        import numpy as np

        from bioplaus.tasks.arm import DAMPING, drawing, joints
        from bioplaus.tasks.dynamical_systems import trajectory

        setting = DAMPING[self.parameters.arm]
        rest = np.array([0.0, -setting.l1 - setting.l2])
        diamond = rest + np.array([[0, 0.05], [0.1, 0.15], [0, 0.25], [-0.1, 0.15], [0, 0.05]])
        wanted = drawing(np.vstack([rest, diamond]), 5.0, setting) * np.array(STATE_SCALE)
        lag = round(1e3 * float(to_quantity(self.parameters.lag)))
        stretch = InverseStretch(
            present=wanted,
            past=np.concatenate([np.zeros((lag, 4)), wanted[:-lag]]),
            target=np.zeros((len(wanted), 2)),
            quiet=np.zeros(len(wanted)),
        )
        torques = self.open_loop("drawing", stretch)
        moved, _ = trajectory(self.tracking.system, np.zeros(4), torques)
        hands = [joints(2.5 * states[:, :2], setting)[:, 2] for states in (wanted, moved)]
        apart = hands[1][lag:] - hands[0][:-lag]
        self.put_recording(
            traces={
                ("hand", name): (1e-3 * np.arange(len(hand)), hand.T, "m")
                for name, hand in zip(("wanted", "drawn"), hands)
            }
        )
        return float(np.sqrt(np.mean(np.sum(apart**2, axis=1))))

    def state(self) -> Mapping[str, Any]:
        """Also what the arm did just before."""
        before = {name: values.copy() for name, values in self._before.items()}
        return {"follow": super().state(), "before": before}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state."""
        import numpy as np

        super().restore(state["follow"])
        self._before = {name: np.array(values) for name, values in state["before"].items()}

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curve, torques over time, raster, and what the hand drew."""
        from bioplaus.experiments import _follow_figures as drawn

        yield "learning-curve", drawn.learning_curve(run)
        yield "open-loop", drawn.open_loop(run, self.shown_test, self.shown_seconds)
        yield "raster", drawn.raster(run, self.shown_test, self.shown_neurons)
        yield "drawing", drawn.hand(run)


EXPERIMENT = FollowInverseArm

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
