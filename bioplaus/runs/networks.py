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


@dataclass
class KnownNetwork:
    """One network as it runs now.

    objects : in the order in which they run; kinds : a digest of their names and kinds;
    monitors : those among them; work : estimated seconds for a simulated second.
    """

    objects: list[Any]
    kinds: str
    monitors: list[Any]
    work: float


class KnownNetworks:
    """Looks networks up; it holds none of them, nor their objects."""

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def of(self, network: Any) -> KnownNetwork:
        """What is known of a network; looked at again where it is not the same any more."""
        key = self._key(network)
        known = self._known.get(network)
        if known is None or known[0] != key:
            objects = network.sorted_objects
            text = ",".join(f"{thing.name}:{type(thing).__name__}" for thing in objects)
            monitors = [n for n, thing in enumerate(objects) if is_monitor(thing)]
            kinds = f"{zlib.crc32(text.encode()):08x}"
            refs = list(map(weakref.ref, objects))
            known = (key, refs, kinds, monitors, division.work_of(objects))
            self._known[network] = known
        objects = [ref() for ref in known[1]]
        return KnownNetwork(objects, known[2], [objects[n] for n in known[3]], known[4])

    @staticmethod
    def _key(network: Any) -> Any:
        """What the answer depends on: the objects, how many synapses there are, steps, target."""
        parts, clocks = set(), set()
        for thing in network.objects:
            held = thing.__dict__
            synapses = thing.variables["_synaptic_pre"].size if isinstance(thing, Synapses) else 0
            parts.add((held.get(NUMBER), thing._active, len(held["_contained_objects"]), synapses))
            clocks.add(thing._clock)
        steps = [clock.variables["dt"].get_value().item() for clock in clocks]
        return prefs["codegen.target"], parts, steps if len(steps) == 1 else sorted(steps)
