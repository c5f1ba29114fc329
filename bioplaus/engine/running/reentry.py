"""Entering ``run()`` again: what must be the same for the preparation of the last run to hold.

Brian2 makes all code objects anew for every run.  What they depend on is listed here, under
names, in two parts.  `CIRCUMSTANCES` must be what they were; they are compared at every entry.
`TAKEN_OVER` may be others: the compiled loop of the last run takes them as arguments, unless
their kind is another one.  What is in neither list, as the values of variables, compiled code
reads where it stands.

Nothing here depends on the number of synapses as long as nobody has touched what is listed.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from brian2.core.base import BrianObject
from brian2.core.network import Network
from brian2.core.preferences import prefs
from brian2.groups import neurongroup
from brian2.groups.group import CodeRunner, Group
from brian2.groups.neurongroup import NeuronGroup
from brian2.input.poissongroup import PoissonGroup
from brian2.input.poissoninput import PoissonInput
from brian2.input.spikegeneratorgroup import SpikeGeneratorGroup
from brian2.monitors import EventMonitor, PopulationRateMonitor, StateMonitor
from brian2.synapses import synapses as synapses_module
from brian2.synapses.synapses import SummedVariableUpdater, Synapses, SynapticPathway
from brian2.units.fundamentalunits import Quantity

from .clocks import Ticks
from .connections import AllConnections, Connections
from .externals import ANEW, Externals, Noted

__all__ = ["CIRCUMSTANCES", "TAKEN_OVER", "Circumstance", "Circumstances", "is_monitor"]

_KNOWN_PREPARATIONS = {
    kind.before_run
    for kind in (
        BrianObject,
        CodeRunner,
        NeuronGroup,
        PoissonGroup,
        PoissonInput,
        SpikeGeneratorGroup,
        SummedVariableUpdater,
        Synapses,
        SynapticPathway,
    )
}


def is_monitor(thing: Any) -> bool:
    """Whether an object only records: it can be switched off without a change to anything else."""
    return isinstance(thing, (EventMonitor, PopulationRateMonitor, StateMonitor))


@dataclass(frozen=True)
class Circumstance:
    """Something that a prepared network depends on.

    of : the kinds of objects that have it; read : the names of their attributes, or a function of
    the object, which takes longer.  A copy of what is read must not keep objects of the network
    alive.  wanted : whether an object of these kinds has it.
    """

    name: str
    of: type | tuple[type, ...]
    read: tuple[str, ...] | Callable[[Any], Any]
    wanted: Callable[[Any], bool] = lambda thing: True

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that it is read from."""
        return () if callable(self.read) else self.read

    def of_thing(self, thing: Any) -> bool:
        """Whether an object has it."""
        return isinstance(thing, self.of) and self.wanted(thing)


def _refractoriness(group: NeuronGroup) -> Any:
    period = group._refractory  # a quantity, which may be changed in place, or a condition
    return (float(period), period.dim) if isinstance(period, Quantity) else period


def _linked(group: NeuronGroup | Synapses) -> dict[str, str]:
    return {name: group.variables.indices[name] for name in group._linked_variables}


_WITH_METHOD = (neurongroup.StateUpdater, synapses_module.StateUpdater)

CIRCUMSTANCES = (
    Circumstance("preferences", Network, lambda n: prefs.prefs),
    Circumstance("schedule", Network, ("_schedule",)),
    Circumstance("objects", Network, lambda n: set(map(weakref.ref, n.objects))),
    Circumstance("parts of objects", BrianObject, ("_contained_objects",)),
    Circumstance("place in a step", BrianObject, ("when", "order")),
    Circumstance("clock", BrianObject, ("_clock",)),
    Circumstance("active", BrianObject, ("_active",), lambda o: not is_monitor(o)),
    Circumstance("network of an object", BrianObject, ("_network",)),
    Circumstance("dependencies", BrianObject, ("_dependencies",)),
    Circumstance("code objects", BrianObject, ("_code_objects",)),
    Circumstance("target of an object", (Group, CodeRunner), ("codeobj_class",)),
    Circumstance("statements", CodeRunner, ("abstract_code", "user_code")),
    Circumstance("statements of a pathway", SynapticPathway, ("code",)),
    Circumstance("integration", _WITH_METHOD, ("method_choice", "method_options")),
    Circumstance("equations", (NeuronGroup, Synapses), ("equations",)),
    Circumstance("refractoriness", NeuronGroup, _refractoriness),
    Circumstance("conditions of events", NeuronGroup, ("events",)),
    Circumstance("statements at events", NeuronGroup, ("event_codes",)),
    Circumstance("variables", Group, ("variables._variables",)),
    Circumstance(
        "indices of linked variables", (NeuronGroup, Synapses), _linked, lambda o: bool(_linked(o))
    ),
    Circumstance(
        "number of synapses", Synapses, lambda o: o.variables._variables["_synaptic_pre"].size
    ),
    Circumstance("queue", SynapticPathway, ("queue",)),
)

TAKEN_OVER = (
    "numbers from outside",
    "tables from outside",
    "functions from outside",
    "time step",
    "delays",
    "sources and targets of synapses",
    "spikes under way",
    "spikes of a generator",
)


