"""Entering ``run()`` again: each circumstance is changed between two runs, and the second knows.

A network of two inputs and three cells is run for 1 ms, changed, and run for 1 ms more, on the
engine and on NumPy's target, which prepares every run anew.  What comes out must be the same (to
1e-12) or the same kind of error, and must be another thing than without the change.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.devices.device import get_device

from bioplaus.engine.running.plan import last_plan
from bioplaus.engine.running.reentry import CIRCUMSTANCES, TAKEN_OVER

Parts = SimpleNamespace
Change = Callable[[Parts], Any]


def built() -> Parts:
    """Inputs with delays of 0.2 and 0.4 ms, of which one is under way after 1 ms."""
    b2.start_scope()
    b2.defaultclock.dt = 0.1 * ms
    outside = {"tau": 2 * ms, "drive": 1.2}
    period = 0.2 * ms
    inputs = b2.SpikeGeneratorGroup(2, [0, 1, 1, 0, 1], [0.1, 0.3, 0.8, 1.1, 1.4] * ms)
    other = b2.NeuronGroup(3, "y : 1\nz : 1")
    cells = b2.NeuronGroup(
        3,
        """dv/dt = (drive - v + x) / tau : 1 (unless refractory)
           ds/dt = v / ms : 1
           x : 1 (linked)
           n : 1
           k : integer (constant)
           m : integer (constant)""",
        threshold="v > 0.6",
        reset="v = 0; n += 1",
        refractory=period,
        method="euler",
    )
    cells.k, cells.m = [0, 1, 2], [2, 0, 1]
    cells.x = b2.linked_var(other, "y", index="k")
    other.y, other.z = [0.1, 0.2, 0.3], [0.5, 0.4, 0.7]
    regular = cells.run_regularly("v += 0.01")
    synapses = b2.Synapses(inputs, cells, "w : 1", on_pre="v_post += w")
    synapses.connect(i=[0, 1], j=[0, 2])
    synapses.w, synapses.delay = [0.2, 0.25], [0.2, 0.4] * ms
    network = b2.Network(inputs, other, cells, synapses)
    return Parts(**{k: v for k, v in locals().items() if k != "Parts"})


def results(parts: Parts) -> dict[str, Any]:
    return {
        "v": np.array(parts.cells.v),
        "s": np.array(parts.cells.s),
        "n": np.array(parts.cells.n),
        "lastspike": np.array(parts.cells.lastspike_),
    }


@pytest.fixture
def two_runs() -> Any:
    """Runs, changes and runs again; also tells whether that used the plan of the first run."""
    kept = dict(b2.prefs.prefs)

    def run(target: str, change: Change = lambda parts: None) -> tuple[Any, bool]:
        for name, value in kept.items():
            if b2.prefs.prefs[name] is not value and not name.endswith("cache_dir"):
                b2.prefs[name] = value
        b2.prefs.codegen.target = target
        parts = built()
        parts.network.run(1 * ms, namespace=parts.outside)
        before = last_plan(parts.network)
        assert (before is not None) == (target == "numba")
        change(parts)
        try:
            parts.network.run(1 * ms, namespace=parts.outside)
        except Exception as problem:
            return type(problem), False
        return results(parts), last_plan(parts.network) is before

    yield run
    for name, value in kept.items():
        b2.prefs[name] = value


def same(one: Any, two: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(two, dict):
        return one is two
    return all(np.allclose(one[name], two[name], rtol=1e-12, atol=1e-12) for name in one)


_unchanged: dict[str, Any] = {}


def changed_alike(two_runs: Any, change: Change, visible: bool = True) -> bool:
    """Assert that both targets know of a change; whether the engine's plan was used again."""
    found, again = two_runs("numba", change)
    expected, _ = two_runs("numpy", change)
    assert same(found, expected), (found, expected)
    if not _unchanged:
        _unchanged.update(two_runs("numpy")[0])
    assert same(expected, _unchanged) != visible
    return again


def on_another_target(parts: Parts) -> None:
    target = b2.prefs.codegen.target
    b2.prefs.codegen.target = "numpy"
    parts.network.run(0.2 * ms, namespace=parts.outside)
    b2.prefs.codegen.target = target


def new_queue(parts: Parts) -> None:
    pathway = parts.synapses.pre
    pathway.queue = get_device().spike_queue(0, 2)
    pathway.variables._variables["_queue"] = pathway.queue


def of_another_network(parts: Parts) -> None:
    parts.cells._network = "another"


def depends_on_stranger(parts: Parts) -> None:
    parts.synapses.add_dependency(b2.NeuronGroup(1, "a : 1"))


def linked_to_another(parts: Parts) -> None:
    parts.cells.variables._variables["x"] = parts.other.variables["z"]


