"""Synapses visited by their targets: asked for before their turn, kept as records, same bits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus.engine.preferences import REWRITES
from bioplaus.engine.program import records as of_program
from bioplaus.engine.program.kernel import ArrayArgument
from bioplaus.engine.program.records import Records
from bioplaus.engine.rewrites import prefetch, records
from bioplaus.engine.running.plan import last_plan

SETTINGS = "codegen.runtime.numba."
OURS = ("records", "prefetch")
PLAIN = tuple(name for name in REWRITES if name not in OURS)

pytestmark = pytest.mark.usefixtures("on_the_engine")


@pytest.fixture(autouse=True)
def small_networks_too(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Records of the smallest projection, as soon as one step has been done."""
    for rewrite in (records, prefetch):
        monkeypatch.setattr(rewrite, "_WORTHWHILE", 1)
    monkeypatch.setattr(of_program, "_SECONDS", 0.0)
    yield
    b2.prefs[SETTINGS + "compiler"] = "direct"


MODEL = """
w : 1
da/dt = -a/(3*ms) : 1 (event-driven)
db/dt = -b/(5*ms) : 1 (event-driven)
"""
ON_PRE = "v_post += 0.1*w; a += 0.02; w = clip(w - b, 0, 1)"
ON_POST = "b += 0.02; w = clip(w + a, 0, 1)"


DRIFTING = "dw/dt = -w/(9*ms) : 1 (clock-driven)"


def learning(delay: str = "", model: str = MODEL, **options: Any) -> b2.Network:
    """Cells that fire at times of their own, each by some others; one more object looks on."""
    b2.defaultclock.dt = 0.1 * ms
    cells = b2.NeuronGroup(
        40, "v : 1\nphase : 1", threshold="sin(phase + t/(0.3*ms)) + v > 0.98", reset="v *= 0.5"
    )
    cells.phase = "i*0.7"
    made = b2.Synapses(cells, cells, model, on_pre=ON_PRE, on_post=ON_POST, name="made", **options)
    rng = np.random.default_rng(3)
    made.connect(i=np.repeat(np.arange(40), 7), j=rng.integers(0, 40, 280))
    made.w = rng.random(280)
    if delay:
        made.pre.delay = delay
    return b2.Network(cells, made)


def state(network: b2.Network) -> dict[str, bytes]:
    made = network["made"]
    names = [n for n in ("w", "a", "b", "lastupdate") if n in made.variables]
    return {name: made.variables[name].get_value().tobytes() for name in names}


def gatherings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets an entry whenever records are made: the number of their fields."""
    made: list[int] = []
    gather = Records.gather

    def noted(self: Records) -> None:
        gather(self)
        made.append(len(self.fields))

    monkeypatch.setattr(Records, "gather", noted)
    return made


def ran(network: b2.Network, rewrites: tuple[str, ...]) -> dict[str, bytes]:
    """Two runs, between which Python reads and writes what may be in records."""
    b2.prefs[SETTINGS + "rewrites"] = rewrites
    network.run(3 * ms)
    made = network["made"]
    made.w = made.w[:] * 0.9
    network.store()
    network.run(2 * ms)
    once = state(network)
    network.restore()
    network.run(2 * ms)
    assert state(network) == once
    return once


@pytest.mark.parametrize("delay", ["", "0.3*ms", "(i % 4)*0.1*ms"], ids=["none", "one", "own"])
def test_a_network_with_records_has_the_same_bits(
    delay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no delay, one, and own delays, whose events stand anywhere as well."""
    plain = ran(learning(delay), PLAIN)
    made = gatherings(monkeypatch)
    network = learning(delay)
    assert ran(network, REWRITES) == plain
    assert made == [4, 4, 4]  # in each run all of w, a, b and lastupdate
    plan: Any = last_plan(network)
    notes = [note.partition(":")[0] for step in plan.steps for note in step.notes]
    assert notes.count("records") == 2
    assert notes.count("prefetch") == (2 if "i" in delay else 1)
    assert np.frombuffer(plain["w"]).std() > 0.1  # something has been learned


@pytest.mark.slow
def test_numba_compiles_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ran(learning(), PLAIN)
    b2.prefs[SETTINGS + "compiler"] = "numba"
    made = gatherings(monkeypatch)
    assert ran(learning(), REWRITES) == plain
    assert made == [4, 4, 4]


