"""How much of its past input an echo state network holds (Jaeger 2001)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.models.reservoirs import EchoState, memory_capacity
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

KINDS = {"linear": (0.01, True), "weak": (0.1, False), "strong": (1.0, False)}
"""Scale of the input weights, and whether units are linear: the weaker the drive, the more so."""


@dataclass(frozen=True)
class Settings:
    """Uniform noise in, its past out."""

    units: int = parameter(100, "units", low=1)
    radius: float = parameter(0.95, "spectral radius", low=0)
    steps: int = parameter(6000, "steps", low=1000)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """One kind of reservoir a segment; the sum over delays of the squared correlations."""
    u = run.rng.uniform(-1, 1, p.steps)
    held: dict[str, float] = {}
    run.keep(held=held)
    for segment in run.segments(len(KINDS)):
        kind = list(KINDS)[segment.number]
        scale, linear = KINDS[kind]
        reservoir = EchoState.drawn(p.units, p.radius, scale, run.child(kind), linear=linear)
        each = memory_capacity(reservoir.states(u), u, 2 * p.units)
        held[f"capacity_{kind}"] = float(each.sum())
        run.put("correlation", each, "1", delay=np.arange(1, 2 * p.units + 1))
        run.log(capacity=float(each.sum()))
    return held


def forgetting(run: RunReader) -> Figure | None:
    """Squared correlation over delay, for each kind."""
    if not run.recording_files():
        return None
    figure = plotting.figure()
    ax = figure.subplots()
    for number, kind in enumerate(KINDS):
        each = run.array("correlation", number)
        ax.plot(
            each.axes["delay"].values, each.value, label=f"{kind}: {each.value.sum():.1f} in all"
        )
    ax.set(xlabel="delay [steps]", ylabel="squared correlation", ylim=(-0.02, 1.05))
    ax.legend()
    return figure


FORM = "rate reference"
FIGURES = {"forgetting": forgetting}