class Circumstances:
    """All that the code objects of a prepared network depend on, apart from values of variables.

    objects : in the order of a step; noted : names that were looked up, namespace : in what;
    written : the variables that compiled code writes to; swept : the names of projections along
    whose rows it goes.
    """

    def __init__(
        self,
        network: Network,
        objects: Sequence[Any],
        noted: Noted,
        namespace: Mapping[str, Any],
        written: Set[Any],
        swept: Set[str],
    ) -> None:
        self._reusable = all(type(o).before_run in _KNOWN_PREPARATIONS for o in objects)
        things = (network, *objects)
        self._things = [weakref.ref(thing) for thing in things]
        self._items = [_own_items(thing) for thing in things]
        others = [(n, *other) for n, thing in enumerate(things) for other in _others(thing)]
        self._others = [(place, read) for place, read, _ in others]
        self._read = [tuple(map(_copy, items(vars(t)))) for items, t in zip(self._items, things)]
        self._read_others = [copied(read(things[place])) for place, read, copied in others]
        # Weak proxies, as Brian2 keeps them: that which pushes spikes refers to its pathway.
        self._code_objects = [c for o in objects for c in o.code_objects]
        self._externals = Externals(noted, namespace, self._code_objects)
        clocks = dict.fromkeys(thing.clock for thing in objects)
        #: Their clocks.
        self.ticks = [Ticks(clock) for clock in clocks]
        self._dt = [ticks.dt for ticks in self.ticks]
        self._connections = AllConnections(
            Connections(o, [p for p in objects if _is_pathway_of(p, o)], o.name in swept, written)
            for o in objects
            if isinstance(o, Synapses)
        )
        self._generators = {
            weakref.ref(o): _period(o)
            for o in objects
            if isinstance(o, SpikeGeneratorGroup) and o.active
        }
        self._fixed_step = any(isinstance(o, PoissonInput) for o in objects)

    @property
    def objects(self) -> list[Any]:
        """The objects of the network in the order of a step."""
        return [known() for known in self._things[1:]]

    @property
    def is_empty(self) -> bool:
        """Whether there is no object in the network."""
        return len(self._things) == 1

    def hold(self, network: Network) -> bool:
        """Whether everything that must be the same is; looks and changes nothing."""
        if not self._reusable:
            return False
        things = [known() for known in self._things]
        if None in things:
            return False  # before lists are compared that hold proxies of them
        found = [items(own) for items, own in zip(self._items, map(vars, things))]
        return found == self._read and (
            [read(things[place]) for place, read in self._others] == self._read_others
        )

    def take_over(self, namespace: Mapping[str, Any]) -> bool:
        """Let the prepared network have what may be another; False if it must be prepared anew.

        To be called when `hold` has said so and the clocks are set.
        """
        dt = [ticks.dt for ticks in self.ticks]
        step = dt != self._dt
        if step and (len(dt) > 1 or self._fixed_step or self._externals.has_tables):
            return False  # the order of clocks and the rows of tables are part of the code
        if self._externals.look_up(namespace) == ANEW:
            return False
        if step:
            self._dt = dt
            for code_object in self._code_objects:
                code_object.variables_to_namespace()
        if not self._connections.take_over(step):
            return False
        for known, period in self._generators.items():
            generator: Any = known()
            if step or generator._spikes_changed or _period(generator) != period:
                _take_spikes(generator)
                self._generators[known] = _period(generator)
        return True


def _own_items(thing: Any) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What reads the circumstances that are plain attributes of an object's out of its `vars`.

    It takes them all at once: a function of Python's for each would cost ten times as much.
    """
    names = [name for c in CIRCUMSTANCES if c.of_thing(thing) for name in c.names]
    return itemgetter("_name", *(name for name in names if name in vars(thing)))


def _others(thing: Any) -> Iterator[tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    """Functions that read what its `vars` do not hold, and that copy what these return."""
    for circumstance in CIRCUMSTANCES:
        if circumstance.of_thing(thing):
            if callable(circumstance.read):
                yield circumstance.read, copy.deepcopy
            for name in circumstance.names:
                if name not in vars(thing):
                    yield attrgetter(name), _copy


def _copy(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(_unheld, value))
    return copy.copy(value) if isinstance(value, (dict, set)) else value


def _unheld(value: Any) -> Any:
    """A proxy of an object of Brian2's, which is equal to it as long as it is there."""
    held = isinstance(value, BrianObject) and type(value) not in weakref.ProxyTypes
    return weakref.proxy(value) if held else value


def _is_pathway_of(thing: Any, synapses: Synapses) -> bool:
    return (
        isinstance(thing, SynapticPathway)
        and bool(thing.active)
        and thing.synapses.__repr__.__self__ is synapses
    )


def _period(generator: Any) -> float:
    return float(generator.variables["period"].get_value()[0])


def _take_spikes(generator: Any) -> None:
    """Do what `SpikeGeneratorGroup.before_run` does, but for making its code object."""
    vars(generator)["create_code_objects"] = lambda run_namespace: None
    try:
        generator.before_run({})
    finally:
        del vars(generator)["create_code_objects"]
