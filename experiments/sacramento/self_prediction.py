"""Interneurons learn to silence the apical dendrites (Sacramento 2018, supplementary figure S1).

No target, no forward learning: random patterns alone.  The default rates are ten times those on
which two public implementations agree, which shortens the run tenfold; ``rate_factor = 1`` is
theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.sacramento import figures
from bioplaus.experiments.sacramento.microcircuit import TRACES, Circuit
from bioplaus.models import sacramento
from bioplaus.models.sacramento.parameters import SelfPrediction, area_sizes, rate_list
from bioplaus.parameters import parameter, replace
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run

PROBES = 200
FIRST = 10


@dataclass(frozen=True)
class Settings(SelfPrediction):
    """30-20-10 with noise, everything random at the start."""

    rate_factor: float = parameter(10.0, "factor on all learning rates", low=0.0)
    patterns: int = parameter(1000, "random patterns shown", low=20)
    evaluations: int = parameter(10, "segments, each ended by a test", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show random patterns, then measure the silence on others."""
    circuit, sizes = Circuit(p, run, *TRACES, built=faster(p)), area_sizes(p)
    probes = run.rng.uniform(-1, 1, (PROBES, sizes[0]))
    silence = {"at_start": circuit.free_apical(probes)}
    run.keep(silence=silence)
    nothing = np.zeros((1, sizes[-1]))
    for segment in run.segments(p.evaluations):
        if segment.first:
            circuit.demonstrate(probes[0], nothing[0])
        shown = segment.of(p.patterns)
        patterns = run.rng.uniform(-1, 1, (shown.stop - shown.start, sizes[0]))
        answers = np.repeat(nothing, len(patterns), axis=0)
        if segment.first:  # the first silence comes at once: judge what follows on its own
            circuit.show(patterns[:FIRST], answers[:FIRST], teach=False)
            silence["after_ten"] = circuit.free_apical(probes)
            patterns, answers = patterns[FIRST:], answers[FIRST:]
        circuit.show(patterns, answers, teach=False)
        circuit.demonstrate(probes[0], nothing[0])
        run.log(epoch=float(shown.stop), **measure(p, circuit, probes))
    found = measure(p, circuit, probes)
    return {
        **found,
        "fold_quieter": silence["at_start"] / found["free_apical"],
        "fold_after_ten": silence["after_ten"] / found["free_apical"],
    }


def faster(p: Settings) -> Settings:
    """The parameters of the network, with its rates multiplied."""
    rates = rate_list("interneuron_rates", p.interneuron_rates, len(area_sizes(p)) - 2)
    return replace(
        p,
        {
            "interneuron_rates": " ".join(repr(p.rate_factor * rate) for rate in rates),
            "lateral_rate": p.rate_factor * to_quantity(p.lateral_rate),
        },
    )


def measure(p: Settings, circuit: Circuit, probes: np.ndarray) -> dict[str, float]:
    """Silence of the dendrites, and distance of weights from self-prediction."""
    free = circuit.settle(probes)
    weights, mix = sacramento.circuit_weights(circuit.model), sacramento.mixing(p)
    distance = sacramento.distance_from_self_prediction(weights, mix)
    return {
        "free_apical": float((free.v_apical[0] ** 2).mean()),
        "mismatch": float(((free.u[1] - free.u_interneuron[0]) ** 2).mean()),
        "distance_interneuron": distance["interneuron"][0],
        "distance_lateral": distance["lateral"][0],
    }


FALLING = ("free_apical", "mismatch", "distance_interneuron", "distance_lateral")
FORM = "network"
FIGURES = {
    "learning-curve": lambda run: figures.decay(run, FALLING, "patterns"),
    "compartments": figures.compartments,
}
