"""The queue of spikes under way against Brian2's own, step by step, in all forms of delivery."""

from __future__ import annotations

from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms
from brian2.core.base import BrianObjectException
from brian2.synapses.cythonspikequeue import SpikeQueue

from bioplaus.engine.brian.queue import EventQueue

FIRST, LAST, SYNAPSES = 3, 11, 60
DT = 1e-4


def both(sources: Any, delays: Any) -> tuple[EventQueue, Any]:
    queues = EventQueue(FIRST, LAST), SpikeQueue(FIRST, LAST)
    for queue in queues:
        queue.prepare(delays, DT, sources)
    return queues


def step(queues: tuple[Any, Any], random: np.random.Generator) -> None:
    """Neurons of a larger group fire; the due synapses agree, in number and in order."""
    fired = np.flatnonzero(random.random(15) < 0.3).astype(np.int32)
    for queue in queues:
        queue.push(fired)
    np.testing.assert_array_equal(queues[0].peek(), queues[1].peek())
    for queue in queues:
        queue.advance()


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    ("kind", "delivery"),
    [("none", "direct"), ("one", "equal"), ("own", "mixed"), ("all alike", "equal")],
)
def test_same_synapses_in_the_same_order(in_order: bool, kind: str, delivery: str) -> None:
    random = np.random.default_rng(11)
    sources = random.integers(FIRST, LAST, SYNAPSES).astype(np.int32)
    sources = np.sort(sources) if in_order else sources
    delays = {
        "none": np.zeros(1),
        "one": np.array([3.2e-4]),
        "own": random.random(SYNAPSES) * 1e-3,
        "all alike": np.full(SYNAPSES, 2e-4),
    }[kind]
    queues = both(sources, delays)
    assert queues[0].delivery == delivery
    for _ in range(40):
        step(queues, random)


def test_state_goes_to_and_fro() -> None:
    """Stored states are interchangeable; a queue that is restored and prepared goes on alike."""
    random = np.random.default_rng(12)
    sources = np.sort(random.integers(FIRST, LAST, SYNAPSES)).astype(np.int32)
    for delays in (np.array([4e-4]), random.random(SYNAPSES) * 1e-3):
        queues = both(sources, delays)
        for _ in range(10):
            step(queues, random)
        ours, theirs = queues[0]._full_state(), queues[1]._full_state()
        fresh = both(sources, delays)
        fresh[0]._restore_from_full_state(theirs)
        fresh[1]._restore_from_full_state(ours)
        for queue in fresh:
            queue.prepare(delays, DT, sources)
        assert fresh[0].delivery == queues[0].delivery
        for _ in range(15):
            step(fresh, random)


def test_delays_that_change_while_spikes_are_under_way() -> None:
    """From one delay to another, to own delays, and back: pending events keep their times."""
    random = np.random.default_rng(13)
    sources = np.sort(random.integers(FIRST, LAST, SYNAPSES)).astype(np.int32)
    own = random.random(SYNAPSES) * 1e-3
    queues = both(sources, np.array([5e-4]))
    for delays in (np.array([2e-4]), own, np.array([3e-4]), np.zeros(1)):
        for _ in range(3):
            step(queues, random)
        for queue in queues:
            queue.prepare(delays, DT, sources)
    for _ in range(15):
        step(queues, random)


def test_another_step_keeps_the_times_of_events() -> None:
    """Events due in 6 and 4 steps of 0.1 ms are due in 3 and 2 steps of 0.2 ms."""
    sources = np.array([FIRST, FIRST + 1], dtype=np.int32)
    delays = np.array([6e-4, 4e-4])
    queue = EventQueue(FIRST, LAST)
    queue.prepare(delays, DT, sources)
    queue.push(np.array([FIRST, FIRST + 1], dtype=np.int32))
    queue.prepare(delays, 2 * DT, sources)
    due = []
    for _ in range(5):
        due.append(queue.peek().tolist())
        queue.advance()
    assert due == [[], [], [1], [0], []]


@pytest.mark.parametrize("kind", ["one", "own"])
def test_memory_follows_the_events_under_way(kind: str) -> None:
    """1000 spikes wait 5000 steps; the room is that of at most twice their blocks of 64 events.

    Longest delay times fullest step would be 5001 * 100 sources, or 5001 * 1000 synapses.
    """
    sources = np.repeat(np.arange(FIRST, LAST), 125).astype(np.int32)
    delays = np.array([0.5]) if kind == "one" else np.where(np.arange(1000) == 7, 0.5, 1e-3)
    queue = EventQueue(FIRST, LAST)
    queue.prepare(delays, DT, sources)
    random = np.random.default_rng(3)
    for _ in range(200):
        queue.push(np.flatnonzero(random.random(LAST) < 0.1).astype(np.int32))
        queue.advance()
    under_way = sum(len(slot) for slot in queue._pending())
    assert under_way > 100
    assert queue.events.nbytes < 2.0e5
    for _ in range(6000):
        queue.advance()
    assert queue._pending() is not None
    assert sum(len(slot) for slot in queue._pending()) == 0
    assert int(queue.free[1]) == len(queue.following)


