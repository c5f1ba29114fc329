"""Sweeps over a remembered track until a reward at its end is known everywhere (Sutton 1988)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.models import replay
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

KNOWN = 0.9
"""Share of its true value from which a place counts as known."""


@dataclass(frozen=True)
class Settings:
    """Three orders of replay, each from nothing."""

    places: int = parameter(20, "places of the track", low=2)
    discount: float = parameter(0.95, "of a reward, for each place", low=0.01, high=1)
    rate: float = parameter(1.0, "step towards what a visit says", low=1e-3, high=1)
    most: int = parameter(2000, "sweeps after which it is given up", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """One order a segment; sweeps until all places are known to nine tenths."""
    true = replay.true_values(p.places, p.discount)
    needed: dict[str, float] = {}
    run.keep(needed=needed)
    for segment in run.segments(len(replay.ORDERS)):
        order = replay.ORDERS[segment.number]
        values, known = np.zeros(p.places), list[float]()
        while len(known) < p.most and np.any(values < KNOWN * true):
            replay.sweep(values, order, p.discount, p.rate, run.rng)
            known.append(float(np.mean(values >= KNOWN * true)))
        needed[f"sweeps_{order}"] = float(len(known))
        run.put("known", np.r_[0.0, known], "1", sweep=np.arange(len(known) + 1))
        run.log(sweeps=float(len(known)), known=known[-1])
    return needed


def spreading(run: RunReader) -> Figure | None:
    """Share of the places that are known, over sweeps."""
    if not run.recording_files():
        return None
    figure = plotting.figure()
    ax = figure.subplots()
    for number, order in enumerate(replay.ORDERS):
        known = run.array("known", number)
        ax.plot(known.axes["sweep"].values, known.value, marker="o", ms=2, label=order)
    ax.set(xlabel="sweeps", ylabel="share of places known", ylim=(-0.02, 1.05))
    ax.legend()
    return figure


FORM = "rate reference"
FIGURES = {"spreading": spreading}
