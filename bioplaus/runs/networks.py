"""What is known of each network that has run: asked at every run, so it must cost little."""

from __future__ import annotations

import weakref
import zlib
from dataclasses import dataclass
from typing import Any

from brian2 import Synapses, prefs

from bioplaus.runs import division
from bioplaus.runs.monitors import is_monitor

__all__ = ["KnownNetwork", "KnownNetworks"]


@dataclass(frozen=True)
class KnownNetwork:
    """One network as it runs now; it holds none of its objects.

    target, parts, counts : what the rest depends on (the objects, how many synapses there are, and
    the steps), counts with the arrays in which Brian keeps them; kinds : a digest of the objects'
    names and kinds; work : how many seconds a simulated second takes, estimated.
    """

    target: str
    parts: set[Any]
    counts: list[tuple[Any, float]]
    refs: list[weakref.ref[Any]]
    monitor_refs: list[weakref.ref[Any]]
    kinds: str
    work: float

    @classmethod
    def of(cls, network: Any) -> KnownNetwork:
        """Look at a network."""
        objects = network.sorted_objects
        variables = {thing.clock.variables["dt"] for thing in objects}
        variables |= {thing.variables["N"] for thing in objects if isinstance(thing, Synapses)}
        arrays = [variable.get_value() for variable in variables]
        text = ",".join(f"{thing.name}:{type(thing).__name__}" for thing in objects)
        return cls(
            target=prefs["codegen.target"],
            parts=_parts(network),
            counts=[(array, array.item()) for array in arrays],
            refs=list(map(weakref.ref, objects)),
            monitor_refs=[weakref.ref(thing) for thing in objects if is_monitor(thing)],
            kinds=f"{zlib.crc32(text.encode()):08x}",
            work=division.work_of(objects),
        )

    def holds(self, network: Any) -> bool:
        """Whether the network is still as it was."""
        return (
            self.parts == _parts(network)
            and all(array.item() == count for array, count in self.counts)
            and self.target == prefs["codegen.target"]
        )

    @property
    def objects(self) -> list[Any]:
        """In the order in which they run."""
        return [ref() for ref in self.refs]

    @property
    def monitors(self) -> list[Any]:
        """Those among them that record."""
        return [ref() for ref in self.monitor_refs]


class KnownNetworks:
    """Looks networks up; it holds none of them, nor their objects."""

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[Any, KnownNetwork] = weakref.WeakKeyDictionary()

    def of(self, network: Any) -> KnownNetwork:
        """What is known of a network; looked at again where it is not the same any more."""
        known = self._known.get(network)
        if known is None or not known.holds(network):
            known = self._known[network] = KnownNetwork.of(network)
        return known


def _parts(network: Any) -> set[Any]:
    """Its objects, and what of them Brian lets a script change."""
    return {
        (weakref.ref(thing), thing._active, len(thing._contained_objects))
        for thing in network.objects
    }
