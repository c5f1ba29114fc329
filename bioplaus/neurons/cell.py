"""A cell: text of a population, or the part of one that a rule, a counter or a noise adds to it.

Cells are added with ``+``, so that a model reads as its paper does::

    (dendritic_lif(...) + COUNT_ANEW + rule.post()).group(100, "hidden", clocks)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2 import Clock, DimensionMismatchError, NeuronGroup, Quantity, second
from brian2.equations.equations import parse_string_equations

from bioplaus.errors import UserError

__all__ = ["Cell", "Clocks", "Operation", "ShapeError"]


class ShapeError(UserError, ValueError):
    """Two texts do not fit together; says which name, and what there is."""


@dataclass(frozen=True)
class Clocks:
    """The step of a network, and the slow clock of what it is shown (a frame)."""

    step: Clock
    frame: Clock

    @classmethod
    def of(cls, step: Quantity | float, frame: Quantity | float) -> Clocks:
        """Clocks of two durations, quantities or numbers [s]."""
        return cls(*(_clock(dt, name) for dt, name in ((step, "step"), (frame, "frame"))))

    @classmethod
    def counted(cls, step: Quantity, steps: int) -> Clocks:
        """A frame of so many steps, in the last place such that the quotient is whole."""
        frame = steps * float(step)
        while frame / float(step) < steps:
            frame = float(np.nextafter(frame, np.inf))
        return cls.of(step, frame)


@dataclass(frozen=True)
class Operation:
    """Code that runs regularly.

    every : ``step``, ``frame``, or a time of its own; when, order : slot, as in Brian2.
    """

    code: str
    every: Any = "step"
    when: str = "start"
    order: int = 0

    def attach(self, group: Any, name: str, clocks: Clocks) -> None:
        """Let a population or projection do this, as the object ``name``."""
        named = isinstance(self.every, str)
        clock = getattr(clocks, self.every) if named else _clock(self.every, f"{name}_clock")
        group.run_regularly(self.code, clock=clock, when=self.when, order=self.order, name=name)


@dataclass(frozen=True)
class Cell:
    """Text of a population.

    events, on_event : condition, and code, of each event; operations : what runs regularly, as
    the object ``<population>_<key>``; constants : the group's namespace; start : first values
    (number, array or text), set in this order.

    ``a + b`` joins two texts.  Equations, events, operations, constants and start are joined by
    name: the same twice is once.  Statements (of the reset, of an event) follow one another, the
    same line once, so that two projections that ask for the same trace get one.

    Raises
    ------
    ShapeError
        When added: for two meanings of one name, or two thresholds, methods or refractory periods.
    """

    equations: str = ""
    threshold: str = ""
    reset: str = ""
    refractory: Any = False
    method: str | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    on_event: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)

    def __add__(self, other: Cell) -> Cell:
        """Both texts in one."""
        by_name = ("events", "operations", "constants", "start")
        joined: dict[str, Any] = {
            name: _the_given(name, getattr(self, name), getattr(other, name))
            for name in ("threshold", "method", "refractory")
        }
        for name in by_name:
            joined[name] = _by_name(name, getattr(self, name), getattr(other, name))
        return Cell(
            equations=_equations(self.equations, other.equations),
            reset=_statements(self.reset, other.reset),
            on_event={
                event: _statements(self.on_event.get(event, ""), other.on_event.get(event, ""))
                for event in {**self.on_event, **other.on_event}
            },
            **joined,
        )

    def group(self, n: int, name: str, clocks: Clocks, order: int = 0) -> NeuronGroup:
        """Make a population of ``n`` cells."""
        made = NeuronGroup(
            n,
            self.equations,
            threshold=self.threshold or None,
            reset=self.reset or None,
            refractory=self.refractory,
            method=self.method or ("exact", "euler", "heun"),
            events=dict(self.events) or None,
            clock=clocks.step,
            order=order,
            namespace=dict(self.constants),
            name=name,
        )
        for event, code in self.on_event.items():
            made.run_on_event(event, code)
        for variable, value in self.start.items():
            setattr(made, variable, value)
        for key, operation in self.operations.items():
            operation.attach(made, f"{name}_{key}", clocks)
        return made


def _clock(dt: Any, name: str) -> Clock:
    return Clock(dt if isinstance(dt, Quantity) else dt * second, name=name)


def _differ(one: Any, other: Any) -> bool:
    """Whether two values are not the same; those that cannot be compared are not."""
    try:
        return bool(np.any(one != other))
    except (ValueError, TypeError, DimensionMismatchError):  # other shapes, other units
        return True


def _the_given(what: str, one: Any, other: Any) -> Any:
    given = [value for value in (one, other) if isinstance(value, Quantity) or value]
    if len(given) == 2 and _differ(*given):
        raise ShapeError(f"two cells that are added have one {what}, not {one!r} and {other!r}")
    return given[0] if given else one


def _by_name(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    for name in one.keys() & other.keys():
        if _differ(one[name], other[name]):
            raise ShapeError(
                f"{name} means two things among the {what} of cells that are added: "
                f"{one[name]!r} and {other[name]!r}"
            )
    return {**one, **other}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _statements(one: str, other: str) -> str:
    return "\n".join(dict.fromkeys(_lines(one) + _lines(other)))


def _equations(one: str, other: str) -> str:
    known, added = parse_string_equations(one), parse_string_equations(other)
    for name in known.keys() & added.keys():
        if str(known[name]) != str(added[name]):
            raise ShapeError(
                f"{name} means two things in cells that are added: "
                f"{known[name]!s} and {added[name]!s}"
            )
    new = [text for name, text in _as_written(other) if name not in known]
    return "\n".join([text for _, text in _as_written(one)] + new)


def _as_written(equations: str) -> list[tuple[str, str]]:
    """Names and their equations (a parsed one that is printed does not always parse again)."""
    found: list[tuple[str, str]] = []
    for line in _lines(equations):
        begins = re.match(r"(?:d(\w+)/dt|(\w+))\s*[=:]", line)
        if begins:
            found.append((begins[1] or begins[2], line))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
    return found
