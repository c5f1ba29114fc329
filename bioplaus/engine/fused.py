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
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from brian2.core.base import BrianObject
from brian2.core.clocks import Clock
from brian2.core.magic import MagicNetwork
from brian2.core.network import Network
from brian2.equations.equations import Equations
from brian2.synapses.synapses import Synapses
from brian2.units.allunits import second
from brian2.units.fundamentalunits import check_units

from .ahead import sources
from .blocks import in_blocks, numba_threads
from .clocks import set_interval
from .codeobject import NumbaCodeObject, PushSpikes
from .compilation import while_compiling
from .externals import noting
from .functions import implementations
from .kernel import Argument, ArrayArgument, Kernel
from .loop import step_through
from .lowrank import low_rank
from .memory import seen_through
from .nancheck import with_checks
from .notyet import not_yet
from .onepass import one_pass
from .preferences import preference
from .program import CompilationError, Program
from .reentry import Circumstances, is_monitor
from .reports import Reporter
from .shape import forget_shape
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


def _prepared(device: Any, network: Network, objects: Sequence[Any], namespace: Any) -> Plan:
    """A new plan."""
    network._engine_plan = None
    # Brian2 does so before every run: it warns about objects that nobody refers to any more.
    gc.collect()
    for thing in objects:
        if isinstance(thing, Synapses):
            forget_shape(thing)
    device.sources = sources(objects)
    with noting() as noted:
        network.before_run(namespace)
        for thing in objects:
            if is_monitor(thing) and not thing.active:
                _prepare_switched_off(thing, namespace)
    new = plan(network)
    kernels = [entry.kernel for entry in new.entries if entry.kernel is not None]
    written = frozenset().union(*(kernel.writes for kernel in kernels))
    new.circumstances = Circumstances(network, objects, noted, namespace, written)
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
    duration: Any,
    report: Any,
    report_period: Any,
    namespace: Any,
) -> bool:
    """Do what ``Network.run`` does, with a compiled loop in its middle; False if not `wanted`."""
    global _runs
    seconds = _in_seconds(duration, report_period)
    prepared = last_plan(network)
    again = prepared is not None and prepared.circumstances.hold(network)
    if prepared is None or not (again and prepared.holds_before_a_run()):
        prepared, objects = None, network.sorted_objects
        if not wanted(objects):
            return False
        network._clocks = {thing.clock for thing in objects}
    begin, end = network.t_, network.t_ + seconds
    for clock in network._clocks:
        set_interval(clock, begin, end)
    if prepared is not None and prepared.circumstances.take_over(namespace):
        network._stopped = Network._globally_stopped = False
        prepared.begin_run()
    else:
        with while_compiling():
            prepared = _prepared(device, network, network.sorted_objects, namespace)
    if not prepared.circumstances.objects:
        return True
    reporter = Reporter(report, report_period, network.t, duration)
    _runs += prepared.is_fused
    with numba_threads():
        while True:
            try:
                last_clock = step_through(device, network, prepared, reporter)
                if prepared.holds() or network._stopped or Network._globally_stopped:
                    break
            except CompilationError as problem:
                _run_in_python(prepared, problem)
            finally:
                prepared.end_loop(device)
            prepared = _prepared(device, network, network.sorted_objects, namespace)
    network._engine_plan = prepared
    stopped = network._stopped or Network._globally_stopped
    network.t_ = last_clock.t_ if stopped else end
    device._last_run_time = time.time() - reporter.began
    completed = (network.t_ - begin) / seconds if seconds > 0 else 1.0
    device._last_run_completed_fraction = completed
    prepared.check_states()
    reporter.finish(completed)
    prepared.end_run()
    if isinstance(network, MagicNetwork):
        # It must not keep objects alive.  Brian2 also collects garbage here, which takes longer
        # than most runs in a loop; the next preparation does.
        network.objects.clear()
    network._profiling_info = None
    return True


@check_units(duration=second, report_period=second)
def _checked(duration: Any, report_period: Any) -> None:
    """Raise DimensionMismatchError for anything but times."""


def _in_seconds(duration: Any, report_period: Any) -> float:
    """The duration of a run [s]; ValueError if it is negative, an error for other units."""
    if not (getattr(duration, "dim", None) is getattr(report_period, "dim", None) is second.dim):
        _checked(duration, report_period)
    seconds = float(duration)
    if seconds < 0:
        message = f"Function 'run' expected a non-negative duration but got '{duration}'"
        raise ValueError(message)
    return seconds
