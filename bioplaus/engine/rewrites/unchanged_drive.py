"""The rewrite ``unchanged_drive``: a summed drive is computed again only when an input has changed.

A sum over all synapses, ``drive_post = w*x_pre : 1 (summed)``, is the same as in the step before if
its weights and its sources are.  Weights that nothing in the network writes to stay the same during
a run; of what may change, one number per neuron, the last values are kept and compared at every
step.  The sum is either the old one or computed as before: the bits do not change.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
from brian2.core.clocks import Clock

from ..program.kernel import ArrayArgument, GeneratorArgument

__all__ = ["Unchanged", "unchanged_drive"]

_WORTHWHILE = 4
"""Synapses per number that is compared: below it, comparing costs as much as adding up."""


class Unchanged:
    """What a drive was computed from last.

    seen : (1 + k,) float64, whether there is a last step in this run, then the k last inputs.
    """

    note = "unchanged_drive: the sum is computed again only when its inputs have changed"

    def __init__(self, inputs: int) -> None:
        self.seen = np.zeros(1 + inputs)

    def begin_run(self) -> None:
        """Values may have been set by hand since the last run."""
        self.seen[0] = 0


def unchanged_drive(entries: list[Any]) -> list[Any]:
    """Guard every summed drive whose weights are constant during a run."""
    if any(entry.kernel is None for entry in entries):
        return entries  # Python may write to anything
    return [_guarded(entry, entries) if _is_drive(entry) else entry for entry in entries]


def _is_drive(entry: Any) -> bool:
    return getattr(entry.code_object, "template_name", "") == "summed_variable"


def _guarded(entry: Any, entries: list[Any]) -> Any:
    kernel, code_object = entry.kernel, entry.code_object
    changing = _changing(entry, entries)
    if changing is None or any(isinstance(a, GeneratorArgument) for a in kernel.arguments):
        return entry
    places = [
        place
        for place, argument in enumerate(kernel.arguments)
        if isinstance(argument, ArrayArgument) and argument.key in changing
    ]
    inputs = sum(kernel.arguments[place].fetch().size for place in places)
    if inputs * _WORTHWHILE > len(code_object.owner):
        return entry
    memory = code_object.cheaper = Unchanged(inputs)
    seen = ArrayArgument((id(memory), "seen"), lambda: memory.seen)
    return replace(entry, kernel=kernel.preceded(_look(places), "_nb_seen", seen))


def _changing(entry: Any, entries: list[Any]) -> set[Hashable] | None:
    """The inputs that other objects write to; None if no step can be like the one before."""
    others = set().union(*(e.kernel.writes for e in entries if e is not entry))
    if len(entry.kernel.writes) > 1:
        return None  # it also changes the weights
    if any(_is_time(key) for key in entry.kernel.reads) or entry.kernel.writes & others:
        return None
    return set(others & entry.kernel.reads)


def _is_time(key: Hashable) -> bool:
    """Whether it belongs to a clock, of whichever group, that ticks during a run."""
    owner = getattr(key, "owner", None)
    return isinstance(owner, Clock) and getattr(key, "name", "") in ("t", "timestep")


def _look(places: list[int]) -> list[str]:
    """Statements that end a kernel whose arguments at these places are what they were."""
    names = [f"_nb_x{place}" for place in places]
    lines = ["_nb_differ = 1 if _nb_seen[0] == 0 else 0", "_nb_place = 1"]
    for name in names:
        lines += [
            f"for _nb_k in range(len({name})):",
            f"    _nb_differ += {name}[_nb_at(_nb_k)] != _nb_seen[_nb_at(_nb_place + _nb_k)]",
            f"_nb_place += len({name})",
        ]
    lines += ["if _nb_differ == 0:", "    return", "_nb_seen[0] = 1", "_nb_place = 1"]
    for name in names:
        lines += [
            f"for _nb_k in range(len({name})):",
            f"    _nb_seen[_nb_at(_nb_place + _nb_k)] = {name}[_nb_at(_nb_k)]",
            f"_nb_place += len({name})",
        ]
    return lines
