"""Turns of a loop and the short runs in them: what is done around them, and how much of it."""

import csv
import io

import pytest

from benchmarks.script_overhead import LOOP
from benchmarks.script_steps import counting, of_a_turn

OFTEN = {"checkpoint": 0.0, "patience": 0.0}

LOOPS = """
from brian2 import *
import weakref

class Bare:
    'What gives items, and cannot be gone over itself.'
    def __init__(self, number): self.number = number
    def __next__(self):
        if not self.number: raise StopIteration
        self.number -= 1
        return self.number

class Given:
    def __iter__(self): return Bare(3)

class Thing: pass

network = Network(NeuronGroup(1, "v : 1"))
for number in Given():
    network.run(1*ms)
    print("given", number)
for thing in (Thing() for _ in range(2)):
    known = weakref.ref(thing)
    del thing
    network.run(1*ms)
    print("held", known() is not None)
for a in range(3):
    for b in range(3):
        network.run(1*ms)
        if b == a: break
    else:
        print("never")
    print("left", a, b)
try:
    for turn in [1, 0]:
        network.run(1*ms)
        print(1/turn)
except ZeroDivisionError as error:
    print(error)
def found():
    for turn in range(5):
        network.run(1*ms)
        if turn == 2: return turn
print(found(), network.t)
"""


def test_loops_end_and_hold_as_plain_ones_do(workplace):
    """Left early, by an error or a return; over what only has a next item; nothing is held."""
    script = workplace.script(LOOPS)
    plain, run = workplace.plain(script), workplace.start(script)
    assert plain.code == run.code == 0, run.err
    assert plain.out.splitlines()[-1] == "2 16. ms"
    assert plain.out.count("held False") == 2
    assert run.out == plain.out


EVERY_STEP = """
from brian2 import *
cells = NeuronGroup(3, "", threshold="True")
kept, counted = SpikeMonitor(cells), SpikeMonitor(cells, record=False)
others = NeuronGroup(2, "", threshold="True")
other = SpikeMonitor(others)
network, beside = Network(cells, kept, counted), Network(others, other)
network.run(3*ms)
network.store()
for turn in range(12):
    network.run(2*ms)
    if turn % 3 == 1: network.restore()
    if turn % 4 == 2: beside.run(1*ms)
    if turn == 5: kept.variables["N"].set_value(0)
    if turn == 8: counted.variables["count"].set_value(0)
"""


@pytest.mark.parametrize(
    "order",
    [
        pytest.param({"record": "cells,others"}, id="asked for besides"),
        pytest.param({"options": {"segment": 0.001}}, id="divided"),
        pytest.param({"options": OFTEN}, id="kept often"),
    ],
)
def test_rates_do_not_depend_on_what_monitors_lose_between_runs(workplace, order):
    """Each cell spikes in each step of 0.1 ms; monitors go back, and are emptied, between runs."""
    run = workplace.start(workplace.script(EVERY_STEP), **order)
    assert run.code == 0, run.err
    rows = list(csv.DictReader(io.StringIO(run.metrics)))
    assert len(rows) == (30 if "segment" in order.get("options", {}) else 1)
    for name in ("rate_cells", "rate_others"):
        rates = [float(row[name]) for row in rows if row[name] != "nan"]
        assert rates == pytest.approx([1e4] * len(rates), rel=1e-9)


def test_a_device_set_in_a_loop_ends_the_keeping_of_its_turns(workplace):
    """What a turn has added to the device's program would be missing after it was skipped."""
    text = """
from brian2 import *
for turn in range(4):
    if turn == 1: set_device("cpp_standalone", build_on_run=False)
    network = Network(NeuronGroup(3, "dv/dt = -v/(5*ms) : 1", method="exact"))
    network.run(1*ms)
"""
    run = workplace.start(workplace.script(text), options=OFTEN, quiet=False)
    assert run.code == 0, run.err
    assert "line 3 cannot be taken up in its middle: the script has set a device" in run.err
    states = sorted(path.stem for path in (run.run / "checkpoint").glob("loop-*.ckpt"))
    # Turns 0 and 1 had begun by then.
    assert [state.split("-")[2] for state in states] == ["0000000002", "0000000004"]


def test_tracking_adds_few_byte_codes_to_a_turn(workplace):
    """The training loop for which there is a budget of five per cent of the time, on the engine.

    550 are a twentieth of 11,000; a plain turn took 13,560 before runs were entered in fewer.
    """
    script = workplace.script(counting(LOOP))
    plain = workplace.plain(script, backend="numba")
    run = workplace.start(script, backend="numba", record="none")
    assert plain.code == run.code == 0, plain.err + run.err
    before, after = (sum(of_a_turn(each.folder).values()) for each in (plain, run))
    assert before > 5000
    assert 0 < after - before < 550
