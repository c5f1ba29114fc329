"""A spiking network learns the Lorenz attractor (Gilra and Gerstner 2017, figure 3).

Judged by a free run: is it bounded, does it keep visiting both wings, what is its map?  ``follows``
is the time [s] for which the output stays within 5 of the reference; ``switches`` and
``switches_late`` count changes of wing in the whole free run and in its last quarter; ``map_error``
is the distance between the maps of successive maxima of x3.  ``kept`` is 1 where the attractor was:
bounded, both wings visited to the end, map error below 0.15 of its range.  ``field_error`` compares
the field that the weights stand for with the reference's motion, in units of its variance, on the
training reference alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

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
from bioplaus.parameters import Quantity, parameter, to_quantity
from bioplaus.runs.run import Run

SHOWN = "free run"
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


class LorenzTraining(Training):
    """The attractor, kicked once or again and again."""

    period = 20.0

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
        }

    def _field_error(self) -> float:
        """On 4000 points of the reference, 50 ms apart."""
        reference = self.tracking.given(np.zeros((200_000, 3))).target
        motion = np.gradient(reference, 1e-3, axis=0)[25::50]
        states = reference[25::50]
        return normalised_error(
            follow.learned_field(self.model, states, np.zeros_like(states)), motion
        )


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
