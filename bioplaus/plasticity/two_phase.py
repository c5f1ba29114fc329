"""Two-phase rules: compare a network at rest with the same network under its target's influence.

Each is text for :class:`brian2.Synapses`, applied on the presynaptic event ``learn`` at the end of
a presentation.  ``rate_free`` is the rate at the free fixed point, ``rate_plus`` and ``rate_minus``
those of the states compared, ``change`` the difference of these states; all dimensionless, as is
the weight ``w``.  ``signs*influence(t)`` is the signed distance of the two influences (one or two
times beta): a negative influence still descends the cost.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RULES", "DifferentialRule", "EnergyBasedRule", "TwoPhaseRule", "VectorFieldRule"]


@dataclass(frozen=True)
class TwoPhaseRule:
    """A rule by its name and what it adds to ``w``, in units of the learning rate."""

    step: str

    model = """
    w : 1
    learning_rate : 1 (shared)
    """

    on_moving = ""

    def on_learn(self) -> str:
        """Statement for the event ``learn``."""
        return f"w += plastic(t)*learning_rate*{self.step}/(signs*influence(t))"


@dataclass(frozen=True)
class DifferentialRule:
    """``dw/dt = alpha/beta rho(s_pre) ds_post/dt`` in the second phase (Scellier 2018, equation 5).

    The event ``moving`` comes at every nudged step of a presynaptic unit that fires; the trace
    collects, ``learn`` adds it to the weight.  Over the phase it differs from the two-phase rule
    by terms of second order in beta.
    """

    model = TwoPhaseRule.model + "trace : 1\n"
    on_moving = "trace += rate_before_pre*moved_post"

    def on_learn(self) -> str:
        """Statements for the event ``learn``."""
        return "w += plastic(t)*learning_rate*trace/(signs*influence(t))\ntrace = 0"


VectorFieldRule = TwoPhaseRule("rate_free_pre*change_post")
"""``dw = alpha/beta rho(s0_pre) (s_beta - s0)_post`` (Scellier 2018, equation 9).

Locality: the presynaptic free rate and the postsynaptic change.  As beta -> 0 it follows nu of
Theorem 1, which is minus the gradient when the Jacobian of the network is symmetric.
"""

EnergyBasedRule = TwoPhaseRule("(rate_plus_pre*rate_plus_post - rate_minus_pre*rate_minus_post)")
"""``dw = alpha/beta [rho rho (nudged) - rho rho (free)]`` (Scellier and Bengio 2017, equation 15).

The same for both directions of a pair, so that weights that start tied stay tied.
"""

RULES: dict[str, TwoPhaseRule | DifferentialRule] = {
    "vector-field": VectorFieldRule,
    "energy-based": EnergyBasedRule,
    "differential": DifferentialRule(),
}
"""Rules by the name that a setting gives them."""
