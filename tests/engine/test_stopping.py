"""A run that ends before its time, or at its end: whole steps, nothing lost, nothing kept alive.

Every neuron counts the steps, so that the clock can be compared with what was done.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms, second

from bioplaus import engine

DT = 0.1 * ms


@pytest.fixture(autouse=True, params=[True, False], ids=["fused", "stepped"])
def fuse(request: pytest.FixtureRequest) -> Iterator[bool]:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = request.param
    b2.defaultclock.dt = DT
    yield request.param
    b2.prefs.codegen.runtime.numba.fuse = True


def counting(*others: Any) -> tuple[b2.Network, b2.NeuronGroup, b2.StateMonitor]:
    cells = b2.NeuronGroup(3, "steps : 1")
    cells.run_regularly("steps += 1")
    monitor = b2.StateMonitor(cells, "steps", record=0)
    return b2.Network(cells, monitor, *others), cells, monitor


def assert_nothing_lost(network: Any, cells: Any, monitor: Any) -> None:
    done = round(float(network.t / DT))
    assert np.all(cells.steps == done)
    np.testing.assert_array_equal(monitor.steps[0], np.arange(1, done + 1))
    before = network.t
    network.run(5 * ms)
    assert np.all(cells.steps == done + 50)
    assert abs(float((network.t - before) / ms) - 5) < 1e-6


@pytest.mark.parametrize("everything", [True, False])
def test_a_python_operation_stops_the_run(everything: bool) -> None:
    @b2.network_operation(dt=1 * ms)
    def look(t: Any) -> None:
        if 7.5 * ms < t < 8.5 * ms:
            b2.stop() if everything else network.stop()

    network, cells, monitor = counting(look)
    network.run(50 * ms)
    assert abs(float(network.t / ms) - 8.1) < 1e-6  # the step that began at 8 ms is the last
    assert_nothing_lost(network, cells, monitor)


def test_a_report_may_stop_the_run(fuse: bool) -> None:
    def report(elapsed: Any, completed: float, start: Any, duration: Any) -> None:
        if completed > 0:
            b2.stop()

    network, cells, monitor = counting()
    network.run(1000 * second, report=report, report_period=0.05 * second)
    assert 0 * second < network.t < 1000 * second
    assert (engine.fallbacks(network) == []) == fuse
    assert_nothing_lost(network, cells, monitor)


def test_control_c_stops_the_run() -> None:
    """The first one ends the run in good order."""

    def press() -> None:
        while not b2.Network._globally_running:
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    network, cells, monitor = counting()
    finger = threading.Thread(target=press)
    finger.start()
    network.run(10_000 * second)
    finger.join()
    assert 0 * second < network.t < 10_000 * second
    assert_nothing_lost(network, cells, monitor)


def test_an_error_in_python_leaves_the_steps_before_it() -> None:
    @b2.network_operation(dt=1 * ms)
    def fail(t: Any) -> None:
        if t > 2.5 * ms:
            raise OSError("no more room")

    network, cells, monitor = counting(fail)
    with pytest.raises(Exception, match="no more room"):
        network.run(10 * ms)
    done = np.arange(1, 1 + len(monitor.t))
    np.testing.assert_array_equal(monitor.steps[0], done)
    assert len(done) >= 30
    assert np.all(cells.steps == cells.steps[0])


def test_nothing_stays_alive_after_a_run() -> None:
    """Objects of a function that has returned are gone, as with Brian2's own targets."""

    def with_a_network() -> list[Any]:
        things = counting()
        things[0].run(1 * ms)
        return [weakref.ref(thing) for thing in things]

    def with_the_magic_one() -> list[Any]:
        cells = b2.NeuronGroup(1, "x : 1")
        monitor = b2.StateMonitor(cells, "x", record=True)
        b2.run(1 * ms)
        return [weakref.ref(cells), weakref.ref(monitor)]

    left = [*with_a_network(), *with_the_magic_one()]
    gc.collect()
    assert [reference() for reference in left] == [None] * 5
