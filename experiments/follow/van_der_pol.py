"""A spiking network learns the van der Pol oscillator (Gilra and Gerstner 2017, figure 2-1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.experiments.follow.protocol import FollowExperiment, duration_of, segment_of
from bioplaus.models.follow.parameters import VanDerPol
from bioplaus.parameters import Quantity, parameter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader
    from bioplaus.tasks.tracking import Tracking


@dataclass(frozen=True)
class Settings(VanDerPol):
    """Learning time, the reset at the end of each trial, and noise on the error."""

    duration: Quantity = duration_of("10000 second")
    segment: Quantity = segment_of()
    reset: bool = parameter(
        True, "whether the last 0.5 s of each trial are silent", source="authors' simulations"
    )
    error_noise: float = parameter(
        0.0, "standard deviation of white noise on the error", source="figure 6", low=0.0
    )
    tests: int = parameter(20, "structured tests of 4 s each", low=1)


class FollowVanDerPol(FollowExperiment):
    """Judged open loop, from rest, on pulses that stand on pedestals: point by point and by orbit.

    ``learning_error_start`` and ``learning_error_last`` are means from 100 to 400 s and over the
    last segment; ``rest_*`` are medians and maxima over the structured tests.
    """

    Parameters: ClassVar[type[Any]] = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 300,
        "duration": "400 second",
        "learning_rate": "1e-2 second",
    }
    period = 4.0
    shown_test = "pulses from rest"
    shown_seconds = 13.5

    def task(self) -> Tracking:
        """Noise and pedestal of (R1/6, R1/2)."""
        from bioplaus.tasks.dynamical_systems import VAN_DER_POL
        from bioplaus.tasks.tracking import CommandNoise, Tracking, TrackingSettings

        p = self.parameters
        settings = TrackingSettings(rest=0.5 if p.reset else 0.0, noise=p.error_noise)
        size = (p.command_radius / 6, p.command_radius / 2)
        return Tracking(VAN_DER_POL, CommandNoise(size, size, self.period), settings, self.rng)

    def test(self) -> Mapping[str, float]:
        """Each test begins with half a second of silence, so that traces and output are at rest."""
        import numpy as np

        from bioplaus.analysis.open_loop import normalised_error, orbit_distance
        from bioplaus.tasks.tracking import pulses_on_pedestals

        p, rest = self.parameters, 500
        pulses = pulses_on_pedestals(p.tests, p.command_radius, self.rng)
        commands = np.pad(pulses, ((0, 0), (rest, 0), (0, 0)))
        quiet = np.zeros(commands.shape[:2], dtype=bool)
        quiet[:, :rest] = True
        stretch = self.tracking.given(commands.reshape(-1, 2), quiet.ravel())
        output = self.open_loop(self.shown_test, stretch).reshape(*quiet.shape, 2)[:, rest:]
        target = stretch.target.reshape(*quiet.shape, 2)[:, rest:]
        pairs = list(zip(output, target))
        orbits = [orbit_distance(x, y) for x, y in pairs]
        return {
            "rest_orbit": float(np.median(orbits)),
            "rest_orbit_worst": max(orbits),
            "rest_error_4s": float(np.median([normalised_error(x, y) for x, y in pairs])),
            "rest_error_1s": float(
                np.median([normalised_error(x[:1000], y[:1000]) for x, y in pairs])
            ),
            **self._free_period(),
        }

    def _free_period(self) -> dict[str, float]:
        """Period without any command, after ten seconds of settling on the cycle."""
        import numpy as np

        from bioplaus.analysis.open_loop import period_of

        free = self.tracking.given(np.zeros((20_000, 2)))
        output = self.open_loop("no command", free)[10_000:, 0]
        return {
            "free_period": period_of(output),
            "free_period_reference": period_of(free.target[10_000:, 0]),
        }

    def finish(self) -> Mapping[str, float]:
        """Adds the error from 100 to 400 s, the start of the published curves."""
        import numpy as np

        start = float(np.mean(self.curve[1:4])) if len(self.curve) > 3 else float("nan")
        final = super().finish()
        late = final["learning_error_last"]
        second = self.curve[1] if len(self.curve) > 1 else float("nan")
        return {
            **final,
            "learning_error_start": start,
            "learning_fall": second / late,
        }

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Adds the phase plane of the cycle without command."""
        from bioplaus.experiments.follow import figures as drawn

        yield from super().figures(run)
        yield "phase-plane", drawn.phase(run, "no command", 20.0, ("x1", "x2"), (0, 1))


EXPERIMENT = FollowVanDerPol

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