def test_python_and_monitors_see_what_is_in_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that reads and writes weights, a report that reads them, a monitor of some."""

    def watched(rewrites: tuple[str, ...]) -> Any:
        b2.prefs[SETTINGS + "rewrites"] = rewrites
        b2.prefs[SETTINGS + "chunk"] = 3
        network = learning()
        made = network["made"]
        held = made.variables["w"].get_value()  # a view from before the run
        seen: list[Any] = []

        @b2.network_operation(dt=1 * ms)
        def operation() -> None:
            seen.append(held.tobytes())
            made.w["i % 3 == 0"] = "0.5*w"
            made.a = "a + 0.01"

        monitor = b2.StateMonitor(made, ["w", "b"], record=[0, 7, 33])
        network.add(operation, monitor)
        network.run(5 * ms, report=lambda *_: seen.append(held.tobytes()), report_period=0 * ms)
        b2.prefs[SETTINGS + "chunk"] = 0
        return (
            seen[1:6],
            np.array(monitor.w).tobytes(),
            np.array(monitor.b).tobytes(),
            state(network),
        )

    plain = watched(PLAIN)
    made = gatherings(monkeypatch)
    assert watched(REWRITES) == plain
    assert len(made) >= 5  # after each turn of Python


def test_an_error_leaves_the_numbers_in_the_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an operation in the midst of a run; what has been learned is there."""

    def stopped(rewrites: tuple[str, ...]) -> dict[str, bytes]:
        b2.prefs[SETTINGS + "rewrites"] = rewrites
        network = learning()

        @b2.network_operation(dt=4 * ms)
        def operation(t: Any) -> None:
            if t > 0 * ms:
                raise ValueError("enough")

        network.add(operation)
        with pytest.raises(Exception, match="enough"):
            network.run(9 * ms)
        return state(network)

    plain = stopped(PLAIN)
    made = gatherings(monkeypatch)
    assert stopped(REWRITES) == plain
    assert made


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, 4),
        ({"model": MODEL + "v_post = w : 1 (summed)"}, 3),  # passes over all weights in each step
        ({"model": MODEL + "dw2/dt = -w2/ms : 1 (clock-driven)", "method": "euler"}, 4),
        ({"model": MODEL.replace("w : 1", DRIFTING), "method": "euler"}, 3),
    ],
)
def test_what_is_passed_over_in_every_step_stays_in_arrays(
    change: dict[str, Any], fields: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names in ``change`` say what reads which variable besides the two pathways."""
    network, plain = learning(**change), learning(**change)
    made = gatherings(monkeypatch)
    network.run(1 * ms)
    assert made == [fields]
    b2.prefs[SETTINGS + "rewrites"] = PLAIN
    plain.run(1 * ms)
    assert state(network) == state(plain)


def test_records_hold_every_number_and_give_it_back() -> None:
    """Three arrays are four numbers wide; one is changed where compiled code reaches it."""
    rng = np.random.default_rng(1)
    arrays = [rng.random(10_000) for _ in range(3)]
    before = [array.copy() for array in arrays]
    made = Records([ArrayArgument(n, lambda n=n: arrays[n]) for n in range(3)])  # type: ignore[misc]
    assert made.stride.fetch() == 1
    assert made.fields[1].fetch() is arrays[1]
    made.gather()
    stride = made.stride.fetch()
    fields = [field.fetch() for field in made.fields]
    assert stride == 4
    assert fields[0].__array_interface__["data"][0] % 64 == 0
    for field, array in zip(fields, before, strict=True):
        np.testing.assert_array_equal(field[: stride * 10_000 : stride], array)
    fields[2][stride * 77] = 5
    arrays[2][77] = 6  # not what counts now
    assert made.scatter()
    assert not made.scatter()
    before[2][77] = 5
    for array, expected in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_short_runs_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes 1 ms to copy 1,000 numbers here: records pay where more than 4 ms are left."""
    monkeypatch.setattr(of_program, "_SECONDS", 1e-6)
    array = np.zeros(500)
    made = Records([ArrayArgument(n, lambda: array) for n in range(2)])
    assert not made.is_worthwhile(0.0005, left=1)  # not apart for long enough
    assert not made.is_worthwhile(0.0008, left=0.003)
    assert made.is_worthwhile(0, left=0.005)
    made.gather()
    assert not made.is_worthwhile(1, left=1)
    made.scatter()
    assert not made.is_worthwhile(0.0005, left=1)  # counted anew
