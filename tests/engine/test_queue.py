"""The queue of spikes under way against Brian2's own, step by step, in all forms of delivery."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from brian2.synapses.cythonspikequeue import SpikeQueue

from bioplaus.engine.queue import EventQueue

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
