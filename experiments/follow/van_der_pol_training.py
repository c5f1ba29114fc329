"""Learning the van der Pol oscillator, alone or as a member of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.analysis.open_loop import normalised_error, orbit_distance, period_of
from bioplaus.experiments.follow.protocol import Training, duration_of, segment_of
from bioplaus.models.follow.parameters import VanDerPol
from bioplaus.parameters import Quantity, parameter
from bioplaus.tasks.tracking import pulses_on_pedestals

__all__ = ["SHOWN", "VanDerPolSettings", "VanDerPolTraining"]

SHOWN = "pulses from rest"
"""The test that figures show."""


@dataclass(frozen=True)
class VanDerPolSettings(VanDerPol):
    """Learning time and rate, the reset at the end of each trial, and noise on the error."""

    duration: Quantity = duration_of("10000 second")
    segment: Quantity = segment_of()
    reset: bool = parameter(
        True, "whether the last 0.5 s of each trial are silent", source="authors' simulations"
    )
    error_noise: float = parameter(
        0.0, "standard deviation of white noise on the error", source="figure 6", low=0.0
    )
    tests: int = parameter(20, "structured tests of 4 s each", low=1)
    accelerated_after: Quantity = parameter(
        "0 second", "when the learning rate is raised", source="table 1", low="0 second"
    )
    acceleration: float = parameter(1.0, "by what factor", source="table 1", low=0.0)


class VanDerPolTraining(Training):
    """Judged open loop, from rest, on pulses that stand on pedestals: point by point and by orbit.

    ``rest_*`` are medians and maxima over the structured tests.
    """

    period = 4.0

    def task(self) -> tasks.Tracking:
        """Noise and pedestal of (R1/6, R1/2)."""
        p = self.p
        settings = tasks.TrackingSettings(rest=0.5 if p.reset else 0.0, noise=p.error_noise)
        size = (p.command_radius / 6, p.command_radius / 2)
        return tasks.Tracking(
            tasks.VAN_DER_POL, tasks.CommandNoise(size, size, self.period), settings, self.rng
        )

    def test(self) -> Mapping[str, float]:
        """Each test begins with half a second of silence, so that traces and output are at rest."""
        p, rest = self.p, 500
        pulses = pulses_on_pedestals(p.tests, p.command_radius, self.rng)
        commands = np.pad(pulses, ((0, 0), (rest, 0), (0, 0)))
        quiet = np.zeros(commands.shape[:2], dtype=bool)
        quiet[:, :rest] = True
        stretch = self.tracking.given(commands.reshape(-1, 2), quiet.ravel())
        output = self.open_loop(SHOWN, stretch).reshape(*quiet.shape, 2)[:, rest:]
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
        free = self.tracking.given(np.zeros((20_000, 2)))
        output = self.open_loop("no command", free)[10_000:, 0]
        return {
            "free_period": period_of(output),
            "free_period_reference": period_of(free.target[10_000:, 0]),
        }
