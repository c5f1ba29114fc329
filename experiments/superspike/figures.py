"""What a page of SuperSpike keeps of a trial, and its figures, from the record alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting
from bioplaus.layered.learner import layer_names
from bioplaus.models.superspike import Learner, eligibility
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["curve", "put_trial", "raster", "traces"]

SYNAPSES = 3


def put_trial(run: Run, learner: Learner, x: Any, target: Any, begin: float) -> None:
    """Spikes of all layers and the wanted ones; of the first output membrane, error, and the
    eligibility of its liveliest inputs.  begin : time of the first step [s]."""
    shown = learner.show(x, target)
    t = begin + 1e-3 * learner.constants.dt * np.arange(len(x))
    names = layer_names(len(shown.layers))
    for name, z in zip(names, [x, *(layer.z for layer in shown.layers)], strict=True):
        when, who = np.nonzero(z)
        run.put_spikes(name, t[when], who)
    when, who = np.nonzero(target)
    run.put_spikes("wanted", t[when], who)
    last = shown.layers[-1]
    liveliest = np.argsort(-last.psp.sum(axis=0), kind="stable")[:SYNAPSES]
    found = eligibility(last.psp[:, liveliest], last.sigma[:, 0], learner.constants)
    run.put_trace("output", "U", t, last.potential[:, :1].T, "mV")
    run.put_trace("output", "error", t, shown.error[:, :1].T, "1")
    run.put_trace("synapses", "eligibility", t, found.T, "1/mV")


def curve(run: RunReader) -> Figure:
    """Loss over trials."""
    figure = plotting.figure()
    ax = figure.subplots()
    metrics = run.metrics
    plotting.learning_curve(
        ax, metrics["epoch"], metrics["loss"], name="van Rossum distance [ms]", logarithmic=True
    )
    ax.set_xlabel("trial")
    return figure


def raster(run: RunReader) -> Figure | None:
    """All layers in the last trial, wanted spikes above the output's."""
    if not run.recording_files():
        return None
    begin, end = _last(run)
    counts = [int(n) for n in run.parameters["layers"].split("-")]
    names = layer_names(len(counts) - 1)
    heights = [1 + 2 * (n > 5) for n in counts]
    figure = plotting.figure(height=1.2 * sum(heights) / 2 + 1)
    axes = figure.subplots(len(names), 1, sharex=True, height_ratios=heights)
    for ax, name, count in zip(axes, names, counts):
        t, i = run.spikes(name)
        shown = t >= begin
        plotting.raster(ax, 1e3 * (t[shown] - begin), i[shown], neurons=count, name=name)
        ax.set_xlabel("")
    t, i = run.spikes("wanted")
    shown = t >= begin
    axes[-1].plot(
        1e3 * (t[shown] - begin), i[shown], "o", mfc="none", color=plotting.COLOURS[1],
        label="wanted",
    )  # fmt: skip
    axes[-1].set(ylim=(-0.7, counts[-1] - 0.3), xlim=(0, 1e3 * (end - begin)), xlabel="time [ms]")
    axes[-1].legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2)
    return figure


def traces(run: RunReader) -> Figure | None:
    """Membrane, error and eligibility of an output in the first and in the last trial."""
    if not run.recording_files():
        return None
    figure = plotting.figure("page", height=4.4)
    axes = figure.subplots(3, 2, sharex=True, sharey="row")
    length = _last(run)[1] - _last(run)[0]
    wanted, _ = run.spikes("wanted")
    rows = (("output", "U"), ("output", "error"), ("synapses", "eligibility"))
    for row, ((population, variable), text) in enumerate(
        zip(rows, ("membrane [mV]", "error", "eligibility of\nthree synapses [1/mV]"))
    ):
        trace = run.trace(population, variable)
        for column, begin in enumerate((trace.t[0], _last(run)[0])):
            ax = axes[row, column]
            shown = (trace.t >= begin) & (trace.t <= begin + length)
            ax.plot(1e3 * (trace.t[shown] - begin), trace.value[:, shown].T, lw=1.0)
            for when in wanted[(wanted >= begin) & (wanted <= begin + length)]:
                ax.axvline(1e3 * (when - begin), color=plotting.COLOURS[1], lw=0.8, ls=":")
        axes[row, 0].set_ylabel(text)
    for ax, text in zip(axes[0], ("first trial (dotted: wanted)", "last trial")):
        ax.set_title(text, fontsize="small")
    for ax in axes[-1]:
        ax.set_xlabel("time [ms]")
    return figure


def _last(run: RunReader) -> tuple[float, float]:
    """When the last trial that was recorded began and ended [s]."""
    t = run.trace("output", "U").t
    gaps = np.flatnonzero(np.diff(t) > 5 * np.median(np.diff(t)))
    return float(t[gaps[-1] + 1 if len(gaps) else 0]), float(t[-1])
