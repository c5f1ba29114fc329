"""The space that a sweep searches: one axis for each parameter, written as text.

``learning_rate=log(1e-4,1e-1)``, ``tau_apical=choice(5ms,10ms)``, ``hidden=linear(50,200)``; a
third number says into how many points a grid cuts the axis.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus.parameters import ParameterError, replace
from bioplaus.parameters import kind as kind_of
from bioplaus.quantity import number_and_unit
from bioplaus.runs.reading.script import Script

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["Axis", "read_axis"]

_FORM = re.compile(r"\s*([\w.]+)\s*=\s*(\w+)\s*\((.*)\)\s*")
_EXAMPLE = "write for example learning_rate=log(1e-4,1e-1) or tau=choice(5ms,10ms)"


@dataclass(frozen=True)
class Axis:
    """One parameter and the values it may take.

    low, high : the ends of a range, in ``unit``; choices : texts, instead of a range;
    points : how many points a grid has here (0 when the text does not say).
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    whole: bool = False
    points: int = 0
    choices: tuple[str, ...] = ()

    def distribution(self) -> BaseDistribution:
        """What Optuna draws from."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        if self.kind == "choice":
            return CategoricalDistribution(self.choices)
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.kind == "log")
        return FloatDistribution(self.low, self.high, log=self.kind == "log")

    def text(self, value: Any) -> str:
        """A drawn value as one would write it after ``--set``, with its unit."""
        return f"{value!r} {self.unit}".strip() if self.kind != "choice" else str(value)

    def grid(self) -> list[Any]:
        """The points of a full factorial.

        Raises
        ------
        ParameterError
            When a range does not say how many.
        """
        if self.kind == "choice":
            return list(self.choices)
        if self.points < 2:
            raise ParameterError(
                f"a grid needs the number of points of {self.name}: "
                f"{self.kind}({self.low:g},{self.high:g},5), or choice(...)"
            )
        fractions = [k / (self.points - 1) for k in range(self.points)]
        if self.kind == "log":
            ratio = math.log(self.high / self.low)
            values = [self.low * math.exp(f * ratio) for f in fractions]
        else:
            values = [self.low + f * (self.high - self.low) for f in fractions]
        values[-1] = self.high  # not a rounding error above it
        return sorted({round(v) for v in values}) if self.whole else values


def read_axis(text: str, parameters: Any) -> Axis:
    """Read one ``--param``.

    Parameters
    ----------
    text
        ``name=choice(a,b,...)``, ``name=linear(low,high[,points])`` or
        ``name=log(low,high[,points])``.
    parameters
        An instance of the experiment's parameter class, or a script; every end and choice is
        checked with it.

    Raises
    ------
    ParameterError
        For another form, an unknown parameter, a wrong unit or value, or an empty range.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ParameterError(f"--param {text!r} is not NAME=RANGE; {_EXAMPLE}")
    name, kind, inside = match.groups()
    items = [item.strip() for item in inside.split(",") if item.strip()]
    if kind not in ("choice", "linear", "log"):
        raise ParameterError(f"--param {text!r}: {kind!r} is none of choice, linear, log")
    if not items:
        raise ParameterError(f"--param {text!r} is an empty range; {_EXAMPLE}")
    for item in items if kind == "choice" else items[:2]:
        _check(parameters, name, item)
    if kind == "choice":
        return Axis(name, kind, choices=tuple(items))
    return _read_range(text, name, kind, items, parameters)


def _read_range(text: str, name: str, kind: str, items: list[str], parameters: Any) -> Axis:
    if len(items) not in (2, 3) or (len(items) == 3 and not items[2].isdigit()):
        raise ParameterError(f"--param {text!r}: a range is {kind}(low,high) or (low,high,points)")
    (low, unit), (high, high_unit) = _split(text, items[0]), _split(text, items[1])
    if unit != high_unit:
        raise ParameterError(f"--param {text!r}: write both ends in the same unit")
    if not low < high:
        raise ParameterError(f"--param {text!r} is an empty range: {items[0]} is not below the end")
    if kind == "log" and low <= 0:
        raise ParameterError(f"--param {text!r}: a logarithmic range begins above zero")
    points = int(items[2]) if len(items) == 3 else 0
    return Axis(name, kind, low, high, unit, _is_whole(parameters, name), points)


def _check(parameters: Any, name: str, text: str) -> None:
    if isinstance(parameters, Script):
        parameters.check(name, text)
    else:
        replace(parameters, {name: text})


def _is_whole(parameters: Any, name: str) -> bool:
    if isinstance(parameters, Script):
        return isinstance(parameters.parameters[name].value, int)
    return any(f.name == name and kind_of(f) == "int" for f in dataclasses.fields(parameters))


def _split(text: str, item: str) -> tuple[float, str]:
    found = number_and_unit(item)
    if found is None:
        raise ParameterError(f"--param {text!r}: {item!r} is not a number with or without a unit")
    return found
