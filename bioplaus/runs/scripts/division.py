"""One call of ``run`` in pieces, without changing a bit.

Pieces end where the script alone says: at multiples of the smallest step of its clocks, so many
that a segment is about half a second of estimated work.  A faster machine, another day and a
resumed run have the same ones.
"""

from __future__ import annotations

import sys
import time
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import prefs, second
from brian2.core import magic as brian_magic
from brian2.core import network as brian_network
from brian2.core.magic import MagicNetwork
from brian2.core.network import Network, TextReport
from brian2.core.operations import NetworkOperation
from brian2.devices.device import get_device
from brian2.groups.group import CodeRunner
from brian2.synapses.synapses import SynapticPathway

from bioplaus.runs.kept.monitors import is_monitor

__all__ = ["SEGMENT_WORK", "Call", "boundaries", "in_pieces", "time_of", "variables", "work_of"]

SEGMENT_WORK = 0.5
"""Estimated seconds of work of a segment."""
MOST_SEGMENTS = 200
_COSTS = {"numba": (5e-8, 2e-9), "cython": (4e-6, 3e-9), "numpy": (2e-5, 1e-8)}
"""Seconds that an object and one of its elements cost in a step, about."""
_ACTIVE_SHARE = 0.001
"""Of all neurons or synapses, those that have an event in a step, about."""


def work_of(objects: list[Any]) -> float:
    """About how many seconds a simulated second takes, from sizes and target, never the clock."""
    per_object, per_element = _COSTS.get(prefs["codegen.target"], _COSTS["cython"])
    total = 0.0
    for thing in objects:
        if isinstance(thing, NetworkOperation):
            cost = per_object + 2e-5
        elif isinstance(thing, CodeRunner):
            cost = per_object + per_element * _size(thing)
        else:
            continue  # groups only hold what others change
        total += cost / float(thing.clock.dt_)
    return total


def _size(thing: Any) -> float:
    if isinstance(thing, SynapticPathway):
        return _ACTIVE_SHARE * len(thing.synapses)
    if is_monitor(thing):
        return float(getattr(thing, "n_indices", _ACTIVE_SHARE * len(thing.source)))
    number = getattr(getattr(thing, "group", thing), "variables", {}).get("N")
    return float(np.ravel(number.get_value())[0]) if number is not None else 1.0


def boundaries(start: float, end: float, dt: float, work: float, segment: float) -> list[float]:
    """Where the pieces of a run end [s].

    dt : smallest step of the network's clocks [s]; work : of the whole run, estimated [s];
    segment : simulated length that was asked for [s], 0 to choose one.
    """
    if end <= start:
        return [end]
    if segment <= 0:
        segment = (end - start) / int(min(MOST_SEGMENTS, max(1, work / SEGMENT_WORK)))
    steps = max(round(segment / dt), 1)
    number = int(np.ceil((end - start) / (steps * dt) - 1e-6))
    return [start + n * steps * dt for n in range(1, number)] + [end]


def time_of(network: Any) -> float:
    """Where a network is [s]; after a run that has stopped itself Brian leaves a view there."""
    try:
        return float(network.t_)
    except TypeError:
        return float(np.ravel(np.asarray(network.t_))[0])


def variables(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """What a namespace holds now."""
    maps = namespace.maps if isinstance(namespace, ChainMap) else [namespace]
    held: dict[str, Any] = {}
    for part in reversed(maps):
        held.update(part)
    return held


@dataclass
class Call:
    """A call of ``Network.run`` as the script has made it."""

    network: Any
    duration: Any
    report: Any
    period: Any
    namespace: Mapping[str, Any]
    profile: Any

    def __post_init__(self) -> None:
        self.start = time_of(self.network)
        self.end = self.start + float(self.duration)

    def reporter(self) -> Any:
        """The function that is told of the progress, if there is one."""
        named = {"text": sys.stdout, "stdout": sys.stdout, "stderr": sys.stderr}
        if isinstance(self.report, str) and self.report in named:
            return TextReport(named[self.report])
        return self.report  # Brian refuses what is neither


def in_pieces(
    call: Call,
    cuts: list[float],
    original: Callable[..., None],
    namespace: Callable[[], Mapping[str, Any]],
) -> Iterator[float]:
    """Run a call piece by piece; yields the time that is reached after every piece but the last.

    Raises
    ------
    RuntimeError
        If a clock would not go on at the step at which it has stopped.
    """
    network, device = call.network, get_device()
    reporter, began = call.reporter(), time.monotonic()
    span = call.end - call.start
    resumed = float(network.t_) > call.start
    if reporter is not None and not resumed:
        reporter(0 * second, 0.0, call.start * second, call.duration)
    everything = set(network.objects)
    seconds = 0.0
    first = True
    for cut in cuts:
        now = float(network.t_)
        if cut <= now and cut < call.end:
            continue
        last = cut == call.end
        network.objects = set(everything)  # a magic network forgets them after every run
        if last:
            everything.clear()
        length = call.duration if last and now == call.start else (cut - now) * second
        with _collecting(first, last):
            original(
                network,
                length,
                report=reporter and _OfTheWhole(reporter, call, began, now, cut),
                report_period=call.period,
                namespace=namespace(),
                profile=call.profile,
            )
        first = False
        seconds += device._last_run_time or 0.0
        if network._stopped or Network._globally_stopped:
            break
        _same_steps(network, cut)
        network.t_ = cut
        if not last:
            network.objects = set(everything)
            yield cut
    network.t_ = time_of(network)
    done = (network.t_ - call.start) / span if span > 0 else 1.0
    device._last_run_time = seconds
    device._last_run_completed_fraction = done
    if isinstance(network, MagicNetwork):
        network.objects.clear()
    if reporter is not None:
        spent = (time.monotonic() - began) * second
        reporter(spent, done, call.start * second, call.duration)


@dataclass
class _OfTheWhole:
    """Tells a report of a piece as one of the whole call; its 0 and 1 are told by the call."""

    reporter: Callable[..., None]
    call: Call
    began: float
    now: float
    cut: float

    def __call__(self, elapsed: Any, complete: float, start: Any, duration: Any) -> None:
        call = self.call
        if 0 < complete < 1:
            reached = self.now + complete * (self.cut - self.now)
            done = (reached - call.start) / (call.end - call.start)
            spent = (time.monotonic() - self.began) * second
            self.reporter(spent, done, call.start * second, call.duration)


def _same_steps(network: Any, cut: float) -> None:
    for clock in network._clocks:
        if clock.variables["timestep"].get_value().item() != clock._calc_timestep(cut):
            raise RuntimeError(
                f"the run cannot be divided at {cut!r} s: {clock.name} would miss or repeat a "
                "step; choose another --segment"
            )


class _collecting:
    """Lets Brian collect garbage where the plain run does: before it and after it.

    Which names are free depends on it.
    """

    def __init__(self, first: bool, last: bool) -> None:
        self.first, self.last = first, last

    def __enter__(self) -> None:
        if not (self.first and self.last):
            before, after = _Gc(self.first), _Gc(self.last)
            brian_network.gc, brian_magic.gc = before, after

    def __exit__(self, *error: Any) -> None:
        brian_network.gc, brian_magic.gc = _GC, _GC


class _Gc:
    def __init__(self, collects: bool) -> None:
        self.collects = collects

    def collect(self) -> None:
        """Collect, if it is time."""
        if self.collects:
            _GC.collect()


_GC: Any = brian_network.gc
