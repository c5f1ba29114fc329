"""Leaky cells in discrete time, held at rest after a spike, with a surrogate slope.

::

    I = a_s I + input,   U += dt/tau_m (rest - U + I) unless held
    z = [U > threshold], then U = rest
    sigma = beta/(1 + beta |U - threshold|)^2                                of U after the reset

Input is what arrived in the step before.  Zenke and Ganguli (2018), released code.
"""

from __future__ import annotations

from typing import Any

from bioplaus.neurons.cell import Cell, Operation

__all__ = ["superspike_lif"]

STEP = """
I = kept*I + arrived
arrived = 0*volt
held = int(left > 0.5)
left = left - held
U = held*rest + (1 - held)*(U + gain*(rest - U + I))
z = int(U > level)
left = left + refractory_steps*z
U = z*rest + (1 - z)*U
sigma = steepness/(1 + steepness*abs(U - level))**2
"""


def superspike_lif(
    *, kept: float, gain: float, rest: Any, threshold: Any, refractory_steps: int, steepness: Any
) -> Cell:
    """Potential ``U``, current ``I`` [V], spike ``z``, ``sigma`` [1/V]; input to ``arrived``.

    kept : decay of the current in a step; gain : of a step over the membrane's time constant.
    """
    names = ["U : volt", "I : volt", "arrived : volt", "z : 1", "held : 1", "left : 1"]
    return Cell(
        equations="\n".join([*names, "sigma : 1/volt"]),
        threshold="z > 0.5",
        operations={"step": Operation(STEP, when="groups")},
        constants={
            "kept": kept,
            "gain": gain,
            "rest": rest,
            "level": threshold,
            "refractory_steps": refractory_steps,
            "steepness": steepness,
        },
        start={"U": rest},
    )
