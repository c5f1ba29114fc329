"""A column of spiking cells tells two jittered spike patterns apart (Maass and others 2002)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import neurons, plotting, tasks
from bioplaus.models import reservoirs
from bioplaus.models.reservoirs import LiquidSettings, ridge
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run, Spikes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

SEGMENTS = 4


@dataclass(frozen=True)
class Settings(LiquidSettings):
    """Two templates of Poisson spikes, shown again and again with jitter."""

    duration: Quantity = parameter("250 ms", "of a presentation", low="50 ms")
    rate: Quantity = parameter("20 Hz", "of each channel", low="1 Hz")
    jitter: Quantity = parameter("4 ms", "standard deviation of a spike's time", low="0 ms")
    presentations: int = parameter(240, "half for the readout, half to judge it", low=2 * SEGMENTS)
    ridge: float = parameter(1.0, "strength of the ridge", low=0)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show everything; fit a readout on the first half, and judge it on the second."""
    q = quantities(p)
    duration, step = float(q.duration), float(q.time_step)
    steps = round(duration / step)
    clocks = neurons.Clocks.of(q.time_step, q.duration)
    given = neurons.given_spikes(p.channels, clocks)
    model = reservoirs.build(p, run.rng, {"input": given}, clocks)
    templates = tasks.poisson_templates(run.rng, 2, p.channels, float(q.rate), duration)
    labels = run.rng.integers(0, 2, p.presentations)
    run.record(Spikes("input"), Spikes("liquid"), of=model)
    states = np.zeros((p.presentations, len(model.populations["liquid"])))
    run.keep(states=states)
    for segment in run.segments(SEGMENTS):
        part = segment.of(p.presentations)
        shown = labels[part]
        trains = tasks.jittered(templates, shown, float(q.jitter), step, steps, run.rng)
        onset = float(np.asarray(model.network.t_))
        model.give(trains, onset)
        # One frame more: what a readout sees is kept where the next presentation would begin.
        frames = len(shown) + 1
        run.present(model, tasks.stretch(duration, fresh=np.ones(frames)))
        begin = onset + duration * np.arange(len(shown))
        run.put_presentations(begin, begin + duration, shown)
        states[part] = model.states(len(shown))
        run.log(presented=part.stop, spikes_of_a_cell=float(states[part].mean()))
    half = p.presentations // 2
    readout = ridge(states[:half], 2.0 * labels[:half] - 1, p.ridge)
    answers = states[half:] @ readout[:-1] + readout[-1] > 0
    same, other = distances(states, labels)
    return {
        "test_error": float(np.mean(answers != labels[half:])),
        "distance_ratio": other / same,
        "distance_same": same,
        "distance_other": other,
    }


def distances(states: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Mean distance of two states of the same template, and of different ones."""
    between = np.linalg.norm(states[:, None] - states[None], axis=2)
    alike = labels[:, None] == labels[None]
    once = np.triu(np.ones_like(alike), 1).astype(bool)
    return float(between[alike & once].mean()), float(between[~alike & once].mean())


def raster(run: RunReader) -> Figure | None:
    """Channels and cells in four presentations, where one template follows the other."""
    if not run.recording_files():
        return None
    shown = run.presentations()
    changes = np.flatnonzero(np.diff(shown.label))
    first = max(int(changes[0]) - 1, 0) if len(changes) else 0
    four = slice(first, first + 4)
    begin, end = float(shown.start[four][0]), float(shown.stop[four][-1])
    figure = plotting.figure(height=4.0)
    axes = figure.subplots(2, 1, sharex=True, height_ratios=(1, 3))
    p = run.parameters
    sizes = {"input": p["channels"], "liquid": p["length"] * p["width"] ** 2}
    for ax, (population, count) in zip(axes, sizes.items()):
        t, i = run.spikes(population)
        within = (t >= begin) & (t < end)
        plotting.raster(ax, 1e3 * t[within], i[within], neurons=count, name=population)
    for start, label in zip(shown.start[four], shown.label[four]):
        axes[0].annotate(
            f"template {'AB'[int(label)]}", (1e3 * start, 1.02), fontsize="small",
            xycoords=("data", "axes fraction"),
        )  # fmt: skip
        for ax in axes:
            ax.axvline(1e3 * start, color=plotting.GREY, lw=0.6)
    axes[0].set_xlabel("")
    axes[1].set(xlim=(1e3 * begin, 1e3 * end), xlabel="time [ms]")
    return figure


FORM = "network"
FIGURES: dict[str, Any] = {"raster": raster}
