"""Setting the clocks of a network for a run, without the text that Brian2 makes of it."""

from __future__ import annotations

from brian2.core.clocks import Clock
from brian2.units.allunits import second

__all__ = ["set_interval"]

_MOST_STEPS = 2**40


def set_interval(clock: Clock, begin: float, end: float) -> None:
    """Do what ``Clock.set_interval`` does; begin, end : of the run [s].

    Raises ValueError for a new time step that the present time is no multiple of.
    """
    dt = clock.dt_
    last = clock._calc_timestep(end)
    if clock._old_dt not in (None, dt) or last > _MOST_STEPS:
        clock.set_interval(begin * second, end * second)  # it checks, and warns
        return
    timestep = clock._calc_timestep(begin)
    clock.variables["timestep"].set_value(timestep)
    clock.variables["t"].set_value(timestep * dt)
    clock._i_end = last
