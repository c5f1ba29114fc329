"""Names that stand for the same memory: rewrites and blocks see through all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus.engine import rewrites
from bioplaus.engine.preferences import REWRITES
from bioplaus.engine.program.kernel import ArrayArgument, Kernel
from bioplaus.engine.program.memory import may_overlap, one_name_each, seen_through
from bioplaus.engine.program.step import Step
from bioplaus.engine.rewrites import threads

SETTINGS = "codegen.runtime.numba."
pytestmark = pytest.mark.usefixtures("on_the_engine")


def parts_of_one_array() -> dict[str, Any]:
    whole = np.arange(10.0)
    views = {"first": whole[:6], "last": whole[4:], "bits": whole[8:].view(np.int64)}
    return {**views, "other": np.zeros(10), "none": whole[3:3], "after": np.zeros(2)}


def test_what_shares_memory_has_one_name() -> None:
    """0-5 and 4-9 meet in 4 and 5, bits stand at 8 and 9: all three are one, and nothing else."""
    arrays = parts_of_one_array()
    arguments = {name: ArrayArgument(name, lambda a=a: a) for name, a in arrays.items()}
    standing = one_name_each(arrays, arguments.__getitem__)
    assert standing["first"] == standing["last"] == standing["bits"]
    assert len(set(standing.values())) == 4

    kernel = Kernel.from_body("first[0] = 1.0\nprint(other[0])", arguments.__getitem__)
    reader = Kernel.from_body("print(last[0], none, after[1])", arguments.__getitem__)
    widen = seen_through([kernel, reader])
    assert widen(kernel).writes == {"first", "last"}
    assert widen(kernel).reads == {"other"}
    assert widen(reader).reads == {"first", "last", "none", "after"}
    assert not may_overlap(kernel)
    assert may_overlap(Kernel.from_body("print(first[0], last[0])", arguments.__getitem__))
    again = ArrayArgument("another name", arguments["other"].fetch)
    same = Kernel.from_body("print(other[0], again[0])", {**arguments, "again": again}.__getitem__)
    assert may_overlap(same)


Build = Callable[[], list[Any]]


def group(name: str = "cells", size: int = 9, more: str = "", **options: Any) -> Any:
    model = f"x : 1\ny : 1\nz : 1\n{more}"
    cells = b2.NeuronGroup(size, model, name=name, **options)
    cells.x, cells.y = np.sin(np.arange(size)), np.cos(np.arange(size))
    return cells


def connected(source: Any, target: Any, model: str, condition: Any = None, **options: Any) -> Any:
    synapses = b2.Synapses(source, target, model, method="euler", name="synapses", **options)
    synapses.connect(condition)
    if "w" in synapses.variables:
        synapses.w = 0.3 * np.sin(1 + np.arange(len(synapses)))
    return synapses


FIRES = {"threshold": "t < 0.15*ms", "reset": ""}


def overlapping_subgroups() -> list[Any]:
    cells = group(**FIRES)
    part = cells[2:7]
    return [cells, connected(part, cells[1:5], "", on_pre="x_post += 0.1*x_pre")]


def without_self_connections() -> list[Any]:
    cells = group(**FIRES)
    return [cells, connected(cells, cells, "", "i != j", on_pre="x_post += 0.1*x_pre")]


def linked_to_the_own_group() -> list[Any]:
    """What is written as x of the target is read as link of the source."""
    cells = group(more="link : 1 (linked)", **FIRES)
    cells.link = b2.linked_var(cells, "x")
    return [cells, connected(cells, cells, "", on_pre="x_post += 0.1*link_pre")]


def linked_and_summed() -> list[Any]:
    """The sum reads as link of the sources what it adds up to."""
    cells = group(more="link : 1 (linked)")
    cells.link = b2.linked_var(cells, "z")
    model = """dw/dt = (link_pre - w)/ms : 1 (clock-driven)
               z_post = w + 0.1*link_pre : 1 (summed)"""
    return [cells, connected(cells, cells, model)]


def shared_variable_of_all_to_all() -> list[Any]:
    cells = group()
    synapses = connected(cells, cells, "w : 1\nq : 1 (shared)")
    synapses.q = 2
    synapses.run_regularly("q *= 0.5", dt=0.1 * ms)
    synapses.run_regularly("q += 0.25; w = 0.9*w + q", dt=0.1 * ms)
    return [cells, synapses]


def constant_that_is_written_to() -> list[Any]:
    cells = group(more="c : 1 (constant, shared)\nd : 1 (constant)")
    cells.c = 1
    cells.run_regularly("z += exp(-c)*d", order=1)
    cells.run_regularly("c += 0.5", order=2)
    cells.run_regularly("d += c", order=3)
    return [cells]


def reset_of_other_neurons() -> list[Any]:
    """Neuron i sets the time for which the neuron after it waits."""
    model = "due : second\nlink : second (linked)\ncount : 1"
    cells = b2.NeuronGroup(
        130, model, threshold="t >= due", reset="count += 1; link = t + 0.1*ms*(i % 7)",
        name="cells",
    )  # fmt: skip
    cells.due = np.arange(130) % 5 * 0.1 * ms
    cells.link = b2.linked_var(cells, "due", index=(np.arange(130) + 70) % 130)
    return [cells]


def onto_synapses() -> list[Any]:
    cells = group(size=4, **FIRES)
    synapses = connected(cells, cells, "w : 1", on_pre="x_post += w")
    above = b2.Synapses(cells, synapses, "v : 1", on_pre="w_post += 0.1*x_pre", name="above")
    above.connect()
    return [cells, synapses, above]


#: Where the order in which synapses are visited decides, NumPy's target has one of its own.
ORDERED = [
    overlapping_subgroups, without_self_connections, linked_to_the_own_group, linked_and_summed,
]  # fmt: skip
KINDS = [
    *ORDERED, shared_variable_of_all_to_all, constant_that_is_written_to, reset_of_other_neurons,
    onto_synapses,
]  # fmt: skip


def state(build: Build, **settings: Any) -> dict[str, Any]:
    for name, value in settings.items():
        b2.prefs[SETTINGS + name] = value
    network = b2.Network(build())
    network.run(0.5 * ms)
    network.run(0.5 * ms)
    states = network.get_states(units=False)
    return {f"{o}.{v}": np.array(values) for o in states for v, values in states[o].items()}


@pytest.mark.parametrize("build", KINDS)
def test_one_memory_under_two_names(build: Build) -> None:
    plain = state(build, rewrites=(), fuse=True)
    for fuse in (True, False):
        other = state(build, rewrites=REWRITES, fuse=fuse)
        for name, expected in plain.items():
            np.testing.assert_array_equal(other[name], expected, err_msg=name)
    b2.prefs[SETTINGS + "fuse"] = True
    if build in ORDERED:
        return
    b2.prefs.codegen.target = "numpy"
    for name, expected in state(build).items():
        np.testing.assert_allclose(plain[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


def test_the_overlap_of_subgroups_by_hand() -> None:
    """Source 0 = neuron 2 adds 0.1*x_2 to neurons 1 to 4, itself included, and so on."""
    b2.prefs.codegen.target = "numba"
    x = np.sin(np.arange(9))
    for _ in range(2):
        for source in range(2, 7):
            for target in range(1, 5):
                x[target] += 0.1 * x[source]
    np.testing.assert_allclose(state(overlapping_subgroups)["cells.x"], x, rtol=1e-14)


def test_threads_do_not_repeat_what_is_shared() -> None:
    """A shared variable is written once per step, not once by every block."""
    found: list[Step] = []

    def divided(steps: list[Step]) -> list[Step]:
        found.extend(threads.REWRITE.apply(steps))
        return steps

    order = tuple(replace(r, apply=divided) if r is threads.REWRITE else r for r in rewrites.ORDER)
    b2.prefs[SETTINGS + "rewrites"] = REWRITES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "_WORTHWHILE", 1)
        patch.setattr(rewrites, "ORDER", order)
        b2.prefs[SETTINGS + "threads"] = 2
        network = b2.Network(shared_variable_of_all_to_all())
        network.run(0.1 * ms)
    b2.prefs[SETTINGS + "threads"] = 1
    assert len(found) == 2
    assert all(step.part is None for step in found)
