"""A network of rates draws a mixture of sines, taught by each gradient in turn (Murray 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting, tasks
from bioplaus.experiments.recurrent_gradients.agreement import cosine
from bioplaus.layered.adam import Adam
from bioplaus.models import recurrent_gradients as rg
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

RULES = ("through time", "truncated", "real time", "local", "random local", "unbiased", "none")
EVERY = 10
"""Steps of the thousand of the target that are one step of the network."""


@dataclass(frozen=True)
class Settings:
    """Frozen noise comes in; a target of 100 steps is to come out."""

    rule: str = parameter("through time", "how recurrent weights learn", choices=RULES)
    units: int = parameter(20, "units", low=1)
    inputs: int = parameter(10, "inputs", low=1)
    leak: float = parameter(0.3, "part of a step in the time constant", low=1e-3, high=1.0)
    gain: float = parameter(1.2, "standard deviation of recurrent weights times sqrt(units)", low=0)
    window: int = parameter(5, "steps over which credit is carried where it is truncated", low=1)
    learning_rate: float = parameter(0.01, "of Adam", symbol="eta", tunable=True, low=0)
    trials: int = parameter(600, "trials, each followed by an update", low=2)
    evaluations: int = parameter(20, "segments", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """One update a trial, of the readout by its own error, of the rest as the rule says."""
    target = tasks.sine_mixture(run.rng)[EVERY - 1 :: EVERY, None]
    x = run.rng.standard_normal((len(target), p.inputs))
    network = rg.RateNetwork.drawn(p.units, p.inputs, 1, p.leak, p.gain, run.rng)
    feedback = run.rng.standard_normal(network.readout.shape) / np.sqrt(p.units)
    learnt = {"weights": network.weights, "readout": network.readout}
    adam = Adam(learnt)
    silence = 0.5 * float(np.sum(target**2))
    run.keep(learnt=learnt, adam=adam)
    run.live(None, lambda q: {"learning_rate": q.learning_rate})
    for segment in run.segments(p.evaluations):
        part = segment.of(p.trials)
        network = replace(network, **learnt)
        cosine = _nearness(network, x, target, run, feedback)
        for trial in range(part.start, part.stop):
            network = replace(network, **learnt)
            seen = network.trajectory(x, target)
            gradients = {"readout": seen.a.T @ seen.error}
            if p.rule != "none":
                gradients["weights"] = _gradient(network, x, target, run, feedback)
            adam.move(learnt, gradients, run.p.learning_rate)
            run.progress((trial + 1 - part.start) / (part.stop - part.start))
        run.check_finite({f"w {name}": w for name, w in learnt.items()})
        run.log(epoch=part.stop, normalised_error=seen.loss / silence, cosine=cosine)
    network = replace(network, **learnt)
    return {
        "normalised_error": network.trajectory(x, target).loss / silence,
        "cosine": _nearness(network, x, target, run, feedback),
    }


def _gradient(
    network: rg.RateNetwork, x: np.ndarray, target: np.ndarray, run: Run, feedback: np.ndarray
) -> np.ndarray:
    p = run.p
    rules = {
        "through time": lambda: rg.through_time(network, x, target),
        "truncated": lambda: rg.through_time(network, x, target, p.window),
        "real time": lambda: rg.in_real_time(network, x, target),
        "local": lambda: rg.local_online(network, x, target),
        "random local": lambda: rg.local_online(network, x, target, feedback),
        "unbiased": lambda: rg.unbiased_online(network, x, target, run.child("signs"))[0],
    }
    return rules[p.rule]()


def _nearness(
    network: rg.RateNetwork, x: np.ndarray, target: np.ndarray, run: Run, feedback: np.ndarray
) -> float:
    """Cosine of the rule's update with the gradient, 0 where nothing learns."""
    if run.p.rule == "none":
        return 0.0
    update = _gradient(network, x, target, run, feedback)
    return cosine(update, rg.through_time(network, x, target))


def curve(run: RunReader) -> Figure:
    """Error relative to silence and agreement with the gradient, over trials."""
    figure = plotting.figure(height=4.0)
    above, below = figure.subplots(2, 1, sharex=True)
    metrics = run.metrics
    plotting.learning_curve(
        above,
        metrics["epoch"],
        metrics["normalised_error"],
        name="squared error / that of silence",
        logarithmic=True,
    )
    above.set_xlabel("")
    below.plot(metrics["epoch"], metrics["cosine"], "o-", ms=3)
    below.axhline(0, color=plotting.GREY, lw=0.6)
    below.set(xlabel="trial", ylabel="cosine with\nthe gradient", ylim=(-0.2, 1.05))
    return figure


FORM = "rate reference"
FIGURES = {"learning-curve": curve}
