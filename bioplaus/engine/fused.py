"""Run a network as one compiled loop, with Python in between only where it must be.

The order of objects is Brian2's own.  Rewrites plug in here: `rewrites` holds functions by name
that take the list of `Entry` objects of a network in that order and return another list.  An
entry's kernel says what it reads and writes.  Every rewrite names what it did in ``Entry.notes``,
which `explain` prints.
"""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from brian2.core.base import BrianObject
from brian2.core.clocks import Clock
from brian2.core.magic import MagicNetwork
from brian2.core.network import Network
from brian2.groups.group import Group

from .blocks import in_blocks, numba_threads
from .codeobject import NumbaCodeObject, PushSpikes
from .compilation import while_compiling
from .functions import implementations
from .kernel import Argument, ArrayArgument, Kernel
from .loop import step_through
from .lowrank import low_rank
from .nancheck import with_checks
from .notyet import not_yet
from .onepass import one_pass
from .preferences import preference
from .program import CompilationError, Program
from .reentry import Circumstances, is_monitor
from .reports import Reporter
from .sweep import Sweep
from .text import Step
from .unchanged import unchanged_drive

__all__ = ["Entry", "Plan", "fused_runs", "last_plan", "plan", "rewrites", "run", "wanted"]


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

_runs = 0


def fused_runs() -> int:
    """Number of runs so far in which at least one object ran inside a compiled loop."""
    return _runs


def wanted(objects: Sequence[Any]) -> bool:
    """Whether these objects are to be fused: if the preference says so, and every clock ticks."""
    ticking = all("dt" in thing.clock.variables for thing in objects)
    return bool(preference("fuse")) and ticking


@dataclass
class Plan:
    """The entries of a network and the program that runs them."""

    entries: list[Entry]
    clocks: list[Clock]
    program: Program
    circumstances: Circumstances | None = None
    implementations: list[tuple[Any, dict[Any, Any]]] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """What rewrites have done to the loop as a whole."""
        flushed = "_nb_flush_denormals" in self.program.text
        return ["flush_denormals: numbers too small for full precision are zero"] * flushed

    def holds(self) -> bool:
        """Whether the functions of the user's in it would be translated in the same way now."""
        return all(e.code_object is None or e.code_object.holds() for e in self.entries)

    def holds_before_a_run(self) -> bool:
        """As `holds`, and whether the functions still mean the same to Brian2."""
        given = all(f.implementations._implementations == g for f, g in self.implementations)
        return given and self.holds()

    def begin_run(self) -> None:
        """Do what the code objects themselves do before a run that is not prepared anew."""
        for entry in self.entries:
            for code_object in entry.owner.code_objects:
                if not isinstance(code_object, PushSpikes):
                    code_object.before_run()
            if entry.code_object is not None:
                entry.code_object.begin_run()

    def end_run(self, device: Any) -> None:
        """Do what has been put off to the end of the run."""
        for entry in self.entries:
            if entry.finish is not None:
                entry.finish(device)

    def flush(self) -> None:
        """Hand over what the monitors' buffers hold."""
        for entry in self.entries:
            if entry.code_object is not None:
                entry.code_object.flush()


def plan(network: Network) -> Plan:
    """Decide for every active object of a prepared network how it runs."""
    entries = [
        entry
        for thing in network.sorted_objects
        if thing.active or (is_monitor(thing) and thing.code_objects)
        for entry in _entries(thing)
    ]
    for name, rewrite in rewrites.items():
        if name in preference("rewrites"):
            entries = rewrite(entries)
    if preference("nan_check"):
        entries = with_checks(entries)
    entries = in_blocks(entries)
    clocks = sorted(network._clocks, key=lambda clock: clock.name)
    steps = [
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
    python_clocks = [clocks.index(entry.clock) for entry in entries if entry.kernel is None]
    arguments = [tuple(_clock_array(clock, n) for n in ("timestep", "t", "dt")) for clock in clocks]
    return Plan(entries, clocks, Program(steps, arguments, python_clocks))  # type: ignore[arg-type]


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


def _prepare(network: Network, objects: Sequence[Any], namespace: Any) -> Plan:
    """The plan of the last run, if it still holds, or a new one."""
    last = last_plan(network)
    known = last.circumstances if last is not None else None
    holds = last is not None and last.holds_before_a_run()
    if last is not None and holds and known is not None and known.hold(objects, namespace):
        network._stopped = Network._globally_stopped = False
        last.begin_run()
        return last
    return _prepare_anew(network, objects, namespace)


def _prepare_anew(network: Network, objects: Sequence[Any], namespace: Any) -> Plan:
    network._engine_plan = None
    # Brian2 does so before every run: it warns about objects that nobody refers to any more.
    gc.collect()
    network.before_run(namespace)
    for thing in objects:
        if is_monitor(thing) and not thing.active:
            _prepare_switched_off(thing, namespace)
    new = plan(network)
    new.circumstances = Circumstances(objects, namespace)
    new.implementations = implementations(c for o in objects for c in o.code_objects)
    return new


def _prepare_switched_off(monitor: Any, namespace: Any) -> None:
    """Compile a monitor that may be switched on later, unless it cannot be prepared now."""
    try:
        monitor.before_run(namespace)
    except Exception:  # Brian2 would only have found out once the monitor is active
        monitor.code_objects[:] = []


def _run_in_python(prepared: Plan, problem: CompilationError) -> None:
    """Have what Numba cannot compile run in Python from now on; raise if it is not known what."""
    code_objects = [prepared.entries[place].code_object for place in problem.places]
    if not code_objects:
        raise problem
    for code_object in code_objects:
        assert code_object is not None
        code_object.uncompilable[code_object.statements] = problem.reason


def run(
    device: Any,
    network: Network,
    objects: Sequence[Any],
    duration: Any,
    report: Any,
    report_period: Any,
    namespace: Any,
) -> None:
    """Do what ``Network.run`` does, with a compiled loop in its middle; objects : in order."""
    global _runs
    if duration < 0:
        message = f"Function 'run' expected a non-negative duration but got '{duration}'"
        raise ValueError(message)
    network._clocks = {thing.clock for thing in objects}
    t_start = network.t
    t_end = t_start + duration
    for clock in network._clocks:
        clock.set_interval(t_start, t_end)
    with while_compiling():
        prepared = _prepare(network, objects, namespace)
    if not objects:
        return
    reporter = Reporter(report, report_period, t_start, duration)
    if any(entry.kernel is not None for entry in prepared.entries):
        _runs += 1
    with numba_threads():
        while True:
            try:
                last_clock = step_through(device, network, prepared, reporter)
                if prepared.holds() or network._stopped or Network._globally_stopped:
                    break
            except CompilationError as problem:
                _run_in_python(prepared, problem)
            finally:
                prepared.end_run(device)
            prepared = _prepare_anew(network, objects, namespace)
    network._engine_plan = prepared
    stopped = network._stopped or Network._globally_stopped
    network.t_ = last_clock.t_ if stopped else float(t_end)
    device._last_run_time = time.time() - reporter.began
    completed = (network.t - t_start) / duration if duration > 0 else 1.0
    device._last_run_completed_fraction = completed
    for thing in objects:
        if isinstance(thing, Group):
            thing._check_for_invalid_states()
    reporter.finish(completed)
    for thing in objects:
        if thing.active:
            thing.after_run()
    if isinstance(network, MagicNetwork):
        # It must not keep objects alive.  Brian2 also collects garbage here, which takes longer
        # than most runs in a loop; the next preparation does.
        network.objects.clear()
    network._profiling_info = None
