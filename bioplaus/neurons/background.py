"""Poisson events onto a variable of every cell, by a name of their own."""

from __future__ import annotations

from typing import Any

from brian2 import PoissonInput

__all__ = ["poisson_background"]


def poisson_background(
    name: str,
    cells: Any,
    variable: str,
    sources: int,
    rate: Any,
    weight: Any,
    when: str = "synapses",
    order: int = 0,
) -> PoissonInput:
    """Independent ``sources`` for each cell, each of ``rate`` [Hz], adding ``weight`` an event.

    Brian2 numbers such inputs through the process.  A name of its own makes the place in which one
    draws, and the key by which its state is kept, the same whatever else lives.
    """
    made = PoissonInput(cells, variable, sources, rate, weight, when=when, order=order)
    made._name = name
    return made