def three_to_three(clear: bool, delays: str, fuse: bool) -> tuple[list[float], list[Any]]:
    """What arrives when Python forgets, every four steps, what is under way; all pushes."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse
    sources = b2.NeuronGroup(3, "x : 1", threshold="int(t/(0.1*ms) + 0.5) % 7 == i", reset="")
    targets = b2.NeuronGroup(3, "y : 1")
    links = b2.Synapses(sources, targets, "w : 1", on_pre="y += w")
    links.connect()
    links.w, links.delay = "1 + i + 10*j", delays

    @b2.network_operation(dt=0.4 * ms)
    def forget() -> None:
        links.pre.queue._restore_from_full_state(None)

    forget.active = clear
    network = b2.Network(sources, targets, links, forget)
    network.run(1.3 * ms)
    network.run(1.7 * ms)
    steps = np.round(links.delay / (0.1 * ms)).astype(int).tolist()
    pushed = [
        (t, t + steps[k], links.j[k], links.w[k])
        for t in range(30)
        for k in range(9)
        if t % 7 == links.i[k]
    ]
    return np.array(targets.y).tolist(), pushed


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("delays", ["(i + j + 1)*0.1*ms", "0.3*ms", "0*ms"])
def test_spikes_that_are_forgotten_during_a_run(delays: str, fuse: bool) -> None:
    """Those under way at steps 0, 4, 8, ... never arrive; the others come when they are due."""
    for clear in (True, False):
        found, pushed = three_to_three(clear, delays, fuse)
        expected = np.zeros(3)
        for sent, due, target, weight in pushed:
            lost = clear and any(step % 4 == 0 for step in range(sent + 1, due + 1))
            expected[target] += weight * (due < 30 and not lost)
        assert found == expected.tolist()


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_spikes_that_python_puts_under_way_during_a_run(delay: float, fuse: bool) -> None:
    """One synapse of a source that has two: no more a whole row, as the compiled code has them."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse
    sources = b2.NeuronGroup(2, "x : 1", threshold="int(t/(0.1*ms) + 0.5) % 5 == 4", reset="")
    targets = b2.NeuronGroup(2, "y : 1")
    links = b2.Synapses(sources, targets, on_pre="y += 1", delay=delay * ms)
    links.connect()
    seen = b2.StateMonitor(targets, "y", record=True, when="end")

    @b2.network_operation(dt=10 * ms)
    def send() -> None:
        links.pre.queue._restore_from_full_state((0, [[], [3, 3], [0]]))

    b2.Network(sources, targets, links, send, seen).run(1.5 * ms)
    expected = np.zeros((2, 15))
    expected[1, 1:] += 2
    expected[0, 2:] += 1
    for sent in (4, 9, 14):
        expected[:, sent + round(delay / 0.1) :] += 2
    np.testing.assert_array_equal(seen.y, expected)


def test_a_spike_cannot_arrive_before_it_is_sent() -> None:
    """Delays that a bell curve gave: Brian2's own queue sends them somewhere."""
    b2.prefs.codegen.target = "numba"
    cells = b2.NeuronGroup(3, "y : 1", threshold="y < 0", reset="y = 0")
    links = b2.Synapses(cells, cells, on_pre="y += 1")
    links.connect(j="i")
    network = b2.Network(cells, links)
    network.run(0.1 * ms)
    for delays in ([0.1, -0.3, -0.2], [-0.3, -0.3, -0.3]):
        links.delay = delays * ms
        with pytest.raises((ValueError, BrianObjectException)) as caught:
            network.run(0.1 * ms)
        problem = caught.value if isinstance(caught.value, ValueError) else caught.value.__cause__
        assert "is -0.0003 s: a spike cannot arrive before it is sent" in str(problem)
    links.delay = [0.1, -0.01, 0] * ms  # of a tenth of a step: none
    network.run(0.1 * ms)


@pytest.mark.parametrize("fuse", [True, False])
def test_synapses_that_are_made_during_a_run(fuse: bool) -> None:
    """Arrays move.  The new ones take part from the next run on; the first one goes on."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse
    sources = b2.SpikeGeneratorGroup(3, [0, 2, 2], [0.1, 0.4, 0.9] * ms)
    targets = b2.NeuronGroup(3, "y : 1")
    model = "dw/dt = -w/ms : 1 (clock-driven)"
    links = b2.Synapses(sources, targets, model, on_pre="y += w", method="euler")
    links.connect(i=[0], j=[0])
    links.w = 1

    @b2.network_operation(dt=0.3 * ms)
    def connect(t: Any) -> None:
        if 0.2 * ms < t < 0.5 * ms:
            links.connect(i=[0, 1, 2] * 100, j=[0, 1, 2] * 100)
            links.w[1:] = 2

    network = b2.Network(sources, targets, links, connect)
    network.run(0.7 * ms)
    network.run(0.5 * ms)
    np.testing.assert_allclose(links.w, [0.9**12] + [2 * 0.9**5] * 300, rtol=1e-13)
    np.testing.assert_allclose(targets.y, [0.9**2, 0, 100 * 2 * 0.9**3], rtol=1e-13)


@pytest.mark.parametrize("fuse", [True, False])
def test_spikes_given_in_the_middle_of_a_run_stay_in_their_memory(fuse: bool) -> None:
    """They count from the next run on; until then no step has more than one of each neuron."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse
    sources = b2.SpikeGeneratorGroup(2, [0], [0.1] * ms)
    counts = b2.PopulationRateMonitor(sources)

    @b2.network_operation(dt=0.2 * ms)
    def give(t: Any) -> None:
        if 0.1 * ms < t < 0.3 * ms:
            sources.set_spikes([1] * 300, np.arange(300) * 0.1 * ms + 0.5 * ms)

    network = b2.Network(sources, counts, give)
    network.run(0.4 * ms)
    assert np.all(counts.rate <= 1 / b2.defaultclock.dt)
    network.run(0.4 * ms)
    np.testing.assert_allclose(counts.rate[-3:] * b2.defaultclock.dt, 0.5)
