"""How near online rules come to the gradient through time (Williams and Zipser 1989 and after)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import analysis, plotting
from bioplaus.models import recurrent_gradients as rg
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

BLOCKS = 20


@dataclass(frozen=True)
class Settings:
    """A random network, random inputs and random targets."""

    units: int = parameter(8, "units", low=1)
    inputs: int = parameter(2, "inputs", low=1)
    outputs: int = parameter(2, "outputs", low=1)
    steps: int = parameter(20, "steps of a sequence", low=2)
    leak: float = parameter(0.3, "part of a step in the time constant", low=1e-3, high=1.0)
    gain: float = parameter(1.2, "standard deviation of recurrent weights times sqrt(units)", low=0)
    draws: int = parameter(20_000, "estimates of the unbiased rule", low=2 * BLOCKS)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Exact rules at once; the unbiased one in twenty blocks of draws."""
    network = rg.RateNetwork.drawn(p.units, p.inputs, p.outputs, p.leak, p.gain, run.rng)
    x = run.rng.standard_normal((p.steps, p.inputs))
    target = run.rng.standard_normal((p.steps, p.outputs))
    exact = rg.through_time(network, x, target)
    sums = np.zeros((2, *exact.shape))
    run.keep(sums=sums)
    for segment in run.segments(BLOCKS):
        part = segment.of(p.draws)
        drawn = rg.unbiased_online(network, x, target, run.rng, part.stop - part.start)
        sums += drawn.sum(axis=0), (drawn**2).sum(axis=0)
        mean, z = _judged(sums, part.stop, exact)
        run.log(
            draws=part.stop,
            unbiased_cosine=cosine(mean, exact),
            unbiased_z=float(np.sqrt(np.mean(z**2))),
        )
    mean, z = _judged(sums, p.draws, exact)
    real_time = rg.in_real_time(network, x, target)
    truncated = {
        f"truncated_{window}_cosine": cosine(rg.through_time(network, x, target, window), exact)
        for window in (1, 5, 10)
        if window < p.steps
    }
    return {
        "real_time_difference": float(np.abs(real_time - exact).max() / np.abs(exact).max()),
        "unbiased_z": float(np.sqrt(np.mean(z**2))),
        "unbiased_cosine": cosine(mean, exact),
        "local_cosine": cosine(rg.local_online(network, x, target), exact),
        **truncated,
    }


def _judged(sums: np.ndarray, draws: int, exact: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of so many draws, and how many standard errors it lies from the gradient."""
    mean = sums[0] / draws
    return mean, (mean - exact) / np.sqrt((sums[1] / draws - mean**2) / draws)


def cosine(update: np.ndarray, exact: np.ndarray) -> float:
    """Of two gradients."""
    return float(np.cos(np.radians(analysis.alignment_angle(update, exact))))


def nearness(run: RunReader) -> Figure:
    """Cosine of the mean estimate and of each other rule with the gradient."""
    figure = plotting.figure()
    ax = figure.subplots()
    metrics, found = run.metrics, run.summary["metrics"]
    ax.semilogx(
        metrics["draws"], metrics["unbiased_cosine"], "o-", ms=3, label="unbiased, mean\nover draws"
    )
    others = [name for name in found if name.startswith("truncated")] + ["local_cosine"]
    for colour, name in zip(plotting.COLOURS[1:], others):
        text = name.removesuffix("_cosine").replace("_", ", steps: ")
        ax.axhline(found[name], color=colour, ls="--", lw=1.2, label=text)
    ax.set(xlabel="draws", ylabel="cosine with the gradient", ylim=(None, 1.02))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    return figure


FORM = "rate reference"
FIGURES = {"agreement": nearness}
