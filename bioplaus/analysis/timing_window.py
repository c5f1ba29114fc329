"""The window of spike timing that a rule of postsynaptic change looks like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["timing_window"]


def timing_window(
    potential: npt.ArrayLike, spikes: npt.ArrayLike, lags: npt.ArrayLike, dt: float
) -> npt.NDArray[np.float64]:
    """Mean rate of change of a potential at presynaptic spikes some time before its own spikes.

    Where a synapse changes by ``presynaptic spike x dV/dt``, this is what pairs of spikes seem to
    do (Bengio and others 2015): positive for pre before post if the cell fires while it rises.

    Parameters
    ----------
    potential
        (steps,) of the postsynaptic cell, any unit.
    spikes
        (n,) steps at which it fires.
    lags
        (m,) times by which the presynaptic spike comes before, unit of ``dt``.
    dt
        Time between steps.

    Returns
    -------
    (m,) change per time; spikes whose partner would lie outside are left out.
    """
    change = np.gradient(np.asarray(potential, float), dt)
    steps, found = np.asarray(spikes, np.int64), []
    for lag in np.rint(np.asarray(lags, float) / dt).astype(np.int64):
        at = steps - lag
        found.append(change[at[(at >= 0) & (at < len(change))]].mean())
    return np.array(found)
