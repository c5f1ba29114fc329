"""The rewrite ``unchanged_drive``: a summed drive is computed again only when an input has changed.

A sum over all synapses, ``drive_post = w*x_pre : 1 (summed)``, is the same as in the step before if
its weights and its sources are.  Weights that nothing in the network writes to stay the same during
a run; of what may change, one number per neuron, the last values are kept and compared at every
step.  The sum is either the old one or computed as before: the bits do not change.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from brian2.core.clocks import Clock

from ..program.kernel import ArrayArgument, Kernel
from ..program.loop import Loop
from ..program.step import Step
from .rewrite import Rewrite

__all__ = ["REWRITE"]

_WORTHWHILE = 4
"""Synapses per number that is compared: below it, comparing costs as much as adding up."""

_NOTE = "unchanged_drive: the sum is computed again only when its inputs have changed"


class _Seen:
    """What a drive was computed from last.

    seen : (1 + k,) float64, whether there is a last step in this run, then the k last inputs.
    """

    def __init__(self, inputs: int) -> None:
        self.seen = np.zeros(1 + inputs)

    def begin_run(self) -> None:
        """Values may have been set by hand since the last run."""
        self.seen[0] = 0


def _guarded(steps: list[Step]) -> list[Step]:
    """Guard every summed drive whose weights are constant during a run."""
    kernels = [step.kernel for step in steps if step.kernel is not None]
    if len(kernels) < len(steps):
        return steps  # Python may write to anything
    new = (_one_guarded(step, kernel, kernels) for step, kernel in zip(steps, kernels, strict=True))
    return list(new)


REWRITE = Rewrite("unchanged_drive", keeps="bits", apply=_guarded)


def _one_guarded(step: Step, kernel: Kernel, kernels: list[Kernel]) -> Step:
    form: Any = step.loop
    if form is None or (form if isinstance(form, Loop) else form.of).kind != "summed_variable":
        return step
    changing = _changing(kernel, kernels)
    if changing is None or kernel.draws:
        return step
    arrays = {n: a for n, a in enumerate(kernel.arguments) if isinstance(a, ArrayArgument)}
    places = [n for n, array in arrays.items() if array.key in changing]
    inputs = sum(arrays[place].fetch().size for place in places)
    if inputs * _WORTHWHILE > len(step.code_object.owner):
        return step
    memory = _Seen(inputs)
    seen = ArrayArgument((id(memory), "seen"), lambda: memory.seen)
    guarded = kernel.preceded(_look(places), "_nb_seen", seen)
    return step.rewritten(guarded, _NOTE, begin=(*step.begin, memory.begin_run))


def _changing(kernel: Kernel, kernels: list[Kernel]) -> set[Hashable] | None:
    """The inputs that other objects write to; None if no step can be like the one before."""
    others = frozenset[Hashable]().union(*(k.writes for k in kernels if k is not kernel))
    if len(kernel.writes) > 1:
        return None  # it also changes the weights
    if any(_is_time(key) for key in kernel.reads) or kernel.writes & others:
        return None
    return set(others & kernel.reads)


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
