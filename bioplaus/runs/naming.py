"""What a script calls its objects, and which of their variables learn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2 import Synapses
from brian2.equations.equations import PARAMETER
from brian2.synapses.synapses import SynapticPathway

from bioplaus.runs.numbering import is_nameable

__all__ = ["learned", "measure", "names_of"]

_WRITTEN = re.compile(r"(?:^|[;\n])\s*(\w+)\s*[-+*/]?=(?!=)")


def names_of(objects: Iterable[Any], namespace: Mapping[str, Any]) -> dict[int, str]:
    """What the script calls each object, by its identity: the variable that holds it, the entry
    of a list or dict, or else Brian's name; sources of monitors too."""
    found: dict[int, str] = {}
    for name, value in namespace.items():
        if name.startswith("_"):
            continue
        if isinstance(value, dict):
            found |= {id(v): f"{name}_{k}" for k, v in value.items() if is_nameable(v)}
        elif isinstance(value, (list, tuple)):
            found |= {id(v): f"{name}_{k}" for k, v in enumerate(value) if is_nameable(v)}
    for name, value in namespace.items():
        if not name.startswith("_") and is_nameable(value):
            found[id(value)] = name
    listed = list(objects)
    things = [*listed, *(getattr(thing, "source", None) for thing in listed)]
    return {id(t): _identifier(found.get(id(t), t.name)) for t in things if hasattr(t, "name")}


def learned(synapses: Synapses) -> list[str]:
    """Variables of a projection that its pathways write to, traces left out."""
    pathways = [p for p in synapses.contained_objects if isinstance(p, SynapticPathway)]
    text = "\n".join(p.code for p in pathways if isinstance(p.code, str))
    written = set(_WRITTEN.findall(text))
    found = []
    for name, equation in synapses.equations.items():
        own = equation.type == PARAMETER and name in written and "shared" not in equation.flags
        number = np.issubdtype(synapses.variables[name].dtype, np.floating)
        if number and (own or "clock-driven" in equation.flags):
            found.append(name)
    return sorted(found)


def measure(objects: Iterable[Any], names: Mapping[int, str]) -> dict[str, float]:
    """Mean and standard deviation of every variable that learns, in SI units."""
    found: dict[str, float] = {}
    for thing in objects:
        if isinstance(thing, Synapses) and len(thing):
            for variable in learned(thing):
                values = thing.variables[variable].get_value()
                label = f"{names.get(id(thing), thing.name)}_{variable}"
                found[f"mean_{label}"] = float(np.mean(values))
                found[f"sd_{label}"] = float(np.std(values))
    return found


def _identifier(name: Any) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in str(name))
