"""How far asymmetric weights turn the update from the gradient (Scellier 2018, theorem 1).

Small random networks whose units all stay inside their range: the angle of the measured two-phase
update to the exact gradient, beside the angle that the theorem predicts, for growing asymmetry;
then the same with the antisymmetric correction, which should restore the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import analysis, plotting
from bioplaus.models import vector_field_ep as ep
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


RATIOS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7)
"""Norm of the antisymmetric over that of the symmetric part of the Jacobian."""


@dataclass(frozen=True)
class Settings:
    """Networks of 12 units, 4 of them outputs."""

    units: int = parameter(12, "units", low=2)
    outputs: int = parameter(4, "output units, the last ones", low=1)
    networks: int = parameter(20, "random networks per asymmetry", low=1)
    strength: float = parameter(0.08, "standard deviation of the symmetric weights", low=0.0)
    influence: float = parameter(1e-3, "influence, both signs", symbol="beta", low=1e-6, high=0.5)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """One segment an asymmetry; all states relaxed to rounding."""
    gaps: list[float] = []
    run.keep(gaps=gaps)
    for segment in run.segments(len(RATIOS)):
        measured, largest = angles(p, RATIOS[segment.number], run.rng)
        gaps.append(largest)
        run.log(**measured)
    return {"largest_gap_to_theorem": max(gaps)}


def angles(
    p: Settings, asymmetry: float, rng: np.random.Generator
) -> tuple[dict[str, float], float]:
    """Angles to the gradient [degrees] for one asymmetry, means over networks, and the largest
    relative gap between the measured update and the theorem."""
    rows = []
    for _ in range(p.networks):
        network, target = draw(p, asymmetry, rng)
        gradient = ep.exact_gradient(network, target)
        predicted = ep.theorem_direction(network, target)
        update = ep.two_phase_update(network, target, p.influence)
        corrected = ep.two_phase_update(network, target, p.influence, corrected=True)
        rows.append(
            [
                ep.asymmetry(network),
                float(analysis.alignment_angle(update, gradient)),
                float(analysis.alignment_angle(predicted, gradient)),
                float(analysis.alignment_angle(corrected, gradient)),
                float(np.linalg.norm(update - predicted) / np.linalg.norm(predicted)),
            ]
        )
    ratio, measured, predicted_angle, corrected_angle, gap = np.mean(rows, axis=0)

    means = {
        "asymmetry": ratio,
        "measured_angle": measured,
        "predicted_angle": predicted_angle,
        "corrected_angle": corrected_angle,
        "gap_to_theorem": gap,
    }
    return means, float(np.max(np.array(rows)[:, 4]))


def draw(p: Settings, ratio: float, rng: np.random.Generator) -> tuple[Any, Any]:
    """Weights of a given asymmetry, and biases that put all units inside their range."""
    n = p.units
    drawn = rng.normal(size=(n, n))
    symmetric, antisymmetric = (drawn + drawn.T) / 2, (drawn - drawn.T) / 2
    np.fill_diagonal(symmetric, 0)
    symmetric *= p.strength
    # The leak, minus one for each unit, belongs to the symmetric part of the Jacobian.
    whole = np.linalg.norm(symmetric - np.eye(n))
    antisymmetric *= ratio * whole / np.linalg.norm(antisymmetric)
    weight = symmetric + antisymmetric
    inside = rng.uniform(0.3, 0.7, n)
    outputs = np.arange(n) >= n - p.outputs
    network = ep.FlatNetwork(weight, inside - weight @ inside, outputs)
    return network, rng.uniform(0, 1, n)


def angle_against_asymmetry(run: RunReader) -> Figure:
    """Angle against asymmetry, beside the theory's curve."""
    figure = plotting.figure()
    axes = figure.subplots()
    ratio = run.metrics["asymmetry"]
    axes.plot(ratio, run.metrics["predicted_angle"], label="theorem 1")
    axes.plot(ratio, run.metrics["measured_angle"], "o", label="two phases")
    axes.plot(ratio, run.metrics["corrected_angle"], "s", label="with correction")
    axes.set(xlabel="antisymmetric over symmetric part", ylabel="angle to gradient (degrees)")
    axes.legend()
    return figure


FORM = "steady state"
FIGURES = {"angle-against-asymmetry": angle_against_asymmetry}
