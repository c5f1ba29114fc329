"""Leaky integrators that relax to a fixed point in two phases (Scellier et al. 2018).

    tau ds/dt = drive + feedforward + feedback + b - s + beta(t) (target - s)

``s`` state, ``rate = rho(s)`` what others receive; the last term on the output only.  All units
are dimensionless, ``tau`` a time.  A presentation is one step that loads the image, ``free_steps``
without the target, ``nudged_steps`` with it and, for symmetric nudging, as many with its influence
turned round, from the free state again:

    step          0      1 .. T1      T1+1 .. T1+T2      T1+T2+1 .. T1+2 T2
                  load   free         + beta             - beta (symmetric only)

"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bioplaus.neurons.cell import Cell, Operation

__all__ = ["SLOPES", "TRANSFERS", "clamped", "leaky_integrator", "phases"]

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


STEP = "step = t_in_timesteps % steps : integer (shared)"
"""Where in its presentation a cell is."""


def phases(free_steps: int, nudged_steps: int, *, symmetric: bool = False) -> dict[str, int]:
    """Constants of a presentation: ``free_steps``, ``positive_until``, ``steps``.

    symmetric : whether both signs of the influence are used.
    """
    return {
        "free_steps": free_steps,
        "positive_until": free_steps + nudged_steps,
        "steps": 1 + free_steps + (2 if symmetric else 1) * nudged_steps,
    }


def clamped(counts: Mapping[str, int]) -> Cell:
    """The input: ``x`` of the image shown, loaded at the start of a presentation.

    Its drive is to be sent once, at the event ``onset``.
    Reads ``images`` and ``order`` of the schedule.
    """
    rates = ("rate_free", "rate_plus", "rate_minus", "rate_before")
    return Cell(
        equations="\n".join(["x : 1", *(f"{name} = x : 1" for name in rates), STEP]),
        events={"onset": "step == 0 and x != 0"},
        operations={"load": Operation("x = images(order(t - onset)*frame, i)", "frame")},
        constants=counts,
    )


def leaky_integrator(
    activation: str,
    counts: Mapping[str, int],
    *,
    tau: Any,
    output: bool = False,
    energy_based: bool = False,
    symmetric: bool = False,
    clipped: bool = True,
) -> Cell:
    """One layer.

    ``s_plus``, ``s_minus`` and so on are the states that two-phase rules compare; ``s_before``,
    the state at the start of a step, is for rules that follow ds/dt.

    Parameters
    ----------
    activation
        A name in :data:`TRANSFERS`.
    counts
        From :func:`phases`.
    output
        Whether the target acts here: ``targets`` and ``order`` of the schedule, with the signed
        strength ``teaching``.
    energy_based
        Whether the drive is multiplied by rho'(s) (Scellier and Bengio 2017).
    symmetric
        Whether both signs of the influence are used.
    clipped
        Whether s stays in 0..1.
    """

    def rate(state: str) -> str:
        return TRANSFERS[activation].format(s=state)

    gain = SLOPES[activation].format(s="s") + "*" if energy_based else ""
    target = "targets(order(t - onset)*frame, i)"
    nudge = f" + nudge*({target} - s)" if output else ""
    strength = "teaching(t - onset)*int(step > free_steps)*(1 - 2*int(step > positive_until))"
    plus, minus = ("s_plus", "s") if symmetric else ("s", "s_free")
    equations = f"""
    ds/dt = ({gain}(drive + feedforward + feedback + b) - s{nudge})/tau : 1
    rate = {rate("s")} : 1
    rate_free = {rate("s_free")} : 1
    rate_plus = {rate(plus)} : 1
    rate_minus = {rate(minus)} : 1
    change = {plus} - {minus} : 1
    rate_before = {rate("s_before")} : 1
    moved = s - s_before : 1
    nudge = {strength} : 1 (shared)
    {STEP}
    drive : 1
    feedforward : 1
    feedback : 1
    b : 1
    s_free : 1
    s_plus : 1
    s_before : 1
    """
    kept = "clip(s, 0, 1)" if clipped else "s"
    restart = """
    s_plus = int(step == positive_until)*s + int(step != positive_until)*s_plus
    s = int(step == positive_until)*s_free + int(step != positive_until)*s
    """
    after = f"""
    s = {kept}*int(step > 0)
    drive = drive*int(step > 0)
    s_free = int(step == free_steps)*s + int(step != free_steps)*s_free
    {restart if symmetric else ""}
    """
    return Cell(
        equations=equations,
        method="euler",
        operations={"after_step": Operation(after, when="after_groups")},
        constants={**counts, "tau": tau},
    )
