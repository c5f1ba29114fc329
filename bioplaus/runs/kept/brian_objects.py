"""The state of Brian objects: what is written of it, and how it is taken up.

Arrays that are as they were in a *base* (digests, taken where a loop or a run begins) are left out
of a state, for the script makes them again.  The same digests tell whether it does.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from brian2.core.network import Network
from brian2.core.variables import ArrayVariable, DynamicArrayVariable
from brian2.devices.device import get_device
from brian2.synapses.synapses import SynapticPathway

from bioplaus.runs.kept.monitors import is_monitor, recorded

__all__ = [
    "State",
    "arrays_of",
    "attributes",
    "base_of",
    "capture",
    "digest",
    "label",
    "packed_store",
    "restore",
    "unpacked_store",
]

State = dict[str, Any]
_SIMPLE = (type(None), bool, int, float, str)
_NOT_KEPT = {"abstract_code", "_creation_stack", "_full_creation_stack", "_name", "_old_dt"}
"""Attributes that Brian makes anew, or that only people read."""


def digest(values: Any) -> str:
    """A digest of an array's bytes, type and shape: -0.0 is not 0.0, and NaN is itself."""
    values = np.ascontiguousarray(values)
    made = hashlib.sha1(f"{values.dtype.str}{values.shape}".encode())
    made.update(values.reshape(-1).view(np.uint8).data if values.size else b"")
    return made.hexdigest()[:20]


def label(thing: Any) -> str:
    """What to call an object in a message."""
    return str(getattr(thing, "name", type(thing).__name__))


def arrays_of(thing: Any, rows: bool = False) -> Iterator[tuple[str, Any]]:
    """The arrays that an object owns; ``rows``: what a monitor has recorded, too."""
    on_disk = set(recorded(thing)) if is_monitor(thing) and not rows else set()
    for variable in getattr(thing, "variables", {}).values():
        own = isinstance(variable, ArrayVariable) and variable.name not in on_disk
        if own and _owner(variable) == thing.name:
            yield variable.name, variable


def _owner(variable: Any) -> str | None:
    try:
        return None if variable.owner is None else str(variable.owner.name)
    except ReferenceError:  # the owner is gone, and nobody else keeps this array
        return None


def values_of(variable: Any) -> Any:
    """A variable's array; one that nobody has written down is not made for this."""
    held = variable.device.arrays.get(variable)
    if getattr(held, "projection", None) is not None and getattr(held, "_own", None) is None:
        return None
    return variable.get_value()


def base_of(things: Mapping[int, Any], rows: bool) -> dict[str, str]:
    """Digests of all arrays of some objects."""
    found = {}
    for number, thing in things.items():
        for name, variable in arrays_of(thing, rows):
            values = values_of(variable)
            if values is not None:
                found[f"{number}.{name}"] = digest(values)
    return found


def attributes(things: Mapping[int, Any]) -> dict[int, State]:
    """Plain attributes (active, when, period known, stopped), to tell later which have changed."""
    return {
        number: {
            name: value
            for name, value in vars(thing).items()
            if type(value) in _SIMPLE and name not in _NOT_KEPT
        }
        for number, thing in things.items()
    }


def capture(
    things: Mapping[int, Any],
    base: Mapping[str, str],
    before: Mapping[int, State],
    copy: bool,
    rows: bool,
) -> State:
    """What some objects are now, as far as it differs from how they were.

    base, before : digests and attributes then; copy : the state is written later; rows : with what
    monitors have recorded.
    """
    ids = {thing.id: number for number, thing in things.items() if isinstance(thing, Network)}
    found = {}
    for number, thing in things.items():
        arrays = {}
        for name, variable in arrays_of(thing, rows):
            values = values_of(variable)
            if values is not None and base.get(f"{number}.{name}") != digest(values):
                arrays[name] = (np.array(values) if copy else values, _size(variable))
        known = before.get(number, {})
        found[str(number)] = {"arrays": arrays, **_besides(number, thing, ids, known)}
    return found


