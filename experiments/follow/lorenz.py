"""A spiking network learns the Lorenz attractor (Gilra and Gerstner 2017, figure 3).

Judged by a free run: is it bounded, does it keep visiting both wings, what is its map?  ``follows``
is the time [s] for which the output stays within 5 of the reference; ``switches`` and
``switches_late`` count changes of wing in the whole free run and in its last quarter; ``map_error``
is the distance between the maps of successive maxima of x3.  ``kept`` is 1 where the attractor was:
bounded, both wings visited to the end, map error below 0.15 of its range.  ``field_error`` compares
the field that the weights stand for with the reference's motion, in units of its variance, on the
training reference alone.  ``wing_growth`` is the rate [1/s] at which that field leaves the less
repelling of the two wings' rest states, 0.09 in the equations: negative, and one wing attracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root

from bioplaus import tasks
from bioplaus.analysis.open_loop import (
    maxima,
    normalised_error,
    return_map_error,
    wing_switches,
)
from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.protocol import (
    Training,
    duration_of,
    segment_of,
    settling_of,
    slow_at_the_end,
)
from bioplaus.models import follow
from bioplaus.models.follow.parameters import Lorenz
from bioplaus.parameters import Quantity, parameter
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run

SHOWN = "free run"
WINGS = np.array([[1.0, 1.0, 0.0], [-1.0, -1.0, 0.0]]) * np.sqrt(72.0) - [0.0, 0.0, 1.0]
"""Rest states of the two wings in the equations."""
KEPT_MAP_ERROR = 0.15
"""Error of the map of maxima, over its range, up to which the attractor counts as learned."""


@dataclass(frozen=True)
class Settings(Lorenz):
    """Learning time, whether the reference is filtered (not in supplement 1), and what starts it.

    The published reference is kicked once and then left to itself for the whole time.
    """

    duration: Quantity = duration_of("15000 second")
    segment: Quantity = segment_of("500 second")
    settling: Quantity = settling_of()
    filtered: bool = parameter(True, "whether the reference passes the synaptic filter")
    kicked: str = parameter(
        "once", "when a pulse moves the reference", choices=("once", "every 20 s")
    )
    free: Quantity = parameter("400 second", "length of the free run", low="10 second")
    weights_from: str = parameter(
        "learning",
        "where the weights start: at nothing, or at those computed from the equations",
        choices=("learning", "equations"),
    )


class LorenzTraining(Training):
    """The attractor, kicked once or again and again."""

    period = 20.0

    def __init__(self, p: Settings, run: Run) -> None:
        """Build the network, and set its weights where they are computed."""
        super().__init__(p, run)
        if p.weights_from == "equations":
            drawn = np.random.default_rng(run.seed)
            self.model.set_weights(follow.ideal_weights(self.model, motion, _driven, drawn))

    def task(self) -> tasks.Tracking:
        """One pulse of R2/10 for 250 ms, then no command."""
        size = self.p.radius / 10
        again = self.p.kicked != "once"
        commands = tasks.CommandNoise(
            (size,) * 3, (0.0,) * 3, self.period, tick=0.25, once=0.25, again=again
        )
        settings = tasks.TrackingSettings(filtered=self.p.filtered)
        return tasks.Tracking(tasks.LORENZ, commands, settings, self.rng)

    def test(self) -> Mapping[str, float]:
        """Twenty seconds closed, then the loop is opened."""
        self.close_loop(self.period)
        seconds = round(float(to_quantity(self.p.free)))
        free = self.tracking.given(np.zeros((1000 * seconds, 3)))
        output = self.open_loop(SHOWN, free)
        apart = np.flatnonzero(np.linalg.norm(output - free.target, axis=1) > 5.0)
        long_reference = self.tracking.given(np.zeros((2_000_000, 3))).target[:, 2]
        reference = maxima(long_reference)
        largest = float(np.abs(output).max())
        late = wing_switches(output[-len(output) // 4 :, 0])
        map_error = return_map_error(maxima(output[:, 2]), reference)
        kept = largest < 2 * self.p.radius and late > 0 and map_error < KEPT_MAP_ERROR
        return {
            "largest_state": largest,
            "follows": float(apart[0] * 1e-3) if len(apart) else float(seconds),
            "switches": float(wing_switches(output[:, 0])),
            "switches_reference": float(wing_switches(free.target[:, 0])),
            "switches_late": float(late),
            "map_error": map_error,
            "kept": float(kept),
            "field_error": self._field_error(),
            "wing_growth": min(map(self._growth, WINGS)),
        }

    def _growth(self, wing: NDArray[np.float64]) -> float:
        """Largest real part of the field's eigenvalues where it rests, near a wing [1/s]."""
        nothing = np.zeros((1, 3))
        rest = root(lambda x: follow.learned_field(self.model, x[None], nothing)[0], wing).x
        around = 0.2 * np.vstack([np.eye(3), -np.eye(3)])
        field = follow.learned_field(self.model, rest + around, np.repeat(nothing, 6, axis=0))
        jacobian = (field[:3] - field[3:]).T / 0.4
        return float(np.linalg.eigvals(jacobian).real.max())

    def _field_error(self) -> float:
        """On 4000 points of the reference, 50 ms apart."""
        reference = self.tracking.given(np.zeros((200_000, 3))).target
        motion = np.gradient(reference, 1e-3, axis=0)[25::50]
        states = reference[25::50]
        return normalised_error(
            follow.learned_field(self.model, states, np.zeros_like(states)), motion
        )


def motion(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """dx/dt of the Lorenz system without command, (points, 3)."""
    x1, x2, x3 = states.T
    return np.stack([10 * (x2 - x1), -x1 * x3 - x2, x1 * x2 - 8 / 3 * (x3 + 28)], axis=1)


def _driven(commands: NDArray[np.float64]) -> NDArray[np.float64]:
    return commands / 0.02


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn, slowly at the end where asked; run free in the last segment."""
    training = LorenzTraining(p, run)
    for segment in run.segments(training.segments):
        run.log(**training.advance(segment, slow_at_the_end(p, segment)))
    return training.finals()


FORM = "network"
FIGURES = {
    **figures.of_test(SHOWN, seconds=20.0),
    "butterfly": lambda run: figures.phase(run, SHOWN, 40.0, ("x1", "x3"), (0, 2)),
    "tent-map": lambda run: figures.return_map(run, SHOWN, 2),
}
