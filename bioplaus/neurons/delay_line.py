"""What variables of a cell were some time ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import NeuronGroup, linked_var
from brian2.core.functions import timestep

from bioplaus.errors import UserError
from bioplaus.neurons.cell import Cell, Clocks, Operation

__all__ = ["DelayError", "DelayLine"]


class DelayError(UserError, ValueError):
    """A delay that is shorter than a step; says which."""


@dataclass(frozen=True)
class DelayLine:
    """Keeps variables of a cell until they are asked for: a ring in a group of its own.

    What is kept is how they are before thresholds are looked at; it costs two copies a step,
    however long the delay.

    Attributes
    ----------
    before
        Names that earlier values have in the cell, by variable: ``{"u": "u_before"}``.
    unit
        Of all of these variables, as equations write it.
    delay
        How long ago, a whole number of steps, with unit.
    """

    before: Mapping[str, str]
    unit: str
    delay: Any

    def cell(self) -> Cell:
        """What the population needs; :meth:`attach` does the rest."""
        lines = [f"{name} : {self.unit}" for name in self.before.values()]
        lines += [
            f"{variable}_{which} : {self.unit} (linked)"
            for variable in self.before
            for which in ("kept", "oldest")
        ]
        turn = [
            "newest_place = i*(timestep(remembered, dt) + 1) + "
            "t_in_timesteps % (timestep(remembered, dt) + 1)",
            "oldest_place = i*(timestep(remembered, dt) + 1) + "
            "(t_in_timesteps + 1) % (timestep(remembered, dt) + 1)",
        ]
        copy = [f"{variable}_kept = {variable}" for variable in self.before]
        copy += [f"{name} = {variable}_oldest" for variable, name in self.before.items()]
        at = {"when": "thresholds"}
        return Cell(
            "\n".join([*lines, "newest_place : integer", "oldest_place : integer"]),
            operations={
                "turns": Operation("\n".join(turn), order=-2, **at),
                "remembers": Operation("\n".join(copy), order=-1, **at),
            },
            constants={"remembered": self.delay},
        )

    def attach(self, cells: NeuronGroup, clocks: Clocks) -> NeuronGroup:
        """Make ``<population>_memory``, which belongs into the network.

        What the variables are now they have been for as long as anybody remembers.

        Raises
        ------
        DelayError
            If the delay is shorter than a step.
        """
        steps = int(timestep(self.delay, clocks.step.dt))
        if steps < 1:
            raise DelayError(
                f"a delay of {self.delay} is shorter than the step of {clocks.step.dt}; without a "
                f"delay, read {', '.join(self.before)} instead of {', '.join(self.before.values())}"
            )
        equations = "\n".join(f"{variable} : {self.unit}" for variable in self.before)
        kept = NeuronGroup(
            len(cells) * (steps + 1), equations, clock=clocks.step, name=f"{cells.name}_memory"
        )
        for variable, name in self.before.items():
            now = np.asarray(getattr(cells, f"{variable}_"))
            getattr(kept, f"{variable}_")[:] = np.repeat(now, steps + 1)
            getattr(cells, f"{name}_")[:] = now
            for which, place in (("kept", "newest_place"), ("oldest", "oldest_place")):
                setattr(cells, f"{variable}_{which}", linked_var(kept, variable, index=place))
        cells.variables["newest_place"].unique = True  # each cell has a part of the ring to itself
        return kept
