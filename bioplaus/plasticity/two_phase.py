"""Two-phase rules: compare a network at rest with the same network under its target's influence.

All act on the event ``learn`` at the end of a presentation.  ``rate_free`` is the rate at the free
fixed point, ``rate_plus`` and ``rate_minus`` those of the states compared, ``change`` the
difference of these states; all dimensionless, as is the weight.  ``signs*teaching(t - onset)`` is
the signed distance of the two influences (one or two times beta): a negative influence still
descends the cost.  The cells count the phases
(:mod:`bioplaus.neurons.leaky_integrator`); the network transmits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import Rule

__all__ = ["STEPS", "Differential", "LearnedBias", "TwoPhase"]

STEPS = {
    "vector-field": "rate_free_pre*change_post",
    "energy-based": "(rate_plus_pre*rate_plus_post - rate_minus_pre*rate_minus_post)",
}
"""What a rule adds to ``w``, in units of the learning rate.

``vector-field``: ``dw = alpha/beta rho(s0_pre) (s_beta - s0)_post`` (Scellier 2018, equation 9).
Locality: the presynaptic free rate and the postsynaptic change.  As beta -> 0 it follows nu of
Theorem 1, which is minus the gradient when the Jacobian of the network is symmetric.

``energy-based``: ``dw = alpha/beta [rho rho (nudged) - rho rho (free)]`` (Scellier and Bengio
2017, equation 15), the same for both directions of a pair, so that weights that start tied stay
tied.
"""


@dataclass(frozen=True)
class TwoPhase(Rule):
    """dw = alpha step/(signs beta) at the event ``learn``.

    w : (n_pre, n_post); step : a name in :data:`STEPS`; signs : how many signs of the influence
    are compared with rest, one or two.
    Reads rates and ``change`` of both cells, ``plasticity`` and ``teaching`` of the schedule;
    ``learning_rate`` is shared by the projection.
    """

    signs: int
    step: str = "vector-field"

    def pre(self) -> Cell:
        """The event at the end of a presentation, of cells that were heard in it."""
        heard = "rate_free != 0 or rate_plus != 0 or rate_minus != 0"
        return Cell(events={"learn": f"step == steps - 1 and ({heard})"})

    def synapses(self) -> dict[str, Any]:
        """What ``learn`` does."""
        step = f"learning_rate*{STEPS[self.step]}/(signs*teaching(t - onset))"
        return {
            "model": "w : 1\nlearning_rate : 1 (shared)",
            "on_pre": {"learn": f"w += plasticity(t - onset)*{step}"},
            "on_event": {"learn": "learn"},
            "namespace": {"signs": self.signs},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """Per ``learn``.

        post: ``learning_rate``, ``teaching``; pre: ``rate_free``; post: ``change``; or of both
        ``rate_plus`` and ``rate_minus``.
        """
        if self.step == "vector-field":
            step = pre["rate_free"] * post["change"]
        else:
            plus = pre["rate_plus"] * post["rate_plus"]
            step = plus - pre["rate_minus"] * post["rate_minus"]
        return post["learning_rate"] * step / (self.signs * post["teaching"])


@dataclass(frozen=True)
class Differential(Rule):
    """dw/dt = alpha/beta rho(s_pre) ds_post/dt in the second phase (Scellier 2018, equation 5).

    The event ``moving`` comes at every nudged step of a presynaptic cell that fires; the trace
    collects, ``learn`` adds it to the weight.  Over the phase it differs from the two-phase rule
    by terms of second order in beta.

    w : (n_pre, n_post).
    Reads ``rate_before`` and ``moved``, ``plasticity`` and ``teaching`` of the schedule.
    """

    signs: int
    pathway_order: ClassVar[Mapping[str, int]] = {"moving": -1}  # the last step counts too

    def pre(self) -> Cell:
        """Both events."""
        moving = "step > free_steps and rate_before != 0"
        return Cell(events={"moving": moving, "learn": "step == steps - 1"})

    def post(self) -> Cell:
        """The state at the start of a step."""
        return Cell(operations={"before_step": Operation("s_before = s")})

    def synapses(self) -> dict[str, Any]:
        """``moving`` collects, ``learn`` adds and forgets."""
        learn = "learning_rate*trace/(signs*teaching(t - onset))"
        return {
            "model": "w : 1\nlearning_rate : 1 (shared)\ntrace : 1",
            "on_pre": {
                "learn": f"w += plasticity(t - onset)*{learn}\ntrace = 0",
                "moving": "trace += rate_before_pre*moved_post",
            },
            "on_event": {"learn": "learn", "moving": "moving"},
            "namespace": {"signs": self.signs},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """Per ``learn``; pre: ``rate_before``; post: ``moved`` in all nudged steps, as above."""
        step = pre["rate_before"] * post["moved"]
        return post["learning_rate"] * step / (self.signs * post["teaching"])


@dataclass(frozen=True)
class LearnedBias:
    """The same rules for one bias ``b`` a cell, whose presynaptic rate is 1: a part of the cell.

    The difference is that of rates with ``energy_based``, else that of states (which is also the
    integral of the differential rule).  ``bias_rate`` is shared by the population.
    """

    signs: int
    energy_based: bool = False

    def post(self) -> Cell:
        """Change at the last step of a presentation."""
        learned = "rate_plus - rate_minus" if self.energy_based else "change"
        step = f"plasticity(t - onset)*bias_rate*({learned})/(signs*teaching(t - onset))"
        code = f"b += int(step == steps - 1)*{step}"
        return Cell(
            equations="bias_rate : 1 (shared)",
            operations={"learn_bias": Operation(code, when="after_groups", order=1)},
            constants={"signs": self.signs},
        )
