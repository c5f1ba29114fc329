"""Setting the clocks of a network for a run, without the text that Brian2 makes of it."""

from __future__ import annotations

import math

import numpy as np
from brian2.core.clocks import Clock
from brian2.units.allunits import second

__all__ = ["set_interval"]

_MOST_STEPS = 2**40


def set_interval(clock: Clock, begin: float, end: float) -> None:
    """Do what ``Clock.set_interval`` does; begin, end : of the run [s].

    Raises ValueError for a new time step that the present time is no multiple of.
    """
    dt, now, step = (clock.variables[name].get_value() for name in ("dt", "t", "timestep"))
    last = _steps(end, dt[0])
    if clock._old_dt not in (None, dt[0]) or last > _MOST_STEPS:
        clock.set_interval(begin * second, end * second)  # it checks, and warns
        return
    if now[0] != begin or step[0] * dt[0] != begin:
        step[0] = _steps(begin, dt[0])
        now[0] = step[0] * dt[0]
    clock._i_end = np.int64(last)


def _steps(time: float, dt: float) -> int:
    """As ``Clock._calc_timestep``: the next whole number of steps, but for rounding."""
    nearest = round(time / dt)
    if nearest * dt == time or abs(nearest * dt - time) / dt <= Clock.epsilon_dt:
        return nearest
    return math.ceil(time / dt)
