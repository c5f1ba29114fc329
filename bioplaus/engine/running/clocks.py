"""Setting the clocks of a network for a run, without the text that Brian2 makes of it."""

from __future__ import annotations

import math

import numpy as np
from brian2.core.clocks import Clock
from brian2.units.allunits import second

__all__ = ["Ticks"]

_MOST_STEPS = 2**40


class Ticks:
    """A clock, and the arrays in which it keeps its times for as long as it lives."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        names = ("dt", "t", "timestep")
        self._dt, self._now, self._step = (clock.variables[name].get_value() for name in names)

    @property
    def dt(self) -> float:
        """The time step [s]."""
        return float(self._dt.item())

    def set_interval(self, begin: float, end: float) -> None:
        """Do what ``Clock.set_interval`` does; begin, end : of the run [s].

        Raises ValueError for a new time step that the present time is no multiple of.
        """
        clock, dt = self.clock, self._dt.item()
        last = _steps(end, dt)
        if clock._old_dt not in (None, dt) or last > _MOST_STEPS:
            clock.set_interval(begin * second, end * second)  # it checks, and warns
            return
        if self._now.item() != begin or self._step.item() * dt != begin:
            step = _steps(begin, dt)  # a number of Python's, of which NumPy's products take long
            self._step[0], self._now[0] = step, step * dt
        vars(clock)["_i_end"] = np.int64(last)  # its own way to set attributes takes longer


def _steps(time: float, dt: float) -> int:
    """As ``Clock._calc_timestep``: the next whole number of steps, but for rounding."""
    nearest = round(time / dt)
    if nearest * dt == time or abs(nearest * dt - time) / dt <= Clock.epsilon_dt:
        return nearest
    return math.ceil(time / dt)
