"""What a script calls its objects, and which of their variables learn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2 import Synapses
from brian2.equations.equations import DIFFERENTIAL_EQUATION, PARAMETER, SUBEXPRESSION
from brian2.synapses.synapses import SynapticPathway
from brian2.utils.stringtools import get_identifiers

from bioplaus.records.weights import WeightRecord, summarise
from bioplaus.runs.inspection import matrix_of
from bioplaus.runs.kept.numbering import is_nameable
from bioplaus.units import unit_of

__all__ = ["learned", "measure", "names_of", "weights"]

_LOOKED_AT_ALWAYS = 100_000  # synapses; to look takes 3 ms
_STATEMENT = re.compile(r"(?:^|[;\n])\s*(\w+)\s*([-+*/]*=)(?!=)([^;\n]*)")


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
    """Variables of a projection that change by its pathways or in time and act on its neurons.

    Traces and what pathways only remember are left out; where nothing acts, as in a script that
    shows a learning curve and no more, all that changes stands for it.
    """
    statements = _statements(synapses)
    found = []
    for name, equation in synapses.equations.items():
        writes = [get_identifiers(text) for written, _, text in statements if written == name]
        if equation.type == PARAMETER:
            changes = bool(writes) and "shared" not in equation.flags
        else:
            changes = "clock-driven" in equation.flags
            # What moves by itself and is pushed by nothing that moves is a trace, or a conductance.
            changes &= not writes or any(_moves(synapses, n) for names in writes for n in names)
        if changes and np.issubdtype(synapses.variables[name].dtype, np.floating):
            found.append(name)
    acting = _acting(synapses, statements)
    return sorted(name for name in found if name in acting) or sorted(found)


def _statements(synapses: Synapses) -> list[tuple[str, str, str]]:
    """(name, operator, expression) of everything that the pathways do."""
    pathways = [p for p in synapses.contained_objects if isinstance(p, SynapticPathway)]
    text = "\n".join(p.code for p in pathways if isinstance(p.code, str))
    return _STATEMENT.findall(re.sub("#.*", "", text))


def _own(synapses: Synapses) -> dict[str, Any]:
    """A projection's own equations by name, those that move at spikes only among them."""
    return {**synapses.equations, **(synapses.event_driven or {})}


def _moves(synapses: Synapses, name: str) -> bool:
    """Whether a name is a variable of the neurons, or one that moves in time."""
    own = _own(synapses)
    if name in own:
        return bool(own[name].type == DIFFERENTIAL_EQUATION)
    return name.endswith(("_pre", "_post"))


def _acting(synapses: Synapses, statements: list[tuple[str, str, str]]) -> set[str]:
    """Names from which what is written to the neurons follows: in statements and sums, by way of
    subexpressions, plain assignments, and conductances of the synapses."""
    own, acting = _own(synapses), set()
    for name in synapses.summed_updaters:
        acting |= get_identifiers(synapses.variables[f"_summed_{name}"].expr)
    sources = [(e.varname, e.expr.code) for e in own.values() if e.type == SUBEXPRESSION]
    for name, operator, text in statements:
        if name in synapses.variables and name not in own:
            acting |= get_identifiers(text)
        elif (name in own and own[name].type == DIFFERENTIAL_EQUATION) or (
            operator == "=" and name not in get_identifiers(text)
        ):
            sources.append((name, text))
    while True:
        more = {n for name, text in sources if name in acting for n in get_identifiers(text)}
        if more <= acting:
            return acting
        acting |= more


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
                unit = unit_of(thing.variables[variable])
                values = matrix_of(thing, thing.variables[variable].get_value())
                found[name if variable == "w" else f"{name}_{variable}"] = summarise(values, unit)
    return found


def _identifier(name: Any) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in str(name))
