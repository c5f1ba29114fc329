"""What is known of each network that has run: asked at every run, so it must cost little."""

from __future__ import annotations

import weakref
import zlib
from dataclasses import dataclass
from typing import Any

from brian2 import Synapses, prefs

from bioplaus.runs import division
from bioplaus.runs.monitors import is_monitor
from bioplaus.runs.numbering import NUMBER

__all__ = ["KnownNetwork", "KnownNetworks"]


@dataclass(frozen=True)
class KnownNetwork:
    """One network as it runs now; it holds none of its objects.

    key : what the rest depends on; kinds : a digest of the objects' names and kinds; work : how
    many seconds a simulated second takes, estimated.
    """

    key: Any
    refs: list[weakref.ref[Any]]
    monitor_refs: list[weakref.ref[Any]]
    kinds: str
    work: float

    @classmethod
    def of(cls, network: Any, key: Any) -> KnownNetwork:
        """Look at a network."""
        objects = network.sorted_objects
        text = ",".join(f"{thing.name}:{type(thing).__name__}" for thing in objects)
        return cls(
            key=key,
            refs=list(map(weakref.ref, objects)),
            monitor_refs=[weakref.ref(thing) for thing in objects if is_monitor(thing)],
            kinds=f"{zlib.crc32(text.encode()):08x}",
            work=division.work_of(objects),
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
        key = self._key(network)
        known = self._known.get(network)
        if known is None or known.key != key:
            known = self._known[network] = KnownNetwork.of(network, key)
        return known

    @staticmethod
    def _key(network: Any) -> Any:
        """What the answer depends on: the objects, how many synapses there are, steps, target."""
        parts, clocks = set(), set()
        for thing in network.objects:
            held = thing.__dict__
            synapses = thing.variables["_synaptic_pre"].size if isinstance(thing, Synapses) else 0
            number, contained = held.get(NUMBER), held["_contained_objects"]
            parts.add((number, held["_active"], len(contained), synapses))
            clocks.add(held["_clock"])
        steps = sorted(clock.variables["dt"].get_value().item() for clock in clocks)
        return prefs["codegen.target"], parts, steps
