"""What a script calls its objects, and which of their variables learn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2 import Quantity, Synapses
from brian2.equations.equations import PARAMETER
from brian2.synapses.synapses import SynapticPathway

from bioplaus.records.weights import WeightRecord, summarise
from bioplaus.runs.numbering import is_nameable
from bioplaus.units import measured_in

__all__ = ["learned", "measure", "names_of", "weights"]

_LOOKED_AT_ALWAYS = 100_000  # synapses; to look takes 3 ms
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
    names: dict[int, str] = {}
    for thing in things:
        if hasattr(thing, "name") and id(thing) not in names:
            name = _identifier(found.get(id(thing), thing.name))
            names[id(thing)] = name if name not in names.values() else _numbered(name, names)
    return names


def _numbered(name: str, names: Mapping[int, str]) -> str:
    """A name that another object has, with the next number."""
    taken, number = set(names.values()), 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


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


def weights(
    objects: Iterable[Any], names: Mapping[int, str], segment: int
) -> dict[str, WeightRecord]:
    """Every variable that learns, in small, by projection (and variable, but for ``w``).

    Large projections are looked at in every so manieth segment only, so that looking costs little.
    """
    found = {}
    for thing in objects:
        if isinstance(thing, Synapses) and len(thing):
            if segment % (1 + len(thing) // _LOOKED_AT_ALWAYS):
                continue
            for variable in learned(thing):
                name = names.get(id(thing), thing.name)
                unit = measured_in(Quantity(1, dim=thing.variables[variable].dim)) or "1"
                values = _matrix(thing, thing.variables[variable].get_value())
                found[name if variable == "w" else f"{name}_{variable}"] = summarise(values, unit)
    return found


def _matrix(synapses: Synapses, values: Any) -> Any:
    """(pre, post) where all pairs are connected in order, else (synapses,)."""
    before, after = len(synapses.source), len(synapses.target)
    if len(values) != before * after:
        return values
    i, j = synapses.variables["i"].get_value(), synapses.variables["j"].get_value()
    ordered = np.array_equal(i.astype(np.int64) * after + j, np.arange(len(values)))
    return values.reshape(before, after) if ordered else values


def _identifier(name: Any) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in str(name))
