"""Leaky integrate-and-fire cells in steps of second order, with a double-exponential current."""

from __future__ import annotations

from typing import Any

from bioplaus.neurons.cell import Cell, Operation

__all__ = ["second_order_lif"]

STEP = """
v = (v*(1 - leaking + leaking*leaking/2) + (slow - fast)*charging)*int(held <= 0)
v = (v + abs(v))/2
held -= 1
slow *= exp(-dt/tau_slow)
fast *= exp(-dt/tau_fast)
"""


def second_order_lif(
    *,
    capacitance: Any,
    leak: Any,
    threshold: Any,
    held_steps: int,
    tau_slow: Any,
    tau_fast: Any,
    time_step: Any,
) -> Cell:
    """C dv/dt = -g v + slow - fast, v above rest, never below it; a spike adds w to both currents.

    One step of the midpoint rule with the current held, as the group of Rajendran integrates it
    (Kulkarni and Rajendran 2018, released code).  After a spike v is held for ``held_steps``.
    """
    return Cell(
        equations="v : volt\nslow : amp\nfast : amp\nheld : 1",
        threshold="v >= threshold",
        reset="v = 0*v\nheld = held_steps",
        operations={"step": Operation(STEP, when="groups")},
        constants={
            "leaking": float(leak * time_step / capacitance),
            "charging": time_step / capacitance * (1 - float(leak * time_step / capacitance) / 2),
            "threshold": threshold,
            "held_steps": held_steps,
            "tau_slow": tau_slow,
            "tau_fast": tau_fast,
        },
    )
