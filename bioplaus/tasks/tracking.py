"""Imitation of a driven system: random commands, the reference trajectory, and when to be quiet.

The published protocol (Gilra and Gerstner 2017, methods): a pedestal that changes every trial plus
noise that changes every 50 ms drive the reference system; the reference is low-pass filtered like
the network's output.  Everything comes in stretches, each continuing the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.tasks.dynamical_systems import System, low_pass, trajectory

__all__ = [
    "CommandNoise",
    "Stretch",
    "Tracking",
    "TrackingSettings",
    "pulses_on_pedestals",
    "ramp_and_step",
]

Array = NDArray[np.floating[Any]]
DT = 0.001


@dataclass(frozen=True)
class Stretch:
    """What is presented for a while, one row for each millisecond.

    command : (steps, command dimensions) what the network receives; target : (steps, dimensions)
    what its output is compared with; quiet : (steps,) 1 where the network is silenced.
    """

    command: Array
    target: Array
    quiet: Array

    def __len__(self) -> int:
        return len(self.command)


@dataclass(frozen=True)
class CommandNoise:
    """Pedestal of a random direction every ``period`` seconds, plus uniform noise every 50 ms.

    pulse : (command dimensions,) largest noise; pedestal : (command dimensions,) length of the
    pedestal, by component, in network units.  ``interpolated`` joins the drawn values by straight
    lines instead of holding them.  ``once`` lets the noise last for that many seconds only, of the
    first trial, or of each if it comes ``again``.
    """

    pulse: tuple[float, ...]
    pedestal: tuple[float, ...]
    period: float
    tick: float = 0.05
    interpolated: bool = False
    once: float = 0.0
    again: bool = False

    def draw(
        self, steps: int, rng: np.random.Generator, last: tuple[Array, Array] | None
    ) -> tuple[Array, Array, tuple[Array, Array]]:
        """Noise and pedestal, (steps, command dimensions) each, and the values drawn last.

        last : noise and pedestal with which the stretch begins, where it is interpolated.
        """
        pulse, ends_pulse = self._knots(
            steps, self.tick, lambda n: rng.uniform(-1, 1, (n, len(self.pulse))), self.pulse,
            None if last is None else last[0],
        )  # fmt: skip
        pedestal, ends_pedestal = self._knots(
            steps, self.period, lambda n: self._directions(n, rng), self.pedestal,
            None if last is None else last[1],
        )  # fmt: skip
        return pulse, pedestal, (ends_pulse, ends_pedestal)

    def _directions(self, count: int, rng: np.random.Generator) -> Array:
        vectors = rng.standard_normal((count, len(self.pedestal)))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _knots(
        self, steps: int, every: float, draw: Any, size: tuple[float, ...], first: Array | None
    ) -> tuple[Array, Array]:
        length = round(every / DT)
        count = -(-steps // length)
        values = draw(count) * np.asarray(size)
        if not self.interpolated:
            return np.repeat(values, length, axis=0)[:steps], values[-1]
        begin = np.zeros(values.shape[1]) if first is None else first
        knots = np.vstack([begin, values])
        times = np.arange(steps) / length
        columns = [np.interp(times, np.arange(count + 1), column) for column in knots.T]
        return np.stack(columns, axis=1), values[-1]


@dataclass(frozen=True)
class TrackingSettings:
    """How a system is presented.

    filtered : whether the reference passes the synaptic filter before the error is formed.
    rest : seconds at the end of each trial in which noise stops, the reference is held at zero and
    the network is silenced.  noise : standard deviation of white noise on the error, for each
    component.  delay : seconds by which the reference reaches the network late;
    ``compensated`` delays the command as well.
    """

    filtered: bool = True
    rest: float = 0.0
    noise: float = 0.0
    delay: float = 0.0
    compensated: bool = False


class Tracking:
    """Random stretches of a task, continued from one to the next."""

    def __init__(
        self,
        system: System,
        commands: CommandNoise,
        settings: TrackingSettings,
        rng: np.random.Generator,
    ) -> None:
        self.system = system
        self.commands = commands
        self.settings = settings
        self.rng = rng
        late = round(settings.delay / DT)
        self._state: Array = np.full(system.dimensions, system.start)
        self._filtered: Array = np.zeros(system.dimensions)
        self._last: tuple[Array, Array] | None = None
        self._late_target = np.zeros((late, system.dimensions))
        self._late_command = np.zeros((late, system.command_dimensions))
        self._steps = 0

    def training(self, seconds: float) -> Stretch:
        """The next stretch of random input, for whole trials."""
        steps = round(seconds / DT)
        pulse, pedestal, self._last = self.commands.draw(steps, self.rng, self._last)
        if self.commands.once:
            since = self._steps + np.arange(steps)
            if self.commands.again:
                since %= round(self.commands.period / DT)
            pulse[since >= round(self.commands.once / DT)] = 0.0
        quiet = self._quiet(steps)
        pulse[quiet] = 0.0
        self._steps += steps
        return self._present(pulse + pedestal, quiet)

    def given(self, command: Array, quiet: NDArray[np.bool_] | None = None) -> Stretch:
        """A stretch of given commands (steps, command dimensions), without noise and rest."""
        if quiet is None:
            quiet = np.zeros(len(command), dtype=np.bool_)
        return self._present(command, quiet)

    def _quiet(self, steps: int) -> NDArray[np.bool_]:
        trial = round(self.commands.period / DT)
        rest = round(self.settings.rest / DT)
        return np.asarray((self._steps + np.arange(steps)) % trial >= trial - rest)

    def _present(self, command: Array, quiet: NDArray[np.bool_]) -> Stretch:
        states, self._state = trajectory(self.system, self._state, command, quiet)
        target = states
        if self.settings.filtered:
            target, self._filtered = low_pass(states, self._filtered)
        if self.settings.noise:
            target = target + self.settings.noise * self.rng.standard_normal(target.shape)
        stretch = Stretch(command, target, quiet.astype(float))
        return self._delayed(stretch) if self.settings.delay else stretch

    def _delayed(self, stretch: Stretch) -> Stretch:
        late = len(self._late_target)
        target = np.concatenate([self._late_target, stretch.target])
        self._late_target = target[-late:]
        stretch = replace(stretch, target=target[:-late])
        if not self.settings.compensated:
            return stretch
        command = np.concatenate([self._late_command, stretch.command])
        self._late_command = command[-late:]
        return replace(stretch, command=command[:-late])

    def state(self) -> dict[str, Any]:
        """What continues from one stretch to the next, the generator aside."""
        return {
            "state": self._state.copy(),
            "filtered": self._filtered.copy(),
            "last": None if self._last is None else tuple(x.copy() for x in self._last),
            "late_target": self._late_target.copy(),
            "late_command": self._late_command.copy(),
            "steps": self._steps,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that :meth:`state` gave."""
        self._state = np.array(state["state"])
        self._filtered = np.array(state["filtered"])
        last = state["last"]
        self._last = None if last is None else (np.array(last[0]), np.array(last[1]))
        self._late_target = np.array(state["late_target"])
        self._late_command = np.array(state["late_command"])
        self._steps = int(state["steps"])


def ramp_and_step(seconds: float = 4.0) -> Array:
    """Structured test of the linear system: a ramp to (0.075, 0.05) in 2 s, then (0.025, -0.025).

    (steps, 2) in network units; Gilra and Gerstner (2017), figure 2, supplement 2.
    """
    steps, half = round(seconds / DT), round(2.0 / DT)
    command = np.tile([0.025, -0.025], (steps, 1))
    command[:half] = np.arange(half)[:, None] / half * np.array([0.075, 0.05])
    return command


def pulses_on_pedestals(tests: int, radius: float, rng: np.random.Generator) -> Array:
    """Structured test of the van der Pol system: (tests, 4000 steps, 2) in network units.

    In each 4 s a pulse of 0.1 s and norm R1/2 in a random direction stands at the beginning of a
    pedestal drawn from U(-R1/2, R1/2), its first component divided by 3; figures 1 and 2.
    """
    directions = rng.standard_normal((tests, 2))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    pedestals = rng.uniform(-radius / 2, radius / 2, (tests, 2)) / np.array([3.0, 1.0])
    command = np.repeat(pedestals[:, None], round(4.0 / DT), axis=1)
    command[:, : round(0.1 / DT)] += radius / 2 * directions[:, None]
    return command
