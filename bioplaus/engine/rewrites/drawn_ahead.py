"""Random events that were drawn before they happen: a part of the random state.

They are kept from run to run by the place of their source in the network (`sources`), stored and
restored with the generator, and forgotten when that is seeded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from brian2.core.variables import ArrayVariable

from ..program.kernel import Argument, ArrayArgument, Kernel, ValueArgument

__all__ = ["Basis", "Drawn", "resume", "sources"]


@dataclass(frozen=True)
class Drawn:
    """What a source of random events has drawn ahead.

    basis : tells apart everything that the kernel takes for granted during a run.
    counters : (2,) int64: trials before the next event (-1: not drawn yet), and what the kernel
    does (0: it must look at its inputs, 1: events are drawn, 2: too probable, trials are drawn).
    numbers : (k,) float64: largest p, its hazard, and the inputs of the last step.
    """

    basis: str
    counters: Any
    numbers: Any

    def forget(self) -> None:
        """Start again at the next step."""
        self.counters[:] = -1, 0

    def state(self) -> tuple[str, Any, Any]:
        """A copy that can be read from a file without this package."""
        return self.basis, self.counters.copy(), self.numbers.copy()

    @classmethod
    def of_state(cls, state: tuple[str, Any, Any]) -> Drawn:
        """What a state says, in memory of its own."""
        basis, counters, numbers = state
        return cls(basis, counters.copy(), numbers.copy())


def sources(objects: Sequence[Any]) -> dict[str, str]:
    """What each object of a network is called here, by its name.

    Brian2 counts on in the names of an object's parts (``inputs_thresholder_1``) while another
    network lives that has the same: their order within the network takes the place of the count.
    """
    counted = (re.fullmatch(r"(.*?)(?:_(\d+))?", thing.name, re.DOTALL) for thing in objects)
    order = sorted((m[1], int(m[2] or 0), m[0]) for m in counted if m is not None)
    groups = groupby(order, key=lambda known: known[0])
    return {name: f"{stem} {n}" for stem, same in groups for n, (_, _, name) in enumerate(same)}


def resume(now: Drawn, drawn: dict[str, Drawn], source: str) -> None:
    """Go on with what a source has drawn in its last run, if nothing has changed since.

    now : the source's memory; drawn : that of all sources, by place; changed in place.
    """
    last = drawn.get(source)
    if last is None or last.basis != now.basis:
        now.forget()
    elif last.counters is not now.counters:
        now.counters[:], now.numbers[:] = last.counters, last.numbers
    drawn[source] = now


class Basis:
    """A kernel and its arguments that cannot change during a run, as `digest`."""

    def __init__(self, kernel: Kernel) -> None:
        self._text, self._arguments = kernel.text.encode(), kernel.arguments
        self._seen: list[str | bytes] = []
        self._digest = ""

    def digest(self) -> str:
        """Of what the arguments are now."""
        found = [part for argument in self._arguments for part in _fixed(argument)]
        if not self._digest or found != self._seen:
            parts = [part if isinstance(part, bytes) else part.encode() for part in found]
            self._digest = hashlib.sha256(b"".join([self._text, *parts])).hexdigest()
            self._seen = found
        return self._digest


def _fixed(argument: Argument) -> Sequence[str | bytes]:
    """What of an argument stays as it is while a run lasts."""
    if isinstance(argument, ValueArgument):
        return (repr(argument.fetch()),)
    if not isinstance(argument, ArrayArgument):
        return ()
    array, variable = argument.fetch(), argument.key
    stays = isinstance(variable, ArrayVariable) and variable.constant
    return (str(array.size), array.tobytes() if stays else b"")
