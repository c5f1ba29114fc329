"""Entering ``run()`` again: what must be the same for the preparation of the last run to hold.

Brian2 makes all code objects anew for every run.  Most runs in a loop change no more than the
values of variables, and nothing of what is compared here; they use the last plan again.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.core.base import BrianObject
from brian2.core.preferences import prefs
from brian2.groups.group import CodeRunner
from brian2.groups.neurongroup import NeuronGroup
from brian2.input.poissongroup import PoissonGroup
from brian2.input.poissoninput import PoissonInput
from brian2.input.spikegeneratorgroup import SpikeGeneratorGroup
from brian2.monitors import EventMonitor, PopulationRateMonitor, StateMonitor
from brian2.synapses.synapses import SummedVariableUpdater, Synapses, SynapticPathway

from .preferences import preference

__all__ = ["Circumstances", "is_monitor"]

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

_PREFERENCES = ("fastmath", "rewrites", "nan_check", "threads", "cache_dir")
_SETTINGS = ("core.default_float_dtype", "codegen.loop_invariant_optimisations")


def is_monitor(thing: Any) -> bool:
    """Whether an object only records: it can be switched off without a change to anything else."""
    return isinstance(thing, (EventMonitor, PopulationRateMonitor, StateMonitor))


@dataclass
class _External:
    """A value that a code object found outside of its group."""

    own: Mapping[str, Any]
    name: str
    found: Any
    number: float | None

    @classmethod
    def of(cls, own: Mapping[str, Any], name: str, run: Mapping[str, Any]) -> _External:
        found = own[name] if name in own else run.get(name)
        return cls(own, name, found, _number(found))

    def same(self, run: Mapping[str, Any]) -> bool:
        found = self.own[self.name] if self.name in self.own else run.get(self.name)
        return found is self.found and _number(found) == self.number


class Circumstances:
    """Everything that the code objects of a prepared network depend on, apart from arrays."""

    def __init__(self, objects: Sequence[Any], namespace: Mapping[str, Any]) -> None:
        self.reusable = all(type(o).before_run in _KNOWN_PREPARATIONS for o in objects)
        self.objects = [weakref.ref(thing) for thing in objects]
        self.marks = _marks(objects)
        self.delays = [np.array(o._delays.get_value()) for o in _pathways(objects)]
        self.externals = list(_externals(objects, namespace))

    def hold(self, objects: Sequence[Any], namespace: Mapping[str, Any]) -> bool:
        """Whether a run of these objects would be prepared in the same way now."""
        return (
            self.reusable
            and len(objects) == len(self.objects)
            and all(known() is thing for known, thing in zip(self.objects, objects))
            and self.marks == _marks(objects)
            and all(external.same(namespace) for external in self.externals)
            and all(
                np.array_equal(pathway._delays.get_value(), delays)
                for pathway, delays in zip(_pathways(objects), self.delays)
            )
            and not any(getattr(thing, "_spikes_changed", False) for thing in objects)
        )


def _pathways(objects: Iterable[Any]) -> list[Any]:
    return [thing for thing in objects if isinstance(thing, SynapticPathway) and thing.active]


def _marks(objects: Sequence[Any]) -> list[Any]:
    """Values that are cheap to compare."""
    marks: list[Any] = [prefs[name] for name in _SETTINGS]
    marks += [preference(name) for name in _PREFERENCES]
    for thing in objects:
        marks += [thing.active or is_monitor(thing), thing.when, thing.order, thing.clock.dt_]
        if isinstance(thing, SynapticPathway):
            marks += [thing.code, id(thing.queue), getattr(thing.queue, "delivery", "")]
        elif isinstance(thing, Synapses):
            marks.append(len(thing))
        elif isinstance(thing, NeuronGroup):
            marks += [*thing.events.values(), *thing.event_codes.values(), id(thing._refractory)]
        elif isinstance(thing, SpikeGeneratorGroup):
            marks.append(float(thing.period_[:]))
        elif isinstance(thing, CodeRunner):
            marks += [thing.abstract_code, str(getattr(thing, "method_choice", ""))]
    return marks


def _externals(objects: Iterable[Any], namespace: Mapping[str, Any]) -> Iterable[_External]:
    for thing in objects:
        own_variables = getattr(thing, "variables", {})
        for code_object in thing.code_objects:
            owner = code_object.owner
            own = getattr(owner, "namespace", None) or {}
            for name in code_object.variables:
                if name in owner.variables or name in own_variables:
                    continue
                if name in own or name in namespace:
                    yield _External.of(own, name, namespace)


def _number(value: Any) -> float | None:
    """The value of a number with or without unit: quantities can change in place."""
    if isinstance(value, (int, float, np.generic)):
        return float(np.real(value))
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return float(np.asarray(value))
    return None
