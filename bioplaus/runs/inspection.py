"""Reading from a Brian2 network which projections learn and how fast its cells can fire."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import Network, Synapses
from scipy.sparse import coo_array

from bioplaus.quantity import to_quantity
from bioplaus.runs.recorded import Recorded, Trace
from bioplaus.units import unit_of

__all__ = [
    "EXPECTED_RATE_HZ",
    "matrix_of",
    "plastic_weights",
    "recording_growth",
    "shortest_intervals",
]

EXPECTED_RATE_HZ = 20.0
_BYTES = 8  # of a number; a spike is two, its time and its cell

_WRITES_W = re.compile(r"(?m)(^|;)\s*w\s*[-+*/]?=(?!=)")


def plastic_weights(network: Network) -> dict[str, tuple[Any, str]]:
    """The variable ``w`` of every projection that changes it.

    Returns
    -------
    name of the projection to (weights, unit); see :func:`matrix_of`.
    """
    found = {}
    for group in network.sorted_objects:
        if isinstance(group, Synapses) and _is_plastic(group):
            weights = matrix_of(group, np.array(group.w_))
            found[group.name] = (weights, unit_of(group.variables["w"]))
    return found


def matrix_of(synapses: Synapses, values: Any) -> Any:
    """A variable of synapses, (synapses,), as (pre, post); sparse where not all pairs are
    connected, or not once, or not in order."""
    shape = (len(synapses.source), len(synapses.target))
    i, j = np.asarray(synapses.i[:]), np.asarray(synapses.j[:])  # of subgroups they are computed
    if len(values) == shape[0] * shape[1]:
        place = i.astype(np.int64) * shape[1] + j
        if np.array_equal(place, np.arange(len(values))):
            return values.reshape(shape)
    return coo_array((values, (i, j)), shape=shape)


def shortest_intervals(populations: Mapping[str, Any]) -> dict[str, tuple[int, float]]:
    """Populations with a threshold: name to (neurons, shortest interval of spikes [s]).

    The interval is the refractory period where that is one number, else the time step.
    """
    found = {}
    for name, group in populations.items():
        if "spike" in getattr(group, "thresholder", {}):
            refractory = getattr(group, "_refractory", False)
            fixed = 0.0 if isinstance(refractory, (bool, str)) else float(refractory)
            found[name] = (len(group), max(fixed, float(group.clock.dt_)))
    return found


def recording_growth(recorded: Sequence[Recorded], populations: Mapping[str, Any]) -> float:
    """Bytes by which a recording grows in a simulated second, before compression.

    Traces are known beforehand; of cells it is assumed that they fire at ``EXPECTED_RATE_HZ``, or
    as often as they can where that is less.
    """
    growth = 0.0
    for item in recorded:
        group = populations[item.population]
        if isinstance(item, Trace):
            samples = 1 / float(to_quantity(item.every))
            growth += _BYTES * samples * (1 + min(item.cells, len(group)))
        else:
            # Spike sources and parts of a group have no threshold of their own.
            ceilings = [1 / interval for _, interval in shortest_intervals({"": group}).values()]
            growth += 2 * _BYTES * len(group) * min([EXPECTED_RATE_HZ, *ceilings])
    return growth


def _is_plastic(group: Synapses) -> bool:
    """Whether a statement or differential equation of the projection writes its weights."""
    if "w" not in group.variables or group.variables["w"].scalar:
        return False
    texts = [getattr(part, "code", None) for part in group.contained_objects]
    texts += [getattr(part, "abstract_code", None) for part in group.contained_objects]
    return "w" in group.equations.diff_eq_names or any(
        isinstance(text, str) and _WRITES_W.search(text) is not None for text in texts
    )
