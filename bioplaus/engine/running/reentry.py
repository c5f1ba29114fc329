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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from brian2.core.base import BrianObject
from brian2.core.clocks import Clock
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

from .connections import Connections
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
    the object.  A copy of what is read must not keep objects of the network alive.
    """

    name: str
    of: type | tuple[type, ...]
    read: tuple[str, ...] | Callable[[Any], Any]


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
    Circumstance(
        "parts of objects", BrianObject, lambda o: list(map(weakref.ref, o._contained_objects))
    ),
    Circumstance("place in a step", BrianObject, ("when", "order")),
    Circumstance("clock", BrianObject, ("_clock",)),
    Circumstance("active", BrianObject, lambda o: o._active or is_monitor(o)),
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
    Circumstance("indices of linked variables", (NeuronGroup, Synapses), _linked),
    Circumstance("number of synapses", Synapses, lambda o: o.variables["_synaptic_pre"].size),
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
        self._objects = [weakref.ref(thing) for thing in objects]
        self._compared = [
            (weakref.ref(thing), read, copied(read(thing)))
            for thing in (network, *objects)
            for read, copied in _reading(thing)
        ]
        # Weak proxies, as Brian2 keeps them: that which pushes spikes refers to its pathway.
        self._code_objects = [c for o in objects for c in o.code_objects]
        self._externals = Externals(noted, namespace, self._code_objects)
        self._clocks = {thing.clock: thing.clock.dt_ for thing in objects}
        self._connections = [
            Connections(o, [p for p in objects if _is_pathway_of(p, o)], o.name in swept, written)
            for o in objects
            if isinstance(o, Synapses)
        ]
        self._generators = {
            weakref.ref(o): _period(o)
            for o in objects
            if isinstance(o, SpikeGeneratorGroup) and o.active
        }
        self._fixed_step = any(isinstance(o, PoissonInput) for o in objects)

    @property
    def objects(self) -> list[Any]:
        """The objects of the network in the order of a step."""
        return [known() for known in self._objects]

    @property
    def clocks(self) -> Iterable[Clock]:
        """Their clocks."""
        return self._clocks

    def hold(self, network: Network) -> bool:
        """Whether everything that must be the same is; looks and changes nothing."""
        if not self._reusable:
            return False
        for known, read, before in self._compared:
            thing = known()
            if thing is None or read(thing) != before:
                return False
        return True

    def take_over(self, namespace: Mapping[str, Any]) -> bool:
        """Let the prepared network have what may be another; False if it must be prepared anew.

        To be called when `hold` has said so and the clocks are set.
        """
        step = any(clock.dt_ != dt for clock, dt in self._clocks.items())
        if step and (len(self._clocks) > 1 or self._fixed_step or self._externals.has_tables):
            return False  # the order of clocks and the rows of tables are part of the code
        if self._externals.look_up(namespace) == ANEW:
            return False
        if step:
            self._clocks = {clock: clock.dt_ for clock in self._clocks}
            for code_object in self._code_objects:
                code_object.variables_to_namespace()
        if not all(connections.take_over(step) for connections in self._connections):
            return False
        for known, period in self._generators.items():
            generator: Any = known()
            if step or generator._spikes_changed or _period(generator) != period:
                _take_spikes(generator)
                self._generators[known] = _period(generator)
        return True


def _reading(thing: Any) -> Iterator[tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    """Functions that read the circumstances of an object, and that copy what these return.

    All attributes are read by one function.
    """
    attributes: list[str] = []
    for circumstance in CIRCUMSTANCES:
        if isinstance(thing, circumstance.of):
            if callable(circumstance.read):
                yield circumstance.read, copy.deepcopy
            else:
                attributes += circumstance.read
    # A second name makes it a tuple, whatever there is.
    yield attrgetter("name", *attributes), lambda found: tuple(map(_copy, found))


def _copy(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, (list, dict, set)) else value


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
