"""An inverse model of the arm, learned while babbling, draws with it (Gilra and Gerstner 2018).

``torque_error`` is the mean squared torque error in network units, 40 s open loop.  Then the
network's torques move the arm, whose hand is to draw a diamond and a zig-zag in 5 s each:
``hand_error_alone`` is the root mean squared distance [m] of the hand from where it should be,
``hand_error`` the same where the arm's deviation is fed back to the network, and ``hand_gain`` the
ratio of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus import tasks
from bioplaus.analysis.open_loop import normalised_error
from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.protocol import Training, duration_of, segment_of
from bioplaus.models import follow
from bioplaus.models.follow.parameters import InverseArm
from bioplaus.parameters import Quantity, parameter
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run
from bioplaus.tasks.arm import DAMPING, ArmSetting, arm, drawing, joints

SHOWN = "babbling"
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


class InverseArmTraining(Training):
    """Babbling turned round: states in, torques out.  The output moves an arm of its own."""

    period = 1.0

    def __init__(self, p: Settings, run: Run) -> None:
        """Add the arm, and keep what it did just before."""
        from brian2 import StateMonitor

        super().__init__(p, run)
        self.keep(before=self._before)
        constants = asdict(DAMPING[p.arm])
        self.control = follow.add_control(self.model, constants, STATE_SCALE, TORQUE_SCALE)
        self._angles = StateMonitor(
            self.control.arm, ("angle1", "angle2"), record=True, name="arm_angles"
        )
        self._angles.active = False
        self.model.network.add(self._angles)

    def task(self) -> tasks.Tracking:
        """Babbling: noise and pedestal of 1/0.3 N m, interpolated."""
        size = TORQUE_SCALE / 0.3
        commands = tasks.CommandNoise((size,) * 2, (size,) * 2, self.period, interpolated=True)
        body = replace(
            arm(self.p.arm),
            state_scale=STATE_SCALE,
            command_scale=(TORQUE_SCALE, TORQUE_SCALE),
        )
        lag = round(1e3 * float(to_quantity(self.p.lag)))
        self._before = {"state": np.zeros((lag, 4)), "torque": np.zeros((lag, 2))}
        return tasks.Tracking(body, commands, tasks.TrackingSettings(filtered=False), self.rng)

    def training_stretch(self, seconds: float) -> Any:
        """The arm's babbling, turned round: states in, torques out."""
        forward = self.tracking.training(seconds)
        late = {}
        for name, values in (("state", forward.target), ("torque", forward.command)):
            joined = np.concatenate([self._before[name], values])
            lag = len(self._before[name])
            late[name], self._before[name] = joined[:-lag], joined[-lag:]
        return InverseStretch(forward.target, late["state"], late["torque"], forward.quiet)

    def test(self) -> Mapping[str, float]:
        """One second closed, then 40 s open."""
        self.close_loop(self.period)
        stretch = self.training_stretch(40.0)
        output = self.open_loop(SHOWN, stretch)
        alone, fed_back = self._draw(0.0), self._draw(self.p.feedback)
        return {
            "torque_error": float(np.mean((output - stretch.target) ** 2)),
            "torque_error_share": normalised_error(output, stretch.target),
            "hand_error_alone": alone,
            "hand_error": fed_back,
            "hand_gain": fed_back / alone,
        }

    def _draw(self, gain: float) -> float:
        """All drawings with a gain of the feedback; hands are compared ``lag`` apart."""
        setting = DAMPING[self.p.arm]
        apart = []
        self.control.set_gain(gain)
        for name, corners in DRAWINGS.items():
            hands = np.vstack([[0.0, 0.0], corners]) - [0.0, setting.l1 + setting.l2]
            wanted = drawing(hands, 5.0, setting)
            apart.append(self._draw_one(f"{name}, gain {gain:g}", wanted, setting))
        self.control.set_gain(0.0)
        return float(np.sqrt(np.mean(np.square(apart))))

    def _draw_one(self, name: str, wanted: NDArray[Any], setting: ArmSetting) -> float:
        lag = round(1e3 * float(to_quantity(self.p.lag)))
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
        begin = float(self.model.network.t_)
        self.open_loop(None, stretch)
        self._angles.active = False
        angles = np.stack([self._angles.angle1[0], self._angles.angle2[0]], axis=1)[-len(states) :]
        hands = {
            "wanted": joints(wanted[:, :2], setting)[:, 2],
            "drawn": joints(angles, setting)[lag:, 2],
        }
        for which, hand in hands.items():
            times = begin + 1e-3 * np.arange(len(hand))
            self.run.put(f"{name}, {which}", hand, "m", time=(times, "s"), coordinate=["x", "y"])
        apart = hands["drawn"] - hands["wanted"]
        return float(np.sqrt(np.mean(np.sum(apart**2, axis=1))))


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn; test and draw in the last segment."""
    training = InverseArmTraining(p, run)
    for segment in run.segments(training.segments):
        run.log(**training.advance(segment))
    return training.finals()


FORM = "network"
FIGURES = {
    **figures.of_test(SHOWN),
    "drawing": lambda run: figures.hands(run, list(DRAWINGS), (0.0, run.parameters["feedback"])),
}
