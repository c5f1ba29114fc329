"""The burst rule between Poisson spike trains changes sign at one rate (Greedy 2022, figure 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import neurons, plotting, tasks
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import PoissonPairs
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(PoissonPairs):
    """Twelve rates from 25 to 80 Hz."""

    duration: Quantity = parameter("20 second", "simulated time", low="100 ms")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Weight change, event and burst rate of each rate, in one segment."""
    seconds = float(quantities(p).duration)
    clocks = neurons.Clocks.of(1e-4, quantities(p).duration)
    model = burstccn.build_poisson(p, run.rng, {}, clocks)
    run.record(of=model)
    measured: dict[str, float] = {}
    run.keep(measured=measured)

    def means(values: Any) -> Any:
        return values.reshape(p.rates, p.pairs).mean(axis=1)

    for _ in run.segments(1):
        run.present(model, tasks.stretch(seconds, plasticity=[1.0]))
        pairs, cells = model.plastic["pairs"], model.populations["cells"]
        drift = means(pairs.weights.data - 1e6)
        events, bursts = (means(each) for each in (cells.n_events[:], cells.n_bursts[:]))
        # The drift per event is p - p_b times the presynaptic trace: smooth, and zero only once.
        share = drift / (events * events)
        for name, values in (("drift", drift), ("events", events), ("bursts", bursts)):
            run.put(name, values / seconds, "Hz", rate=(model.rates, "Hz"))
        measured |= {
            "zero_crossing": float(np.interp(0.0, share, model.rates)),
            "event_rate_lowest": float(events[0] / seconds),
            "burst_rate_lowest": float(bursts[0] / seconds),
            "event_rate_highest": float(events[-1] / seconds),
            "burst_rate_highest": float(bursts[-1] / seconds),
        }
        run.log(**measured)
    return measured


def rule(run: RunReader) -> Figure:
    """Weight change over rate; event and burst rates beside their formulas."""
    figure = plotting.figure("page")
    change, counts = figure.subplots(1, 2)
    drift = run.array("drift")
    rates = drift.axes["rate"].values
    change.plot(rates, drift.value, marker="o")
    change.axhline(0, lw=0.8, color=plotting.GREY)
    change.set(xlabel="firing rate (Hz)", ylabel="weight change (per s)")
    window = 16e-3
    fine = np.linspace(rates[0], rates[-1], 100)
    event_rate = fine * np.exp(-fine * window)
    formulas = {"events": event_rate, "bursts": event_rate * (1 - np.exp(-fine * window))}
    for (name, formula), colour in zip(formulas.items(), plotting.COLOURS):
        counts.plot(fine, formula, color=colour, label=f"{name}, formula")
        counts.plot(rates, run.array(name).value, "o", color=colour, label=f"{name}, counted")
    counts.set(xlabel="firing rate (Hz)", ylabel="rate (Hz)")
    counts.legend()
    return figure


FORM = "network"
FIGURES = {"rule": rule}
