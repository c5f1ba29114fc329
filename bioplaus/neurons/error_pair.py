"""Pairs of error neurons: one for too little, one for too much.

For each class, E+ (``side = 1``) integrates label spikes minus prediction spikes and E-
(``side = -1``) the opposite (Neftci 2017).  No leak, no refractory period; a spike takes the
threshold away, and with a floor the potential cannot sink below rest, else the silent member of a
pair would build up a debt that survives from image to image.

A population of pairs has twice as many neurons as the layer it judges: first all E+, then all E-.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.neurons.counting import COUNT

__all__ = ["dendrite_pair", "error_pair"]


def error_pair(pairs: int, *, threshold: Any, floor: bool = True) -> Cell:
    """Pairs that judge spikes, which add to ``balance``; each weighs them with its ``side``."""
    return _pair(pairs, threshold, floor) + Cell(equations="balance : volt")


def dendrite_pair(pairs: int, *, threshold: Any, tau: Any, floor: bool = True) -> Cell:
    """Pairs that integrate the gated dendritic error of a hidden layer (``error_above``, linked).

    For feedback that goes layer by layer; ``tau`` is the time constant of the dendrites judged.
    """
    return _pair(pairs, threshold, floor) + Cell(
        equations="""
        dbalance/dt = side*error_above/tau_dendrite : volt
        error_above : volt (linked)
        """,
        constants={"tau_dendrite": tau},
    )


def _pair(pairs: int, threshold: Any, floor: bool) -> Cell:
    cannot_sink = Operation("balance *= int(balance > 0*volt)")
    return (
        Cell(
            equations="side : 1 (constant)",
            threshold="balance > error_threshold",
            reset="balance -= error_threshold",
            method="euler",
            operations={"floor": cannot_sink} if floor else {},
            constants={"error_threshold": threshold},
            start={"side": np.repeat([1.0, -1.0], pairs)},
        )
        + COUNT
    )