def _besides(number: int, thing: Any, ids: Mapping[Any, int], before: State) -> State:
    """What an object is but for its arrays."""
    now = attributes({number: thing})[number]
    state: State = {
        "attributes": {k: v for k, v in now.items() if k not in before or before[k] != v},
    }
    ran_in = getattr(thing, "_network", None)
    if ran_in is not None:
        state["network"] = ids.get(ran_in, str(ran_in))
    if isinstance(thing, SynapticPathway) and thing.queue is not None:
        state["queue"] = _packed_queue(thing.queue._full_state())
    if isinstance(thing, Network):
        from bioplaus.runs.kept.numbering import number_of

        state["objects"] = sorted(n for n in map(number_of, thing.objects) if n is not None)
    return state


def _size(variable: Any) -> Any:
    size = variable.size
    return [int(n) for n in size] if isinstance(size, (tuple, list)) else int(size)


def restore(things: Mapping[int, Any], state: State) -> None:
    """Take a state up; what it leaves out stays as the script has made it.

    Raises
    ------
    LookupError
        Naming an object of the state that is not among ``things``.
    """
    strangers: dict[str, uuid.UUID] = {}
    for key in state:
        if int(key) not in things:
            raise LookupError(f"object {key}")
    for key, kept in state.items():
        thing = things[int(key)]
        variables = dict(arrays_of(thing, rows=True))
        for name, (values, size) in kept["arrays"].items():
            variable = variables[name]
            if isinstance(variable, DynamicArrayVariable):
                variable.resize(tuple(size) if isinstance(size, list) else size)
            variable.set_value(values)
        for name, value in kept["attributes"].items():
            vars(thing)[name] = value
        if "network" in kept:
            ran_in = kept["network"]
            if isinstance(ran_in, int):
                thing._network = things[ran_in].id
            elif thing._network is None:
                thing._network = strangers.setdefault(ran_in, uuid.uuid4())
        if "queue" in kept:
            if thing.queue is None:
                thing.queue = get_device().spike_queue(thing.source.start, thing.source.stop)
            thing.queue._restore_from_full_state(_queue(kept["queue"]))
        if "objects" in kept and isinstance(thing, Network):
            thing.objects = {things[n] for n in kept["objects"]}


def _packed_queue(state: Any) -> State:
    """The spikes under way: one long array instead of a list of lists."""
    if len(state) == 2 and isinstance(state[1], list):
        first, slots = state
        sizes = np.array([len(slot) for slot in slots], np.int64)
        parts = [np.asarray(slot, np.int64) for slot in slots if len(slot)]
        flat = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        return {"offset": int(first), "sizes": sizes, "flat": flat}
    return {"plain": tuple(state)}


def _queue(kept: State) -> Any:
    if "plain" in kept:
        return kept["plain"]
    ends = np.cumsum(kept["sizes"])
    starts = ends - kept["sizes"]
    flat = kept["flat"]
    slots = [flat[a:b].tolist() for a, b in zip(starts.tolist(), ends.tolist())]
    return kept["offset"], slots


def packed_store(state: State, copy: bool) -> State:
    """A state that the script has stored in memory (``store``), as plain data."""
    packed: State = {}
    for name, content in state.items():
        if isinstance(content, dict) and "_spikequeue" in content:
            queue = content["_spikequeue"]
            content = {**content, "_spikequeue": None if queue is None else _packed_queue(queue)}
        packed[name] = plain(content, copy)
    return packed


def unpacked_store(packed: State) -> State:
    """The stored state again; addresses in it are those of this process."""
    state: State = {}
    for name, content in packed.items():
        if isinstance(content, dict) and content.get("_spikequeue") is not None:
            content = {**content, "_spikequeue": _queue(content["_spikequeue"])}
        state[name] = content
    random = state.get("_random_generator_state", {})
    for kind in ("rand_buffer", "randn_buffer"):
        if kind in random:
            random[kind] = np.array(getattr(get_device(), kind))
    return state


def plain(value: Any, copy: bool = False) -> Any:
    """Dicts, lists and tuples without NumPy's scalars; arrays copied if asked."""
    if isinstance(value, np.ndarray):
        return np.array(value) if copy else np.asarray(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item, copy) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item, copy) for item in value)
    return value
