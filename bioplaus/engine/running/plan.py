"""How a network runs: what its objects become in a step, and the program that does it.

The order of objects is Brian2's own.  Rewrites plug in here: `rewrites` holds functions by name
that take the list of `Entry` objects of a network in that order and return another list.  An
entry's kernel says what it reads and writes.  Every rewrite names what it did in ``Entry.notes``,
which `explain` prints.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from brian2.core.base import BrianObject
from brian2.core.clocks import Clock
from brian2.core.network import Network
from brian2.equations.equations import Equations

from ..brian.codeobject import NumbaCodeObject, PushSpikes
from ..functions.translation import implementations
from ..preferences import preference
from ..program.kernel import Argument, ArrayArgument, Kernel
from ..program.memory import seen_through
from ..program.program import Program
from ..program.step import Step
from ..program.sweep import Sweep
from ..rewrites.invariants import invariants
from ..rewrites.low_rank import low_rank
from ..rewrites.nan_check import with_checks
from ..rewrites.not_yet import not_yet
from ..rewrites.one_pass import one_pass
from ..rewrites.threads import in_blocks
from ..rewrites.unchanged_drive import unchanged_drive
from .reentry import Circumstances, is_monitor

__all__ = ["Entry", "Plan", "last_plan", "plan", "rewrites"]


@dataclass
class Entry:
    """One object of a network, or one of its code objects, in the order of a step.

    owner : the object, as a weak proxy: a plan must not keep objects alive.
    kernel : its compiled code, None for an object that runs in Python, for which reason says why.
    notes : what rewrites have done to it.  sweep, resolve : of sweeps that have been joined, and
    what their names stand for.  part : what threads do after the kernel, each for its block.
    finish : what has been put off to the end of a run, called with the device.
    """

    owner: Any
    clock: Clock
    kernel: Kernel | None = None
    code_object: NumbaCodeObject | None = None
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    sweep: Sweep | None = None
    resolve: Callable[[str], Argument] | None = None
    part: Kernel | None = None
    finish: Callable[[Any], None] | None = None

    def rewritten(self) -> list[str]:
        """What rewrites have done to it, alone or with others."""
        return [*getattr(self.code_object, "notes", ()), *self.notes]


rewrites: dict[str, Callable[[list[Entry]], list[Entry]]] = {
    "not_yet": not_yet,
    "one_pass": one_pass,
    "unchanged_drive": unchanged_drive,
    "low_rank": low_rank,
}


class Plan:
    """The entries of a network and the program that runs them.

    circumstances : what must be the same in the next run.
    """

    circumstances: Circumstances

    def __init__(
        self, objects: Sequence[Any], entries: list[Entry], clocks: list[Clock], program: Program
    ) -> None:
        self.entries, self.clocks, self.program = entries, clocks, program
        #: Whether anything runs in the compiled loop.
        self.is_fused = any(entry.kernel is not None for entry in entries)
        #: What was given for the functions in it when it was prepared.
        self.implementations = implementations(c for o in objects for c in o.code_objects)
        own = [entry.code_object for entry in entries if entry.code_object is not None]
        proxies = [weakref.proxy(thing) for thing in objects]
        self._begin: list[Callable[[], None]] = [
            c.before_run
            for proxy in proxies
            for c in proxy.code_objects
            if c.compiled_code["before_run"] and not isinstance(c, PushSpikes)
        ]
        self._begin += [code_object.begin_run for code_object in own]
        self._flush = [c.flush for c in own if getattr(c, "buffer", None) is not None]
        self._finish = [entry.finish for entry in entries if entry.finish is not None]
        self._ending = [proxy for proxy in proxies if _has_end(proxy)]
        self._integrating = [
            (proxy, [proxy.variables[name] for name in proxy.equations.diff_eq_names])
            for proxy in proxies
            if isinstance(getattr(proxy, "equations", None), Equations)
        ]

    @property
    def notes(self) -> list[str]:
        """What rewrites have done to the loop as a whole."""
        flushed = "_nb_flush_denormals" in self.program.text
        notes = ["flush_denormals: numbers too small for full precision are zero"] * flushed
        refused = self.program.refused
        return [*notes, f"Numba compiles it: {refused}"] if refused else notes

    def holds(self) -> bool:
        """Whether the functions of the user's in it would be translated in the same way now."""
        return all(e.code_object is None or e.code_object.holds() for e in self.entries)

    def holds_before_a_run(self) -> bool:
        """As `holds`, and whether the functions still mean the same to Brian2."""
        given = all(f.implementations._implementations == g for f, g in self.implementations)
        return given and self.holds()

    def begin_run(self) -> None:
        """Do what the code objects themselves do before a run that is not prepared anew."""
        for begin in self._begin:
            begin()

    def flush(self) -> None:
        """Hand over what the monitors' buffers hold."""
        for flush in self._flush:
            flush()

    def end_loop(self, device: Any) -> None:
        """Do what has been put off to the end of the loop."""
        for finish in self._finish:
            finish(device)

    def check_states(self) -> None:
        """Have Brian2 warn of values that are not numbers or very large."""
        for group, variables in self._integrating:
            # One pass; a sum that is not small is no reason yet.
            values = (variable.get_value() for variable in variables)
            if not all(float(np.dot(v, v)) < _SUSPICIOUS for v in values):
                group._check_for_invalid_states()

    def end_run(self) -> None:
        """Do what objects do after a run."""
        for thing in self._ending:
            if thing.active:
                thing.after_run()


