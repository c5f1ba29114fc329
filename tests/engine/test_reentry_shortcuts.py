"""Short cuts of entering ``run()`` again: nothing that they pass over goes unnoticed."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import brian2 as b2
import pytest
from brian2 import ms

from bioplaus.engine.program.program import Program
from bioplaus.engine.running.plan import last_plan
from bioplaus.engine.running.reentry import CIRCUMSTANCES
from tests.engine.test_reentry import built


@pytest.fixture(autouse=True)
def target_as_before() -> Iterator[None]:
    b2.prefs.codegen.target = "numba"
    yield
    b2.prefs.codegen.target = "numpy"


def _change_in_place(value: Any) -> Callable[[], Any]:
    """Change a container, or nothing else; what undoes it."""
    if isinstance(value, dict):
        value["another"] = None
        return lambda: value.pop("another")
    if isinstance(value, set):
        value.add("another")
        return lambda: value.discard("another")
    if isinstance(value, list):
        value.append("another")
        return lambda: value.pop()
    return lambda: None


def test_every_attribute_of_every_object_is_looked_at() -> None:
    """Of each object each attribute of each circumstance: another one, and itself changed."""
    parts = built()
    parts.network.run(1 * ms, namespace=parts.outside)
    circumstances = last_plan(parts.network).circumstances  # type: ignore[union-attr]
    assert circumstances.hold(parts.network)
    looked_at = in_place = 0
    for thing in (parts.network, *circumstances.objects):
        for circumstance in CIRCUMSTANCES:
            for name in circumstance.names if circumstance.of_thing(thing) else ():
                *path, last = name.split(".")
                owner = attrgetter(*path)(thing) if path else thing
                before = vars(owner)[last]
                undo = _change_in_place(before)
                if isinstance(before, (dict, list, set)):
                    assert not circumstances.hold(parts.network), (thing, name)
                    vars(owner)[last] = copy.copy(before)
                    in_place += 1
                else:
                    vars(owner)[last] = "another"
                assert not circumstances.hold(parts.network), (thing, name)
                vars(owner)[last] = before
                undo()
                assert circumstances.hold(parts.network), (thing, name)
                looked_at += 1
    assert looked_at > 10 * len(circumstances.objects)
    assert in_place > 3 * len(circumstances.objects)


def test_an_object_that_is_gone_is_noticed() -> None:
    parts = built()
    parts.network.run(1 * ms, namespace=parts.outside)
    plan = last_plan(parts.network)
    vars(parts.network)["objects"] = set()
    network = parts.network
    del parts
    gc.collect()
    assert plan is not None
    assert not plan.circumstances.hold(network)


def test_a_run_begins_with_as_many_steps_as_the_last_one_ended_with(monkeypatch: Any) -> None:
    parts = built()
    entered: list[int] = []
    enter = Program.enter
    monkeypatch.setattr(Program, "enter", lambda *given: entered.append(1) or enter(*given))
    numbers = []
    for _ in range(4):
        parts.network.run(1 * ms, namespace=parts.outside)
        numbers.append(len(entered))
        entered.clear()
    assert numbers[0] > 1
    assert numbers[-1] == 1
