"""What every rewrite keeps to, whatever it does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus import engine
from bioplaus.engine import rewrites
from bioplaus.engine.preferences import ON_DEMAND, REWRITES
from bioplaus.engine.program.step import Step
from bioplaus.engine.rewrites import prefetch, records
from bioplaus.engine.rewrites.rewrite import Rewrite
from bioplaus.engine.running import plan

SETTINGS = "codegen.runtime.numba."


@pytest.fixture(autouse=True)
def on_the_engine() -> Iterator[None]:
    names = (SETTINGS + "rewrites", SETTINGS + "threads", SETTINGS + "nan_check", SETTINGS + "fuse")
    kept = {name: b2.prefs[name] for name in names}
    b2.prefs.codegen.target = "numba"
    b2.seed(5)
    yield
    for name, value in kept.items():
        b2.prefs[name] = value


def learning() -> b2.Network:
    """All that rewrites look for: rates, times to wait for, drives, weights that change."""
    rates = b2.PoissonGroup(70, rates=30 * b2.Hz)
    cells = b2.NeuronGroup(
        70,
        """dv/dt = (drive + pulse - v)/(5*ms) : 1
        drive : 1
        pulse : 1
        trace : 1
        gain : 1 (constant)
        due : second""",
        threshold="t >= due and v < 2",
        reset="due = t + 3*ms",
        method="euler",
    )
    cells.run_regularly("trace = rand()")
    private = b2.PoissonInput(cells, "v", N=10, rate=5 * b2.Hz, weight=0.1)
    plastic = """dw/dt = (trace_post*v_pre - w)/second : 1 (clock-driven)
        drive_post = w*v_pre : 1 (summed)"""
    products = "du/dt = gain_post*v_pre/second : 1 (clock-driven)"
    projections = [
        b2.Synapses(
            cells, cells, plastic, method="euler", name="a_plastic"
        ),  # before the cells in a step
        b2.Synapses(cells, cells, "g : 1\npulse_post = g*trace_pre : 1 (summed)"),
        b2.Synapses(cells, cells, products, on_pre="v_post += u", method="euler"),
        b2.Synapses(rates, cells, on_pre="v_post += 0.1", delay=0.3 * ms),
    ]
    for projection in projections:
        projection.connect()
    timing = "w : 1\ndseen/dt = -seen/ms : 1 (event-driven)"
    projections.append(b2.Synapses(cells, cells, timing, on_post="w += seen; seen += 1"))
    projections[-1].connect(i=[1, 2, 3], j=[3, 1, 2])
    return b2.Network(rates, cells, private, *projections, b2.SpikeMonitor(cells))


def plain_steps(network: b2.Network) -> list[Step]:
    """The parts of a step before any rewrite; nothing is compiled."""
    b2.prefs[SETTINGS + "rewrites"] = ()
    network._clocks = {thing.clock for thing in network.sorted_objects}
    network.before_run({})
    return plan.plan(network).steps


def written(thing: Any) -> Any:
    """All that a step holds, as text."""
    if isinstance(thing, ast.AST):
        return ast.dump(thing)
    if isinstance(thing, list | tuple):
        return [written(part) for part in thing]
    if isinstance(thing, dict):
        return {name: written(part) for name, part in thing.items()}
    if hasattr(thing, "__dataclass_fields__"):
        return {field.name: written(getattr(thing, field.name)) for field in fields(thing)}
    return repr(thing)


def test_a_rewrite_changes_nothing_that_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the list nor a loop in it, which others read after it."""
    network = learning()  # steps do not keep it alive
    steps = plain_steps(network)
    b2.prefs[SETTINGS + "rewrites"] = (*REWRITES, *ON_DEMAND)
    for module in (records, prefetch):
        monkeypatch.setattr(module, "_WORTHWHILE", 0)
    acted = set()
    for checked in (False, True):  # what is looked at in the midst of a step is kept in no records
        b2.prefs[SETTINGS + "nan_check"] = checked
        after = steps
        for rewrite in rewrites.ORDER:
            given, before = list(after), written(after)
            after = rewrite.apply(given)
            assert written(given) == before, rewrite.name
            acted |= {note.partition(":")[0] for step in after for note in step.notes}
    assert acted >= {r.name for r in rewrites.ORDER} - {"threads", "flush_denormals", "invariants"}


def test_names_are_told_apart_and_known_to_the_preference() -> None:
    names = [rewrite.name for rewrite in rewrites.ORDER]
    assert len(set(names)) == len(names)
    assert {*REWRITES, *ON_DEMAND} == set(names) - {"threads", "nan_check"}
    assert all(r.keeps == "rounding" for r in rewrites.ORDER if r.name in ON_DEMAND)
    with pytest.raises(Exception, match="rewrites"):
        b2.prefs[SETTINGS + "rewrites"] = ("no_such_rewrite",)


def test_a_rewrite_of_ones_own_is_a_place_in_the_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that leaves out what adds to x: it stays what it was."""

    def without_addition(steps: list[Step]) -> list[Step]:
        adds = lambda step: step.kernel is not None and "+=" in step.kernel.text  # noqa: E731
        kept = [
            replace(step, notes=(*step.notes, "idle: alone")) for step in steps if not adds(step)
        ]
        return kept

    idle = Rewrite("idle", keeps="law", apply=without_addition, named=False)
    group = b2.NeuronGroup(3, "x : 1\ny : 1")
    group.run_regularly("x += 1")
    group.run_regularly("y = 2")
    network = b2.Network(group)
    monkeypatch.setattr(rewrites, "ORDER", (idle, *rewrites.ORDER))
    network.run(0.3 * ms)
    assert group.x[:].tolist() == [0, 0, 0]
    assert group.y[:].tolist() == [2, 2, 2]
    engine.explain(network)
    assert "idle: alone" in capsys.readouterr().out


def noise_and_drive() -> tuple[b2.Network, Callable[[], bytes]]:
    """Weights that jump at random at every step, and a drive summed over them."""
    pre, post = b2.NeuronGroup(5, "x : 1"), b2.NeuronGroup(6, "y : 1")
    pre.x = "1 + i"
    drive = b2.Synapses(pre, post, "w : 1\ny_post = w*x_pre : 1 (summed)")
    drive.connect()
    drive.run_regularly("w += rand()")
    network = b2.Network(pre, post, drive)
    return network, lambda: np.concatenate([drive.w[:], post.y[:]]).tobytes()


def test_weights_that_jump_have_the_same_bits_object_by_object() -> None:
    """Their random numbers are counted; a drive that joined them would draw them another way."""
    found = []
    for fuse in (True, False):
        b2.prefs[SETTINGS + "fuse"] = fuse
        b2.seed(5)
        network, state = noise_and_drive()
        network.run(0.5 * ms)
        found.append(state())
    assert found[0] == found[1]
