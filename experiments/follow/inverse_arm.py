"""An inverse model of the arm, learned while babbling, draws with it (Gilra and Gerstner 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.experiments.follow.protocol import FollowExperiment, duration_of, segment_of
from bioplaus.models.follow.parameters import InverseArm
from bioplaus.parameters import Quantity, parameter, to_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bioplaus.records import RunReader
    from bioplaus.tasks.arm import ArmSetting
    from bioplaus.tasks.tracking import Stretch, Tracking

TORQUE_SCALE = 0.1
STATE_SCALE = (1 / 2.5, 1 / 2.5, 0.15, 0.15)
DRAWINGS = {
    "diamond": ((0.0, 0.05), (0.1, 0.15), (0.0, 0.25), (-0.1, 0.15), (0.0, 0.05)),
    "zig-zag": ((0.0, 0.05), (0.1, 0.1), (-0.1, 0.15), (0.1, 0.2), (-0.1, 0.25)),
}
"""Corners of what the hand draws [m], seen from where it hangs at rest; the article's are not
printed."""


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
    feedback: float = parameter(
        3.0, "gain of the arm's fed-back deviation while it draws", source="2018", low=0.0
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

    Then the network's torques move the arm, whose hand is to draw a diamond and a zig-zag in 5 s
    each: ``hand_error_alone`` is the root mean squared distance [m] of the hand from where it
    should be, ``hand_error`` the same where the arm's deviation is fed back to the network, and
    ``hand_gain`` the ratio of the two.
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

    def setup(self) -> None:
        """Let the output move an arm of its own."""
        from brian2 import StateMonitor

        from bioplaus.models import follow
        from bioplaus.tasks.arm import DAMPING

        super().setup()
        constants = asdict(DAMPING[self.parameters.arm])
        self.control = follow.add_control(self.model, constants, STATE_SCALE, TORQUE_SCALE)
        self._angles = StateMonitor(
            self.control.arm, ("angle1", "angle2"), record=True, name="arm_angles"
        )
        self._angles.active = False
        self.network.add(self._angles)

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
        alone, fed_back = self._draw(0.0), self._draw(self.parameters.feedback)
        return {
            "torque_error": float(np.mean((output - stretch.target) ** 2)),
            "torque_error_share": normalised_error(output, stretch.target),
            "hand_error_alone": alone,
            "hand_error": fed_back,
            "hand_gain": fed_back / alone,
        }

    def _draw(self, gain: float) -> float:
        """All drawings with a gain of the feedback; hands are compared ``lag`` apart."""
        import numpy as np

        from bioplaus.tasks.arm import DAMPING, drawing

        setting = DAMPING[self.parameters.arm]
        apart = []
        self.control.set_gain(gain)
        for name, corners in DRAWINGS.items():
            hands = np.vstack([[0.0, 0.0], corners]) - [0.0, setting.l1 + setting.l2]
            wanted = drawing(hands, 5.0, setting)
            apart.append(self._draw_one(f"{name}, gain {gain:g}", wanted, setting))
        self.control.set_gain(0.0)
        return float(np.sqrt(np.mean(np.square(apart))))

    def _draw_one(self, name: str, wanted: NDArray[Any], setting: ArmSetting) -> float:
        import numpy as np

        from bioplaus.tasks.arm import joints

        lag = round(1e3 * float(to_quantity(self.parameters.lag)))
        states = np.vstack([wanted, np.tile(wanted[-1] * [1, 1, 0, 0], (lag, 1))])
        states *= np.array(STATE_SCALE)
        stretch = InverseStretch(
            present=states,
            past=np.concatenate([np.zeros((lag, 4)), states[:-lag]]),
            target=np.zeros((len(states), 2)),
            quiet=np.zeros(len(states)),
        )
        self.control.rest()
        self._angles.active = True
        begin = self.simulated_time
        self.open_loop(None, stretch)
        self._angles.active = False
        angles = np.stack([self._angles.angle1[0], self._angles.angle2[0]], axis=1)[-len(states) :]
        hands = {
            "wanted": joints(wanted[:, :2], setting)[:, 2],
            "drawn": joints(angles, setting)[lag:, 2],
        }
        self.put_recording(
            traces={
                (name, which): (begin + 1e-3 * np.arange(len(hand)), hand.T, "m")
                for which, hand in hands.items()
            }
        )
        apart = hands["drawn"] - hands["wanted"]
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
        from bioplaus.experiments.follow import figures as drawn

        yield "learning-curve", drawn.learning_curve(run)
        yield "open-loop", drawn.open_loop(run, self.shown_test, self.shown_seconds)
        yield "raster", drawn.raster(run, self.shown_test, self.shown_neurons)
        gains = (0.0, run.parameters["feedback"])
        yield "drawing", drawn.hands(run, list(DRAWINGS), gains)


EXPERIMENT = FollowInverseArm

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
