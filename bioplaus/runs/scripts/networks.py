"""What is known of each network that has run: asked at every run, so it must cost little."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter, call
from typing import Any
from weakref import ref

from brian2 import Synapses, prefs

from bioplaus.runs.kept.monitors import is_monitor
from bioplaus.runs.scripts import division

__all__ = ["KnownNetwork", "KnownNetworks"]

_CONTAINED = attrgetter("_contained_objects")


@dataclass(frozen=True, eq=False)
class KnownNetwork:
    """One network as it runs now; it holds none of its objects.

    ask : how Brian's arrays tell the steps and how many synapses there are; state : what the rest
    depends on; told : how many objects there are, and a digest of their names and kinds; work : how
    many seconds a simulated second takes, estimated.
    """

    ask: list[Callable[[], float]]
    state: tuple[Any, ...]
    refs: list[ref[Any]]
    monitor_refs: list[ref[Any]]
    told: str
    work: float

    @classmethod
    def of(cls, network: Any) -> KnownNetwork:
        """Look at a network."""
        objects = network.sorted_objects
        variables = {thing.clock.variables["dt"] for thing in objects}
        variables |= {thing.variables["N"] for thing in objects if isinstance(thing, Synapses)}
        ask = [variable.get_value().item for variable in variables]
        text = ",".join(f"{thing.name}:{type(thing).__name__}" for thing in objects)
        return cls(
            ask=ask,
            state=_state(network, ask),
            refs=list(map(ref, objects)),
            monitor_refs=[ref(thing) for thing in objects if is_monitor(thing)],
            told=f"run {len(objects)} {zlib.crc32(text.encode()):08x}",
            work=division.work_of(objects),
        )

    @property
    def objects(self) -> list[Any]:
        """In the order in which they run."""
        return [thing() for thing in self.refs]

    @property
    def monitors(self) -> list[Any]:
        """Those among them that record."""
        return [thing() for thing in self.monitor_refs]


def _state(network: Any, ask: list[Callable[[], float]]) -> tuple[Any, ...]:
    """What must be the same for a network to be known: its objects, how many they contain (more
    where something is added to one), the numbers that are asked for, and the target."""
    objects = network.objects
    contained = sum(map(len, map(_CONTAINED, objects)))
    return set(map(ref, objects)), contained, list(map(call, ask)), prefs.prefs["codegen.target"]


class KnownNetworks:
    """Looks networks up; it holds none of them, nor their objects."""

    def __init__(self) -> None:
        # A WeakKeyDictionary answers in Python, and is asked at every run.
        self._known: dict[ref[Any], KnownNetwork] = {}

    def of(self, network: Any) -> KnownNetwork:
        """What is known of a network; looked at again where it is not the same any more."""
        known = self._known.get(ref(network))
        if known is None or known.state != _state(network, known.ask):
            known = KnownNetwork.of(network)
            self._known[ref(network, self._known.pop)] = known
        return known