_SUSPICIOUS = 1e100
"""Sum of squares above which some value may be as large as Brian2 warns of."""


def _has_end(thing: Any) -> bool:
    own = type(thing.__repr__.__self__).after_run is not BrianObject.after_run
    return own or any(c.compiled_code["after_run"] for c in thing.code_objects)


def plan(network: Network) -> Plan:
    """Decide for every active object of a prepared network how it runs."""
    objects = network.sorted_objects
    entries = [
        entry
        for thing in objects
        if thing.active or (is_monitor(thing) and thing.code_objects)
        for entry in _entries(thing)
    ]
    widen = seen_through(entry.kernel for entry in entries if entry.kernel is not None)
    entries = [
        entry if entry.kernel is None else replace(entry, kernel=widen(entry.kernel))
        for entry in entries
    ]
    for name, rewrite in rewrites.items():
        if name in preference("rewrites"):
            entries = rewrite(entries)
    if preference("nan_check"):
        entries = with_checks(entries)
    entries = in_blocks(entries)
    clocks = sorted(network._clocks, key=lambda clock: clock.name)
    steps: list[Step | None] = [
        Step(
            entry.kernel,
            clocks.index(entry.clock),
            getattr(entry.code_object, "grow", None),
            is_monitor(entry.owner),
            getattr(entry.code_object, "origin", entry.owner.name),
            entry.part,
        )
        if entry.kernel is not None
        else None
        for entry in entries
    ]
    if "invariants" in preference("rewrites"):
        steps = invariants(steps)
    python_clocks = [clocks.index(entry.clock) for entry in entries if entry.kernel is None]
    arguments = [tuple(_clock_array(clock, n) for n in ("timestep", "t", "dt")) for clock in clocks]
    return Plan(objects, entries, clocks, Program(steps, arguments, python_clocks))  # type: ignore[arg-type]


def _clock_array(clock: Clock, name: str) -> ArrayArgument:
    variable = clock.variables[name]
    return ArrayArgument(variable, variable.get_value)


def _entries(thing: BrianObject) -> list[Entry]:
    proxy = weakref.proxy(thing)
    if type(thing).run is not BrianObject.run:
        return [Entry(proxy, thing.clock, reason="it is a Python operation")]
    code_objects = [c.__repr__.__self__ for c in thing.code_objects]
    compiled = [c for c in code_objects if isinstance(c, NumbaCodeObject)]
    if len(compiled) == len(code_objects) or _is_pathway(code_objects, compiled):
        return [Entry(proxy, thing.clock, c.kernel, c) for c in compiled]
    reasons = [getattr(c, "engine_reason", f"target '{c.class_name}'") for c in code_objects]
    return [Entry(proxy, thing.clock, reason="; ".join(reasons))]


def _is_pathway(code_objects: Sequence[Any], compiled: Sequence[Any]) -> bool:
    """A pathway's own kernel also pushes the spikes."""
    names = [c.template_name for c in code_objects if c not in compiled]
    return bool(compiled) and names == ["synapses_push_spikes"]


def last_plan(network: Network) -> Plan | None:
    """How the network ran last, None if it has not run fused."""
    return getattr(network, "_engine_plan", None)
