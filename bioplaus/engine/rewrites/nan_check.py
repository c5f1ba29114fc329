"""Stop a run at the first value that is not a number, and say where it is.

With the preference ``nan_check`` every object that changes floats is followed by a look at what it
wrote.  Without it Brian2's own check at the end of a run stays, which warns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from brian2.core.variables import ArrayVariable
from brian2.units.allunits import second

from ..machine.settings import preference
from ..program.kernel import ArrayArgument, Kernel
from ..program.step import Step
from .rewrite import Rewrite

__all__ = ["REWRITE", "InvalidStateError", "raise_if_invalid"]


class InvalidStateError(FloatingPointError):
    """A state variable is not a number."""


def _written_floats(kernel: Kernel) -> list[Any]:
    variables = {key for key in kernel.writes if isinstance(key, ArrayVariable)}
    floats = [v for v in variables if np.dtype(v.dtype).kind == "f" and not v.read_only]
    return sorted(floats, key=lambda variable: (getattr(variable.owner, "name", ""), variable.name))


def raise_if_invalid(kernel: Kernel, t: float) -> None:
    """Raise InvalidStateError if the kernel has written NaN; t : simulated time [s]."""
    for variable in _written_floats(kernel):
        where = np.flatnonzero(np.isnan(variable.get_value()))
        if len(where):
            owner = getattr(variable.owner, "name", "an object")
            raise InvalidStateError(
                f"{owner}'s variable '{variable.name}' is not a number (NaN) at index {where[0]} "
                f"({len(where)} of {variable.get_len()} values), at t = {t * second}. "
                "The integration may be unstable: try a smaller dt or another method; or an "
                "equation divides by zero or takes the root or logarithm of a negative number."
            )


def _checked(steps: list[Step]) -> list[Step]:
    """The parts of a step, each followed by a check of the floats that it writes."""
    if not preference("nan_check"):
        return steps
    checked = []
    for step in steps:
        checked.append(step)
        variables = _written_floats(step.kernel) if step.kernel is not None else []
        if step.kernel is not None and variables:
            checked.append(
                Step(
                    _kernel(variables),
                    owner=step.owner,
                    clock=step.clock,
                    notes=("nan_check: looked at",),
                    grow=partial(_raise_where_it_stands, step.kernel, step.clock),
                    switchable=step.switchable,
                    origin=step.owner.name,
                )
            )
    return checked


REWRITE = Rewrite("nan_check", keeps="bits", apply=_checked, named=False)


def _raise_where_it_stands(kernel: Kernel, clock: Any) -> None:
    raise_if_invalid(kernel, clock.t_)


def _kernel(variables: Sequence[Any]) -> Kernel:
    arrays = {f"array_{n}": ArrayArgument(v, v.get_value) for n, v in enumerate(variables)}
    look = """
for _idx in range(len({name})):
    if {name}[_nb_at(_idx)] != {name}[_nb_at(_idx)]:
        return 1
"""
    body = "".join(look.format(name=name) for name in arrays)
    return Kernel.from_body(body, arrays.__getitem__)
