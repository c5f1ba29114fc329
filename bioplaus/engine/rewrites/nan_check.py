"""Stop a run at the first value that is not a number, and say where it is.

With the preference ``nan_check`` every object that changes floats is followed by a look at what it
wrote.  Without it Brian2's own check at the end of a run stays, which warns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from brian2.core.variables import ArrayVariable
from brian2.units.allunits import second

from ..program.kernel import ArrayArgument, Kernel

__all__ = ["InvalidStateError", "raise_if_invalid", "with_checks"]


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


class _Check:
    """Takes the place of a code object in an entry that only looks."""

    def __init__(self, entry: Any) -> None:
        self.entry = entry

    def grow(self) -> None:
        """Called when compiled code has found NaN."""
        assert self.entry.kernel is not None
        raise_if_invalid(self.entry.kernel, self.entry.clock.t_)

    def holds(self) -> bool:
        """It takes nothing for granted."""
        return True

    def flush(self) -> None:
        """Nothing is recorded."""

    def begin_run(self) -> None:
        """Nothing is remembered."""


def with_checks(entries: Sequence[Any]) -> list[Any]:
    """The entries, each followed by a check of the floats that it writes."""
    checked = []
    for entry in entries:
        checked.append(entry)
        variables = _written_floats(entry.kernel) if entry.kernel is not None else []
        if variables:
            check: Any = _Check(entry)
            kernel = _kernel(variables)
            note = "nan_check: looked at"
            checked.append(
                replace(entry, kernel=kernel, code_object=check, notes=[note], finish=None)
            )
    return checked


def _kernel(variables: Sequence[Any]) -> Kernel:
    arrays = {f"array_{n}": ArrayArgument(v, v.get_value) for n, v in enumerate(variables)}
    look = """
for _idx in range(len({name})):
    if {name}[_nb_at(_idx)] != {name}[_nb_at(_idx)]:
        return 1
"""
    body = "".join(look.format(name=name) for name in arrays)
    return Kernel.from_body(body, arrays.__getitem__)
