"""Run a network as one compiled loop, with Python in between only where it must be."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from typing import Any

from brian2.core.magic import MagicNetwork
from brian2.core.network import Network
from brian2.synapses.synapses import Synapses
from brian2.units.allunits import second
from brian2.units.fundamentalunits import check_units

from ..machine.settings import preference
from ..program.compilation import while_compiling
from ..program.program import CompilationError
from ..program.shape import forget_shape
from ..rewrites.drawn_ahead import sources
from ..rewrites.threads import numba_threads
from .clocks import Ticks
from .externals import noting
from .loop import first_clock, step_through
from .plan import Plan, last_plan, plan
from .reentry import Circumstances, is_monitor
from .reports import Reporter

__all__ = ["fused_runs", "run", "wanted"]

_runs = 0


def fused_runs() -> int:
    """Number of runs so far in which at least one object ran inside a compiled loop."""
    return _runs


def wanted(objects: Sequence[Any]) -> bool:
    """Whether these objects are to be fused: if the preference says so, and every clock ticks."""
    ticking = all("dt" in thing.clock.variables for thing in objects)
    return bool(preference("fuse")) and ticking


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
    new.begin_run(anew=True)
    kernels = [step.kernel for step in new.steps if step.kernel is not None]
    written = frozenset().union(*(kernel.writes for kernel in kernels))
    swept = {step.code_object.owner.name for step in new.steps if step.shape is not None}
    new.circumstances = Circumstances(network, objects, noted, namespace, written, swept)
    return new


def _prepare_switched_off(monitor: Any, namespace: Any) -> None:
    """Compile a monitor that may be switched on later, unless it cannot be prepared now."""
    try:
        monitor.before_run(namespace)
    except Exception:  # Brian2 would only have found out once the monitor is active
        monitor.code_objects[:] = []


def _run_in_python(prepared: Plan, problem: CompilationError) -> None:
    """Have what Numba cannot compile run in Python from now on; raise if it is not known what."""
    code_objects = [prepared.steps[place].code_object for place in problem.places]
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
    for ticks in map(Ticks, network._clocks) if prepared is None else prepared.circumstances.ticks:
        ticks.set_interval(begin, end)
    if prepared is not None and prepared.circumstances.take_over(namespace):
        network._stopped = Network._globally_stopped = False
        prepared.begin_run(anew=False)
    else:
        with while_compiling():
            prepared = _prepared(device, network, network.sorted_objects, namespace)
    if prepared.circumstances.is_empty:
        return True
    reporter = Reporter(report, report_period, begin, duration)
    _runs += prepared.is_fused
    with numba_threads():
        while True:
            try:
                if step_through(device, network, prepared, reporter):
                    break
            except CompilationError as problem:
                _run_in_python(prepared, problem)
            finally:
                prepared.end_loop(device)
            prepared = _prepared(device, network, network.sorted_objects, namespace)
    network._engine_plan = prepared
    stopped = network._stopped or Network._globally_stopped
    network.t_ = first_clock(prepared.clocks).t_ if stopped else end
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
