"""Reading from a Brian2 network which projections learn and how fast its cells can fire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import Network, Synapses, get_unit

__all__ = ["plastic_weights", "shortest_intervals"]

_WRITES_W = re.compile(r"(?m)(^|;)\s*w\s*[-+*/]?=(?!=)")


def plastic_weights(network: Network) -> dict[str, tuple[Any, str]]:
    """The variable ``w`` of every projection that changes it.

    Returns
    -------
    name of the projection to (weights, unit); weights : (pre, post) where all pairs are connected,
    else (synapses,).
    """
    found = {}
    for group in network.sorted_objects:
        if isinstance(group, Synapses) and _is_plastic(group):
            shape = (len(group.source), len(group.target))
            weights = np.array(group.w_)
            if weights.size == shape[0] * shape[1]:
                weights = weights.reshape(shape)
            found[group.name] = (weights, str(get_unit(group.variables["w"].dim)))
    return found


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


def _is_plastic(group: Synapses) -> bool:
    """Whether a statement or differential equation of the projection writes its weights."""
    if "w" not in group.variables or group.variables["w"].scalar:
        return False
    texts = [getattr(part, "code", None) for part in group.contained_objects]
    texts += [getattr(part, "abstract_code", None) for part in group.contained_objects]
    return "w" in group.equations.diff_eq_names or any(
        isinstance(text, str) and _WRITES_W.search(text) is not None for text in texts
    )
