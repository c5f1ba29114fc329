"""Kernels that many objects share are compiled once, as functions apart, with the same bits."""

from __future__ import annotations

import re

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus.engine.program.apart import Apart, Call, View
from bioplaus.engine.running import plan


def projections(number: int) -> tuple[b2.Network, list[b2.Synapses], b2.NeuronGroup]:
    """Plastic projections with delays onto one group, each with weights of its own."""
    b2.seed(8)
    cells = b2.NeuronGroup(
        30, "dv/dt = (1.2 - v)/(5*ms) : 1", threshold="v > 1", reset="v = 0", method="exact"
    )
    cells.v = "i/30.0"
    made = []
    for k in range(number):
        links = b2.Synapses(
            cells, cells, "w : 1", on_pre="v_post += 0.01*w; w += 0.5", delay=k * ms
        )
        links.connect(i=range(30), j=[(7 * i + k) % 30 for i in range(30)])
        links.w = "1 + 0.1*i"
        made.append(links)
    return b2.Network(cells, *made), made, cells


@pytest.mark.usefixtures("on_the_engine")
def test_same_bits_and_one_copy() -> None:
    """The compiled text does not grow with the projections, but for their calls."""
    found, texts = {}, {}
    for fuse in (True, False):
        b2.prefs.codegen.runtime.numba.fuse = fuse
        network, links, cells = projections(5)
        network.run(20 * ms)
        found[fuse] = [np.array(thing) for thing in (*(x.w[:] for x in links), cells.v[:])]
        assert sum(len(np.unique(x.w[:])) for x in links) > 5 * 20
    b2.prefs.codegen.runtime.numba.fuse = True
    for mine, stepped in zip(found[True], found[False]):
        np.testing.assert_array_equal(mine, stepped)
    for number in (5, 9):
        network, _, _ = projections(number)
        network._clocks = {thing.clock for thing in network.sorted_objects}
        network.before_run({})
        head, entry = plan.plan(network).program.text_for_numba().split("def run(")
        texts[number] = head.split("def kernel_")
        # The first projection has no delay, and a kernel of its own.
        assert len(re.findall(r"\bapart_\d+\(", entry)) == number - 1
        assert len(re.findall(r"kernel_\d+\(", entry)) <= 4
    assert len(texts[5]) == len(texts[9])


def test_few_stay_inlined() -> None:
    views = {"_a0": View("table[0]", "table[1]", "_nb_np.float64")}
    views["_a1"] = View("table[2]", "table[3]", "_nb_np.int32")
    call = Call("kernel_0", ("_a0", "_floats_3"))
    few = Apart([call] * 3, views)
    assert few.written(call) == "kernel_0(_a0, _floats_3)"
    assert (few.functions, few.inlined) == ([], [call] * 3)


def test_functions_apart_differ_where_types_of_arrays_do() -> None:
    """Five calls of one kernel with arrays of two types, among them calls of another kernel."""
    views = {"_a0": View("table[0]", "table[1]", "_nb_np.float64")}
    views["_a1"] = View("table[2]", "table[3]", "_nb_np.int32")
    often = [Call("kernel_0", (name, "_floats_3")) for name in ("_a0", "_a0", "_a1", "_a0", "_a1")]
    seldom = Call("kernel_1", ("_a1",))
    apart = Apart([*often, seldom], views)
    written = [apart.written(call) for call in often]
    assert written[0] == written[1] == "apart_0(table[0], table[1], _floats_3)"
    assert written[2] == written[4] == "apart_1(table[2], table[3], _floats_3)"
    assert apart.written(seldom) == "kernel_1(_a1)"
    assert apart.inlined == [seldom]
    assert apart.functions[1] == (
        "def apart_1(_nb_x0, _nb_n0, _nb_x1):\n"
        "    return kernel_0(_nb_view(_nb_x0, _nb_n0, _nb_np.int32), _nb_x1)\n"
    )
    assert len(apart.functions) == 2
