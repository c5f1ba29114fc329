"""What to record, as values: ``Spikes("hidden")``, ``Trace("hidden", "U", cells=5)``."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import ParameterError

__all__ = ["Recorded", "Spikes", "Trace", "read_record"]


@dataclass(frozen=True)
class Spikes:
    """Record all spikes of a population."""

    population: str


@dataclass(frozen=True)
class Trace:
    """Record a variable of the first ``cells`` cells of a population at every ``every``-th ms."""

    population: str
    variable: str
    cells: int = 5
    every: str = "1 ms"


Recorded = Spikes | Trace


def read_record(text: str) -> tuple[Recorded, ...]:
    """Read ``--record``: ``none``, or ``hidden,hidden.U:5`` (spikes, five traces of U).

    Raises
    ------
    ParameterError
        If an item is not of that form.
    """
    if text.strip() == "none":
        return ()
    items: list[Recorded] = []
    for item in text.split(","):
        name, _, cells = item.strip().partition(":")
        population, _, variable = name.partition(".")
        named = population.isidentifier() and (not variable or variable.isidentifier())
        if not named or (cells and not (variable and cells.isdigit() and int(cells))):
            raise ParameterError(
                f"--record {item!r} is not a population (its spikes) nor population.variable:cells"
            )
        if variable:
            items.append(Trace(population, variable, int(cells) if cells else Trace.cells))
        else:
            items.append(Spikes(population))
    return tuple(items)
