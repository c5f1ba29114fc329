"""The level at which a cell fires, where it is the same at all times."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

__all__ = ["level_to_fire"]


def level_to_fire(group: Any, variable: str) -> float:
    """What a variable of a group must exceed to fire, in base units.

    nan where firing asks for something else, or for a level that changes or is named outside of
    the group.
    """
    text = getattr(group, "events", {}).get("spike")
    match = text and re.fullmatch(rf"\s*{re.escape(variable)}\s*>=?\s*([^<>=]+)", text)
    if not match:
        return math.nan
    found = {name: _constant(group, name) for name in _names(match[1])}
    if None in found.values():
        return math.nan
    try:
        level = eval(match[1], {"__builtins__": {}}, found)  # an expression that Brian2 has read
    except Exception:
        return math.nan
    return float(np.asarray(level)) if np.ndim(level) == 0 else math.nan


def _names(text: str) -> set[str]:
    from brian2.utils.stringtools import get_identifiers

    return set(get_identifiers(text))


def _constant(group: Any, name: str) -> Any:
    """The value of a name in an expression of a group; None where it has none that stays."""
    from brian2.units.allunits import all_units
    from brian2.units.stdunits import stdunits

    if name in group.variables:
        variable = group.variables[name]
        stays = variable.scalar and variable.constant
        return variable.get_value().item() if stays else None
    given = (group.namespace or {}).get(name)
    if given is None:
        given = stdunits.get(name) or {unit.name: unit for unit in all_units}.get(name)
    return None if given is None or callable(given) else np.asarray(given, float)
