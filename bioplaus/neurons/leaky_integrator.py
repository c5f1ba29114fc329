"""Leaky integrators that relax to a fixed point in two phases (Scellier et al. 2018).

    tau ds/dt = drive + feedforward + feedback + b - s + beta(t) (target - s)

``s`` state, ``rate = rho(s)`` what others receive; the last term on the output only.  All units
are dimensionless, ``tau`` a time.  A presentation is one step that loads the image, ``free_steps``
without the target, ``nudged_steps`` with it and, for symmetric nudging, as many with its influence
turned round, from the free state again:

    step          0      1 .. T1      T1+1 .. T1+T2      T1+T2+1 .. T1+2 T2
                  load   free         + beta             - beta (symmetric only)

The text asks the run for ``influence(t)`` (signed, one value a presentation), ``wanted(t, i)`` and
``plastic(t)``; the group's namespace holds the counts.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BEFORE_EACH_STEP", "SLOPES", "TRANSFERS", "LeakyIntegrator"]

TRANSFERS = {
    "hard-sigmoid": "clip({s}, 0, 1)",
    "shifted-sigmoid": "0.5*(1 + tanh(2*({s} - 0.5)))",
    "tanh": "tanh({s})",
    "linear": "{s}",
}
"""Rate of a state; the shifted sigmoid is 1/(1 + exp(-4(s - 1/2)))."""

SLOPES = {
    "hard-sigmoid": "int({s} >= 0)*int({s} <= 1)",
    "shifted-sigmoid": "(1 - tanh(2*({s} - 0.5))**2)",
    "tanh": "(1 - tanh({s})**2)",
    "linear": "1",
}
"""Derivative of each rate, one on the closed interval of the hard sigmoid."""


BEFORE_EACH_STEP = "s_before = s"
"""Statement to run at the start of a step, for rules that follow ds/dt."""


@dataclass(frozen=True)
class LeakyIntegrator:
    """Text of one layer.

    activation : a name in :data:`TRANSFERS`; output : whether the target acts here;
    energy_based : whether the drive is multiplied by rho'(s) (Scellier and Bengio 2017);
    symmetric : whether both signs of the influence are used; clipped : whether s stays in 0..1.
    """

    activation: str
    output: bool
    energy_based: bool = False
    symmetric: bool = False
    clipped: bool = True

    def equations(self) -> str:
        """Equations of the group.

        ``plus`` and ``minus`` are the states that two-phase rules compare; ``s_before``, the state
        at the start of a step, is kept for rules that follow ds/dt (:data:`BEFORE_EACH_STEP`).
        """
        gain = self._slope("s") + "*" if self.energy_based else ""
        nudge = " + nudge*(wanted(t, i) - s)" if self.output else ""
        plus, minus = ("s_plus", "s") if self.symmetric else ("s", "s_free")
        return f"""
        ds/dt = ({gain}(drive + feedforward + feedback + b) - s{nudge})/tau : 1
        rate = {self._rate("s")} : 1
        rate_free = {self._rate("s_free")} : 1
        rate_plus = {self._rate(plus)} : 1
        rate_minus = {self._rate(minus)} : 1
        change = {plus} - {minus} : 1
        rate_before = {self._rate("s_before")} : 1
        moved = s - s_before : 1
        nudge = influence(t)*int(step > free_steps)*(1 - 2*int(step > positive_until)) : 1 (shared)
        step = t_in_timesteps % steps : integer (shared)
        drive : 1
        feedforward : 1
        feedback : 1
        b : 1
        s_free : 1
        s_plus : 1
        s_before : 1
        bias_rate : 1 (shared)
        tau : second (shared)
        """

    def after_each_step(self) -> str:
        """Statements to run once a step, after the states have moved."""
        kept = "clip(s, 0, 1)" if self.clipped else "s"
        learned = "rate_plus - rate_minus" if self.energy_based else "change"
        restart = (
            """
        s_plus = int(step == positive_until)*s + int(step != positive_until)*s_plus
        s = int(step == positive_until)*s_free + int(step != positive_until)*s
        """
            if self.symmetric
            else ""
        )
        return f"""
        s = {kept}*int(step > 0)
        drive = drive*int(step > 0)
        s_free = int(step == free_steps)*s + int(step != free_steps)*s_free
        {restart}
        b += int(step == steps - 1)*plastic(t)*bias_rate*({learned})/(signs*influence(t))
        """

    def _rate(self, state: str) -> str:
        return TRANSFERS[self.activation].format(s=state)

    def _slope(self, state: str) -> str:
        return SLOPES[self.activation].format(s=state)
