"""What Brian2's objects and numbers are called in the tables of a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2 import Quantity, Synapses, second
from brian2.equations.equations import DIFFERENTIAL_EQUATION, PARAMETER
from brian2.units.fundamentalunits import DIMENSIONLESS, get_dimensions

from bioplaus.units import unit_of

__all__ = [
    "delays_of",
    "differential",
    "equations_of",
    "fan_in_of",
    "identifiers_of",
    "is_weight",
    "line",
    "pattern_of",
    "quantity",
    "regular",
    "spread",
    "starts_of",
    "synaptic_equations_of",
]

_WORD = re.compile(r"\b[A-Za-z_]\w*\b")


_OF_CABLES = {
    *("gtot__private", "I0__private", "length", "distance", "area", "volume", "Ic", "diameter"),
    *("Cm", "Ri", "r_length_1", "r_length_2", "time_constant", "space_constant"),
}
"""Variables that Brian2 adds to every neuron of several compartments."""


def equations_of(equations: Mapping[str, Any]) -> str:
    """Each equation on a line, with its unit and flags."""
    lines = []
    for name, equation in equations.items():
        if name in _OF_CABLES:
            continue
        left = f"d{name}/dt" if equation.type == DIFFERENTIAL_EQUATION else name
        right = f" = {' '.join(str(equation.expr).split())}" if equation.expr is not None else ""
        flags = f" ({', '.join(equation.flags)})" if equation.flags else ""
        unit = unit_of(equation)
        lines.append(f"`{left}{right} : {unit}{flags}`")
    return "\n".join(lines)


def synaptic_equations_of(synapses: Synapses) -> str:
    """The equations of a projection, event-driven and summed ones with the others."""
    driven = synapses.event_driven
    summed = [
        f"`{name} = {updater.expression} : summed over synapses`"
        for name, updater in synapses.summed_updaters.items()
    ]
    whole = dict(driven.items() if driven is not None else ()) | dict(synapses.equations.items())
    return "\n".join([*filter(None, [equations_of(whole)]), *summed])


def differential(equations: Mapping[str, Any]) -> list[str]:
    """The variables with a differential equation."""
    return [n for n, e in equations.items() if e.type == DIFFERENTIAL_EQUATION]


def is_weight(projection: Synapses, name: str) -> bool:
    """Whether a variable of a projection is a number that the script gives."""
    parameter = projection.equations[name].type == PARAMETER
    return parameter and np.issubdtype(projection.variables[name].dtype, np.floating)


def starts_of(group: Any, names: Iterable[str]) -> list[tuple[str, str]]:
    """What variables are before the first step."""
    found = []
    for name in names:
        variable = group.variables[name]
        values = np.asarray(variable.get_value())
        if values.size:
            found.append((f"{name} at the start", spread(Quantity(values, dim=variable.dim))))
    return found


def pattern_of(synapses: Synapses) -> str:
    """Which pairs are connected, as far as that has a name."""
    before, after = len(synapses.source), len(synapses.target)
    i, j = np.asarray(synapses.i[:]), np.asarray(synapses.j[:])
    own = synapses.source is synapses.target
    distinct = len(np.unique(i.astype(np.int64) * after + j))
    if distinct < len(i):
        return "several synapses for a pair"
    if len(i) == before * after:
        return "all to all"
    if own and len(i) == before * (before - 1) and not np.any(i == j):
        return "all to all but oneself"
    if before == after == len(i) and np.array_equal(np.sort(i), np.sort(j)) and np.all(i == j):
        return "one to one"
    return f"{distinct / (before * after):.3g} of all pairs" if len(i) else "none"


def fan_in_of(synapses: Synapses) -> str:
    """Synapses onto one target cell: mean and standard deviation."""
    counts = np.bincount(np.asarray(synapses.j[:], dtype=int), minlength=len(synapses.target))
    return _number_spread(counts.mean(), counts.std())


def delays_of(synapses: Synapses) -> str:
    """The delays of a projection, for each of its pathways if they differ."""
    found = {
        pathway.prepost: Quantity(
            np.ravel(np.asarray(pathway.delay[:])), dim=get_dimensions(second)
        )
        for pathway in synapses._pathways
    }
    found = {which: delays for which, delays in found.items() if delays.size}
    texts = {which: spread(delays) for which, delays in found.items()}
    if len(set(texts.values())) <= 1:
        return next(iter(texts.values()), "none")
    return ", ".join(f"{which} {text}" for which, text in texts.items())


def regular(group: Any) -> list[Any]:
    """What is done to a group at fixed intervals (``run_regularly``)."""
    return [part for part in group.contained_objects if "run_regularly" in part.name]


def identifiers_of(group: Any) -> set[str]:
    """Names from outside that a group's equations and statements read."""
    texts = [part.code for part in getattr(group, "_pathways", []) if isinstance(part.code, str)]
    texts += [str(text) for text in getattr(group, "events", {}).values() if text]
    texts += [str(text) for text in getattr(group, "event_codes", {}).values() if text]
    words = {word for text in texts for word in _WORD.findall(text)}
    equations = getattr(group, "equations", None)
    if equations is not None:
        words |= set(equations.identifiers)
    return words - set(getattr(group, "variables", {}))


# Numbers


def spread(values: Any) -> str:
    """One value, or mean, standard deviation and range of several."""
    numbers, dim = np.ravel(np.asarray(values, dtype=float)), get_dimensions(values)
    low, high = numbers.min(), numbers.max()
    if low == high:
        return quantity(Quantity(low, dim=dim))
    mean, sd = (quantity(Quantity(x, dim=dim)) for x in (numbers.mean(), numbers.std()))
    ends = (quantity(Quantity(x, dim=dim)) for x in (low, high))
    return f"{mean} ± {sd} ({' to '.join(ends)})"


def _number_spread(mean: float, sd: float) -> str:
    return f"{mean:.4g} ± {sd:.3g}" if sd else f"{mean:.4g}"


def quantity(value: Any) -> str:
    """A number with the unit that suits it, to five digits."""
    if not isinstance(value, Quantity) or value.dim is DIMENSIONLESS:
        return f"{float(value):.5g}"
    text: str = value.in_best_unit(precision=5)
    number, _, unit = text.partition(" ")
    return f"{float(number):.5g} {unit}"


def line(text: Any) -> str:
    """Statements on one line."""
    return "; ".join(line.strip() for line in str(text).splitlines() if line.strip())
