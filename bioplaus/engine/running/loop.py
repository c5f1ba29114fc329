"""Driving a program through a run: chunks, buffers that are full, and Python's turns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from brian2.core.clocks import Clock
from brian2.core.network import Network

from ..machine.settings import preference
from ..program.module import (
    BUFFER_FULL,
    ENDS,
    FINISHED,
    FIRST,
    LAST,
    PYTHON_DUE,
    STEPS,
    STOP_FOR_PYTHON,
)
from ..program.program import Program
from .plan import Plan
from .reports import Reporter

__all__ = ["first_clock", "step_through"]

_CHUNK_SECONDS = 0.1
_GROWTH = 8
"""A first run begins with one step; a chunk has at most so many times the steps of the last one."""


def step_through(device: Any, network: Network, prepared: Plan, reporter: Reporter) -> bool:
    """Run the plan to the end of the run, or as long as it holds; whether the run is over.

    It is compiled first, which is no part of the run.  Between two chunks it reports, looks at the
    time limit, and lets `stop` and Ctrl-C act.
    """
    program, control = prepared.program, prepared.program.control
    for number, clock in enumerate(prepared.clocks):
        control[ENDS + number] = clock._i_end
    control[FIRST], control[LAST], control[STOP_FOR_PYTHON] = 0, len(program.steps), 1
    chunk = int(preference("chunk"))
    control[STEPS] = steps = chunk or prepared.chunk
    for position, owner in prepared.switchable:
        program.switches[position] = owner.active
    program.refresh()
    if not program.compiled:
        with reporter.compiling():
            program.compile(device.random_generator())
    reporter.begin()
    Network._globally_running = True
    try:
        while True:
            began, began_here = time.perf_counter(), time.process_time()
            status = program.enter(device.random_generator())
            took, here = time.perf_counter() - began, time.process_time() - began_here
            if status == FINISHED:
                break
            if status == BUFFER_FULL:
                _grow(program)
                continue
            if status == PYTHON_DUE:
                _step_with_python(device, network, prepared)
                if not prepared.holds():
                    return bool(network._stopped or Network._globally_stopped)
            if control[STEPS] <= 0:
                prepared.gather(here, _steps_left(prepared.clocks) * here / (chunk or steps))
                if not chunk:
                    steps = _next_chunk(steps, took)
                    prepared.begin_with(steps)
                control[STEPS] = chunk or steps
            if _interrupted(device, network, prepared, reporter):
                break
    finally:
        Network._globally_running = False
        prepared.scatter()
        prepared.flush()
    return True


def _grow(program: Program) -> None:
    grow = program.steps[program.control[FIRST]].grow
    assert grow is not None
    grow()
    program.refresh()


def _next_chunk(steps: int, seconds: float) -> int:
    return max(1, min(_GROWTH * steps, int(steps * _CHUNK_SECONDS / max(seconds, 1e-9))))


def _interrupted(device: Any, network: Network, prepared: Plan, reporter: Reporter) -> bool:
    now = first_clock(prepared.clocks).t_
    network.t_ = now
    if reporter.due():
        prepared.scatter()
        prepared.flush()
        reporter.progress(now)
    limit = device._maximum_run_time
    if limit is not None and time.time() - reporter.began > float(limit):
        network._stopped = True
    return bool(network._stopped or Network._globally_stopped)


def _steps_left(clocks: Sequence[Clock]) -> int:
    """Steps to the end of the run, of the clock that has most."""
    return max(int(clock._i_end - clock.variables["timestep"].get_value()[0]) for clock in clocks)


def first_clock(clocks: Sequence[Clock]) -> Clock:
    """The clock whose turn is next."""
    return min(clocks, key=lambda clock: clock.variables["t"].get_value()[0])


def _step_with_python(device: Any, network: Network, prepared: Plan) -> None:
    """Finish one step in which objects that run in Python have their turn."""
    program, control = prepared.program, prepared.program.control
    prepared.scatter()
    due = _due(prepared.clocks)
    network.t_ = first_clock(prepared.clocks).t_
    control[STOP_FOR_PYTHON] = 0
    positions = [
        position
        for position, step in enumerate(prepared.steps)
        if step.kernel is None or getattr(step.code_object, "may_change", False)
    ]
    left = control[STEPS]
    for position in positions:
        step = prepared.steps[position]
        if step.clock not in due or not step.owner.active:
            continue
        alone = step.code_object if step.kernel is not None else None
        if alone is not None and alone.holds():
            continue
        if position > control[FIRST]:
            _run_part(device, program, position)
        prepared.flush()
        if alone is not None:
            alone.run()  # made anew: what it takes for granted is not so any more
        else:
            step.owner.run()
        program.refresh()
        control[FIRST] = position + 1
    control[STEPS] = 1
    _run_part(device, program, len(prepared.steps))
    control[STEPS] = left - 1
    control[STOP_FOR_PYTHON] = 1


def _run_part(device: Any, program: Program, last: int) -> None:
    """Run the kernels up to ``last`` of the present step."""
    program.control[LAST] = last
    while program.enter(device.random_generator()) == BUFFER_FULL:
        _grow(program)
    program.control[LAST] = len(program.steps)


def _due(clocks: Sequence[Clock]) -> list[Clock]:
    first = first_clock(clocks)
    now, dt = first.t_, first.dt_
    return [
        clock
        for clock in clocks
        if clock.t_ == now or abs(clock.t_ - now) / min(dt, clock.dt_) < Clock.epsilon_dt
    ]