def longer_refractory_period(parts: Parts) -> None:
    np.asarray(parts.period)[...] *= 3  # in place: the group holds the same object


def slower_clock(parts: Parts) -> None:
    parts.regular._clock = b2.Clock(0.3 * ms)
    parts.regular.abstract_code = "v += 0.02"


def setting(owner: str, name: str, value: Any) -> Change:
    """Gives an attribute, reached from the parts of a network, another value."""

    def change(parts: Parts) -> None:
        thing = parts
        for attribute in owner.split("."):
            thing = getattr(thing, attribute)
        if isinstance(thing, dict):
            thing[name] = value
        else:
            setattr(thing, name, value)

    return change


SCHEDULE = ["start", "groups", "resets", "thresholds", "synapses", "end"]
OTHER_EQUATIONS = b2.Equations(
    """dv/dt = (drive - 2*v + x) / tau : 1 (unless refractory)
       ds/dt = v / ms : 1\nx : 1 (linked)\nn : 1\nk : integer (constant)\nm : integer (constant)"""
)

#: How each circumstance is changed, and whether one sees it in the results.
MUST_BE_THE_SAME: dict[str, tuple[Change, bool]] = {
    "preferences": (lambda p: b2.prefs.__setitem__("legacy.refractory_timing", True), True),
    "schedule": (setting("network", "schedule", SCHEDULE), True),
    "objects": (lambda p: p.network.remove(p.synapses), True),
    "parts of objects": (lambda p: p.cells.run_regularly("v += 0.02"), True),
    "place in a step": (setting("regular", "when", "after_resets"), True),
    "clock": (slower_clock, True),
    "active": (setting("synapses", "active", False), True),
    "network of an object": (of_another_network, True),
    "dependencies": (depends_on_stranger, True),
    "code objects": (on_another_target, True),
    "target of an object": (
        setting("cells.state_updater", "codeobj_class", NumpyCodeObject),
        False,
    ),
    "statements": (setting("regular", "abstract_code", "v += 0.03"), True),
    "statements of a pathway": (setting("synapses.pre", "code", "v_post += 2*w"), True),
    "integration": (setting("cells.state_updater", "method_choice", "rk2"), True),
    "equations": (setting("cells", "equations", OTHER_EQUATIONS), True),
    "refractoriness": (longer_refractory_period, True),
    "conditions of events": (setting("cells.events", "spike", "v > 0.5"), True),
    "statements at events": (setting("cells.event_codes", "spike", "v = 0.1; n += 2"), True),
    "variables": (linked_to_another, True),
    "indices of linked variables": (
        lambda p: p.cells.variables.indices.__setitem__("x", "m"),
        True,
    ),
    "number of synapses": (lambda p: p.synapses.connect(i=1, j=1), False),
    "queue": (new_queue, True),
}


def test_every_circumstance_has_its_change() -> None:
    assert set(MUST_BE_THE_SAME) == {circumstance.name for circumstance in CIRCUMSTANCES}
    elsewhere = {"tables from outside", "functions from outside"}  # test_reentry_externals
    assert set(MAY_BE_OTHERS) | elsewhere == set(TAKEN_OVER)


@pytest.mark.parametrize("name", MUST_BE_THE_SAME)
def test_another_circumstance_prepares_anew(name: str, two_runs: Any) -> None:
    change, visible = MUST_BE_THE_SAME[name]
    assert not changed_alike(two_runs, change, visible)


def test_nothing_changed_prepares_nothing(two_runs: Any) -> None:
    assert changed_alike(two_runs, lambda parts: None, visible=False)


def restored_half_way(parts: Parts) -> None:
    parts.network.store()
    parts.network.run(0.3 * ms, namespace=parts.outside)
    parts.network.restore()
    parts.synapses.w = 0.3


def other_sources(parts: Parts) -> None:
    """As restoring what a network of as many synapses has stored."""
    parts.synapses.variables["_synaptic_pre"].set_value([0, 0])


MAY_BE_OTHERS: dict[str, Change] = {
    "numbers from outside": setting("outside", "tau", 3 * ms),
    "time step": lambda p: setattr(b2.defaultclock, "dt", 0.05 * ms),
    "delays": lambda p: setattr(p.synapses, "delay", [0.5, 0.1] * ms),
    "sources and targets of synapses": other_sources,
    "spikes under way": restored_half_way,
    "spikes of a generator": lambda p: p.inputs.set_spikes([0, 0, 1], [1.2, 1.5, 1.7] * ms),
}


@pytest.mark.parametrize("name", MAY_BE_OTHERS)
def test_what_may_be_another_prepares_nothing(name: str, two_runs: Any) -> None:
    assert changed_alike(two_runs, MAY_BE_OTHERS[name])
