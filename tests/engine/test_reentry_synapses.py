"""Whoever has written to delays or indices of synapses, and however, the next run knows.

Results are compared with NumPy's target, which queues everything anew for every run, to 1e-12.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus.engine.brian.queue import EventQueue
from bioplaus.engine.running.plan import last_plan


@pytest.fixture(autouse=True)
def target_as_before() -> Iterator[None]:
    yield
    b2.prefs.codegen.target = "numpy"


def projection(on_pre: str = "v_post += w", operation: Any = None) -> b2.Network:
    """Three inputs and four cells; delays of 0.1 to 0.4 ms; spikes in every step."""
    b2.start_scope()
    b2.defaultclock.dt = 0.1 * ms
    times = np.repeat(np.arange(1, 40), 2) * 0.1 * ms
    inputs = b2.SpikeGeneratorGroup(
        3, np.tile([0, 1, 1, 2], 20)[: len(times)], times, name="inputs"
    )
    cells = b2.NeuronGroup(4, "dv/dt = -v/(2*ms) : 1", method="exact", name="cells")
    synapses = b2.Synapses(inputs, cells, "w : 1", on_pre=on_pre, name="synapses")
    synapses.connect(i=[0, 0, 1, 2], j=[0, 1, 2, 3])
    synapses.w = [0.1, 0.2, 0.3, 0.4]
    synapses.delay = [0.1, 0.2, 0.3, 0.4] * ms
    network = b2.Network(inputs, cells, synapses)
    if operation is not None:
        network.add(b2.NetworkOperation(lambda: operation(synapses), dt=0.5 * ms))
    return network


Write = Callable[[b2.Network, b2.Synapses], Any]


def after_writing(target: str, write: Write, build: Callable[[], b2.Network]) -> tuple[Any, Any]:
    b2.prefs.codegen.target = target
    network = build()
    synapses = network["synapses"]
    network.run(0.8 * ms)
    plans = [last_plan(network)]
    held = write(network, synapses)
    network.run(0.8 * ms)
    plans.append(last_plan(network))
    if held is not None:
        held[1] = 0.0004  # nobody is told
    network.run(0.8 * ms)
    plans.append(last_plan(network))
    return np.array(network["cells"].v), plans


def alike(write: Write, build: Callable[[], b2.Network] = projection) -> list[bool]:
    """Assert that both targets agree; which runs after the first were prepared anew."""
    found, plans = after_writing("numba", write, build)
    expected, _ = after_writing("numpy", write, build)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    return [plan is not plans[0] for plan in plans[1:]]


def through_a_view(network: b2.Network, synapses: b2.Synapses) -> None:
    synapses.delay_[:][2] = 0.0001


def through_a_view_that_is_held(network: b2.Network, synapses: b2.Synapses) -> Any:
    return synapses.delay_[:][1:3]


def through_memory_that_is_held(network: b2.Network, synapses: b2.Synapses) -> Any:
    return np.frombuffer(synapses.pre.variables["delay"].get_value().data)


def stored_and_restored(network: b2.Network, synapses: b2.Synapses) -> None:
    network.store()
    synapses.delay = 0.4 * ms
    network.run(0.5 * ms)
    network.restore()
    synapses.delay[0] = 0.4 * ms


WAYS: dict[str, Write] = {
    "nothing": lambda n, s: None,
    "one": lambda n, s: s.delay.__setitem__(1, 0.4 * ms),
    "all": lambda n, s: setattr(s, "delay", [0.4, 0.3, 0.2, 0.1] * ms),
    "by an expression": lambda n, s: setattr(s, "delay", "0.1*ms*(j + 1)/(i + 1)"),
    "by a condition": lambda n, s: s.delay.__setitem__("i == 0", "0.3*ms"),
    "of the pathway": lambda n, s: setattr(s.pre, "delay", [0.4, 0.3, 0.2, 0.1] * ms),
    "of the variable": lambda n, s: s.pre.variables["delay"].set_value(np.arange(4) * 1e-4),
    "in states": lambda n, s: s.pre.set_states({"delay": [0.4, 0.3, 0.2, 0.2] * ms}),
    "through a view": through_a_view,
    "through a view that is held": through_a_view_that_is_held,
    "through memory that is held": through_memory_that_is_held,
    "stored and restored": stored_and_restored,
}


@pytest.mark.parametrize("way", WAYS)
def test_delays_that_are_written(way: str) -> None:
    # Once a held view has been written through, spikes may be queued in another way.
    assert not alike(WAYS[way])[0]


def test_another_way_of_queueing_is_another_program() -> None:
    def with_equal_delays() -> b2.Network:
        network = projection()
        network["synapses"].delay = 0.2 * ms
        return network

    assert alike(WAYS["all"], with_equal_delays)[0]


def test_delays_that_compiled_code_writes() -> None:
    build = lambda: projection("v_post += w; delay = clip(delay*1.2, 0*ms, 0.4*ms)")  # noqa: E731
    assert alike(WAYS["nothing"], build) == [False, False]


def test_delays_that_python_writes_during_a_run() -> None:
    def longer(synapses: b2.Synapses) -> None:
        synapses.delay_ = np.minimum(synapses.delay_[:] * 1.5, 4e-4)

    assert alike(WAYS["nothing"], lambda: projection(operation=longer)) == [False, False]


def test_nothing_of_synapses_is_looked_at_when_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    b2.prefs.codegen.target = "numba"
    network = projection()
    network.run(0.8 * ms)
    calls: list[Any] = []
    prepare = EventQueue.prepare
    monkeypatch.setattr(EventQueue, "prepare", lambda *given: calls.append(prepare(*given)))
    network.run(0.8 * ms)
    assert not calls
    assert network["synapses"].delay_[0] == 0.0001  # reading hands the memory out
    network.run(0.8 * ms)
    network.run(0.8 * ms)
    assert len(calls) == 1


def test_a_prepared_network_keeps_no_object_alive() -> None:
    b2.prefs.codegen.target = "numba"
    network = projection()
    for _ in range(2):
        network.run(0.8 * ms)
    known = [weakref.ref(thing) for thing in network.sorted_objects]
    assert len(known) == 5
    network.objects.clear()
    gc.collect()
    assert last_plan(network) is not None
    assert not any(ref() for ref in known)


def all_to_all() -> b2.Network:
    b2.start_scope()
    b2.defaultclock.dt = 0.1 * ms
    sources = b2.NeuronGroup(2, "x : 1", name="sources")
    cells = b2.NeuronGroup(3, "drive : 1\ndv/dt = drive/ms : 1", method="euler", name="cells")
    sources.x = [1, 10]
    synapses = b2.Synapses(
        sources, cells, "w : 1\ndrive_post = w*x_pre : 1 (summed)", name="synapses"
    )
    synapses.connect()
    synapses.w = "1 + i + 2*j"
    return b2.Network(sources, cells, synapses)


def test_all_to_all_that_is_no_more() -> None:
    """As many synapses, of other pairs: what another network of that name may have stored."""

    def write(network: b2.Network, synapses: b2.Synapses) -> None:
        synapses.variables["_synaptic_post"].set_value([0, 0, 1, 1, 2, 2])

    assert alike(write, all_to_all)[0]
    assert alike(WAYS["nothing"], all_to_all) == [False, False]
