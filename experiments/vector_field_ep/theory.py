"""How far asymmetric weights turn the update from the gradient (Scellier 2018, theorem 1).

Small random networks whose units all stay inside their range: the angle of the measured two-phase
update to the exact gradient, beside the angle that the theorem predicts, for growing asymmetry;
then the same with the antisymmetric correction, which should restore the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import analysis, plotting
from bioplaus.models import vector_field_ep as ep
from bioplaus.parameters import parameter
from bioplaus.training import Experiment

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


class VectorFieldEpTheory(Experiment):
    """One segment an asymmetry; all states relaxed to rounding."""

    Parameters = Settings
    form = "steady state"
    quick = {"networks": 3}

    def setup(self) -> None:
        """Nothing to prepare: every segment draws its networks."""
        self.largest_gap = 0.0

    def segments(self) -> int:
        """One segment an asymmetry."""
        return len(RATIOS)

    def advance(self, segment: int) -> Mapping[str, float]:
        """Angles to the gradient [degrees] for one asymmetry, means over networks."""
        import numpy as np

        p = self.parameters
        rows = []
        for _ in range(p.networks):
            network, target = self._draw(RATIOS[segment])
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
        self.largest_gap = max(self.largest_gap, float(np.max(np.array(rows)[:, 4])))
        return {
            "asymmetry": ratio,
            "measured_angle": measured,
            "predicted_angle": predicted_angle,
            "corrected_angle": corrected_angle,
            "gap_to_theorem": gap,
        }

    def _draw(self, ratio: float) -> tuple[Any, Any]:
        """Weights of a given asymmetry, and biases that put all units inside their range."""
        import numpy as np

        p, n = self.parameters, self.parameters.units
        drawn = self.rng.normal(size=(n, n))
        symmetric, antisymmetric = (drawn + drawn.T) / 2, (drawn - drawn.T) / 2
        np.fill_diagonal(symmetric, 0)
        symmetric *= p.strength
        # The leak, minus one for each unit, belongs to the symmetric part of the Jacobian.
        whole = np.linalg.norm(symmetric - np.eye(n))
        antisymmetric *= ratio * whole / np.linalg.norm(antisymmetric)
        weight = symmetric + antisymmetric
        inside = self.rng.uniform(0.3, 0.7, n)
        outputs = np.arange(n) >= n - p.outputs
        network = ep.FlatNetwork(weight, inside - weight @ inside, outputs)
        return network, self.rng.uniform(0, 1, n)

    def finish(self) -> Mapping[str, float]:
        """Largest relative gap between the measured update and the theorem."""
        return {"largest_gap_to_theorem": self.largest_gap}

    def state(self) -> Mapping[str, Any]:
        """The generator and the largest gap."""
        return {"rng": self.rng.bit_generator.state, "largest_gap": self.largest_gap}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        self.rng.bit_generator.state = state["rng"]
        self.largest_gap = state["largest_gap"]

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Angle against asymmetry, beside the theory's curve."""
        figure = plotting.figure()
        axes = figure.subplots()
        ratio = run.metrics["asymmetry"]
        axes.plot(ratio, run.metrics["predicted_angle"], label="theorem 1")
        axes.plot(ratio, run.metrics["measured_angle"], "o", label="two phases")
        axes.plot(ratio, run.metrics["corrected_angle"], "s", label="with correction")
        axes.set(xlabel="antisymmetric over symmetric part", ylabel="angle to gradient (degrees)")
        axes.legend()
        yield "angle-against-asymmetry", figure


EXPERIMENT = VectorFieldEpTheory

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
