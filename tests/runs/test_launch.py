"""A script under bioplaus is the plain script, and tells what goes wrong in its own lines."""

import json

import numpy as np
import pytest

HEAD = """
from brian2 import *
import hashlib
seed(3); np.random.seed(4)

def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        whole.update(np.ascontiguousarray(part).tobytes())
    print("digest", whole.hexdigest()[:16])
"""

# Clocks that divide nothing, delays on their way, noise, random resets, a slow operation that
# draws, a spike generator with a period, refractoriness, summed and clock-driven variables.
DIVIDED = (
    HEAD
    + '''
drive = TimedArray(np.random.rand(20), dt=1.7*ms)
cells = NeuronGroup(8, """dv/dt = (1.3*drive(t) + total - v)/(6*ms) + 0.2*xi*(6*ms)**-0.5 : 1
                          total : 1""",
                    threshold="v > 0.9 + 0.1*rand()", reset="v = 0.1*rand()", refractory=2.3*ms,
                    method="euler")
slow = NeuronGroup(3, "dx/dt = (1 - x)/(20*ms) : 1", threshold="x > 0.5", reset="x = 0",
                   method="euler", dt=0.3*ms)
clock_like = SpikeGeneratorGroup(1, [0], [3]*ms, period=7.3*ms)
inputs = PoissonGroup(5, "50*Hz*(1 + sin(2*pi*t*20*Hz))")
S = Synapses(inputs, cells, """w : 1
                               dx/dt = -x/(5*ms) : 1 (event-driven)""",
             on_pre="v_post += w; x += 1", on_post="w = clip(w + 0.01*x + 0.001*randn(), 0, 1)")
S.connect()
S.w = "0.3*rand()"
S.delay = "3*ms*rand()"
T = Synapses(clock_like, cells, on_pre="v += 0.1", delay=1.7*ms)
T.connect()
U = Synapses(slow, cells, """total_post = u*x_pre : 1 (summed)
                             du/dt = -u/(50*ms) + 0.1*x_pre/ms : 1 (clock-driven)""",
             method="euler")
U.connect()
cells.run_regularly("v += 0.05*rand()", dt=2.5*ms)
drawn = []
@network_operation(dt=1.1*ms)
def draw():
    drawn.append(np.random.rand())
M, N = SpikeMonitor(cells, variables=["v"]), SpikeMonitor(slow, record=False)
V, R = StateMonitor(cells, ["v", "total"], record=[1, 4], dt=0.7*ms), PopulationRateMonitor(cells)

def go(duration):
    gain = 1.0
    run(duration, level=1)

go(20*ms)
cells.v[:3] = 0.5
store()
go(13.3*ms)
restore()
run(11.05*ms)
digest(M.t, M.i, M.v, N.count, V.t, V.v, V.total, R.rate, S.w, U.u, cells.v, drawn)
digest([float(magic_network.t), np.random.rand()])
'''
)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_dividing_runs_changes_no_bit(workplace, backend):
    script = workplace.script(DIVIDED)
    plain = workplace.plain(script, backend=backend)
    options = {"segment": 0.0073}
    divided = workplace.start(script, backend=backend, options=options)
    assert plain.code == divided.code == 0, divided.err
    assert plain.out == divided.out
    assert len(list((divided.run / "recording").glob("*.h5"))) == 3 + 2 + 2


@pytest.mark.cython
def test_dividing_runs_changes_no_bit_on_cython(workplace):
    script = workplace.script(DIVIDED)
    plain = workplace.plain(script, backend="cython")
    divided = workplace.start(script, backend="cython", options={"segment": 0.0073})
    assert plain.out == divided.out != ""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_divided_runs_survive_kills_in_their_middle(workplace, backend):
    options = {"segment": 0.0073, "checkpoint": 0.0, "patience": 0.0}
    whole, killed = workplace.killed(
        workplace.script(DIVIDED), kills=10, seed=4, backend=backend, options=options
    )
    whole.assert_same(killed)


def test_a_report_sees_the_whole_run(workplace):
    script = workplace.script(
        HEAD
        + """
G = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", method="exact")
heard = []
def report(elapsed, completed, start, duration):
    heard.append((completed, float(start), float(duration)))
run(20*ms, report=report, report_period=0*second)
print(heard[0], heard[-1], sorted(heard) == heard, len({h[1:] for h in heard}))
print(get_device()._last_run_completed_fraction)
"""
    )
    run = workplace.start(script, options={"segment": 0.005})
    assert run.out == "(0.0, 0.0, 0.02) (1.0, 0.0, 0.02) True 1\n1.0\n"


def test_a_run_that_stops_itself_stops(workplace):
    script = workplace.script(
        HEAD
        + """
G = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", method="exact")
@network_operation(dt=1*ms)
def look(t):
    if t >= 7*ms:
        stop()
run(20*ms)
print(float(magic_network.t))
"""
    )
    assert workplace.start(script, options={"segment": 0.005}).out == workplace.plain(script).out


def test_the_record_says_what_happened(workplace):
    script = workplace.script(
        HEAD
        + """
import bioplaus
cells = NeuronGroup(5, "v : 1", threshold="True", reset="")
inputs = PoissonGroup(5, 0*Hz)
S = Synapses(inputs, cells, "w : 1", on_pre="v_post += w", on_post="w += 0.1")
S.connect(j="i")
spikes = SpikeMonitor(cells)
for turn in range(3):
    run(10*ms)
    bioplaus.log(error=0.5**turn, test_error=0.25, image=np.eye(2))
print(spikes.num_spikes)
""",
    )
    run = workplace.start(script, changes={})
    rows = [line.split(",") for line in run.metrics.splitlines()]
    table = {name: [row[n] for row in rows[1:]] for n, name in enumerate(rows[0])}
    assert rows[0][:3] == ["segment", "epoch", "simulated_time_s"]
    # One spike of each cell in each step of 0.1 ms; one potentiation at each of them.
    assert [x for x in table["rate_cells"] if x != "nan"] == ["10000.0"]
    assert float(next(x for x in table["mean_S_w"] if x != "nan")) == pytest.approx(30)
    assert [x for x in table["error"] if x != "nan"] == ["1.0", "0.5", "0.25"]
    assert "test_error" not in rows[0]
    summary = json.loads((run.run / "summary.json").read_text())["metrics"]
    assert summary["test_error"] == 0.25
    assert summary["error"] == 0.25
    recording = run.recording()
    assert len(np.concatenate([a for _, a in recording["spikes/cells/t"]])) == 1500
    assert np.array_equal(recording["arrays/image"][0][1], np.eye(2))


def test_the_last_row_knows_what_a_function_held(workplace):
    """Weights of a network that is gone when the script ends; the turn in which they were last."""
    text = """
def main():
    cells = NeuronGroup(2, "v : 1", threshold="True", reset="")
    S = Synapses(cells, cells, "w : 1", on_pre="v_post += w; w += 0.5")
    S.connect(j="i")
    network, spikes = Network(cells, S), SpikeMonitor(cells)
    network.add(spikes)
    for turn in range(3):
        network.run(1*ms)
        print(turn, S.w[0])
main()
"""
    whole, killed = workplace.killed(workplace.script(HEAD + text), kills=2, seed=2)
    whole.assert_same(killed)
    names, *_, last = (line.split(",") for line in whole.metrics.splitlines())
    row = dict(zip(names, last))
    assert whole.output.splitlines()[-1] == f"2 {row['mean_S_w']}"
    # 30 steps with a spike in each, and no delays.
    assert float(row["mean_S_w"]) == 15
    assert float(row["sd_S_w"]) == 0
    assert row["epoch"] == "2"
    assert float(row["simulated_time_s"]) == pytest.approx(0.003)


def test_silence_is_a_rate_of_zero(workplace):
    """A short run whose monitor has no row at its end has a row of metrics all the same."""
    text = HEAD + 'G = NeuronGroup(2, "v : 1", threshold="v > 1")\nM = SpikeMonitor(G)\nrun(1*ms)\n'
    run = workplace.start(workplace.script(text))
    assert run.metrics == "segment,epoch,simulated_time_s,rate_G\n0,0,0.001,0.0\n"
    empty = workplace.start(workplace.script(text.replace("run(1*ms)", "run(0*ms)")), "empty")
    assert empty.metrics == ""


def test_monitors_are_added(workplace):
    text = (
        HEAD
        + """
cells = NeuronGroup(5, "dv/dt = (1.1 - v)/(5*ms) : 1", threshold="v > 1", reset="v = 0",
                    method="exact")
cells.v = "rand()"
M = SpikeMonitor(cells)
for turn in range(3):
    run(10*ms)
digest(M.t, M.i, cells.v)
np.save("t.npy", array(M.t)); np.save("i.npy", array(M.i))
"""
    )
    script = workplace.script(text.replace("digest(M.t, M.i, cells.v)", "digest(cells.v)"))
    plain = workplace.plain(script)
    run = workplace.start(script, record="cells,cells.v:2,nobody", options={"segment": 0.004})
    assert run.out == plain.out
    recording = run.recording()
    t = np.concatenate([a for _, a in recording["monitors/Added-cells/0/t"]])
    assert np.array_equal(t, np.load(run.folder / "t.npy"))
    v = np.concatenate([a for _, a in recording["monitors/Added-cells_v/0/v"]])
    assert v.shape == (30, 2)
    assert "nobody" in run.log
    none = workplace.start(script, "none", record="none")
    assert none.out == plain.out
    assert not list((none.run / "recording").iterdir())


STORED = (
    HEAD
    + """
cells = NeuronGroup(3, "dv/dt = (1.2 - v)/(5*ms) : 1", threshold="v > 1", reset="v = 0.3*rand()",
                    method="euler")
network = Network(cells)
network.store()
for turn in range(4):
    network.restore()
    cells.v = "0.1*turn"
    network.run(20*ms)
    network.store("here", filename=f"state-{turn}")
    network.run(5*ms)
    network.restore("here", filename=f"state-{turn}")
    print(turn, cells.v[:], len(network.objects), sorted(network.get_states()))
"""
)


def test_monitors_that_are_added_are_no_part_of_what_is_stored(workplace):
    """Stored before the first run, where they do not exist yet, and after it, to a file."""
    script = workplace.script(STORED)
    plain = workplace.plain(script)
    assert plain.code == 0, plain.err
    record = {"record": "cells,cells.v:2"}
    whole, killed = workplace.killed(script, kills=4, seed=6, **record)
    whole.assert_same(killed)
    assert whole.out == plain.out
    assert whole.files() == plain.files()
    t = np.concatenate([a for _, a in whole.recording()["spikes/cells/t"]])
    assert np.all(np.diff(t) >= 0)
    assert 0.09 < t[-1] < 0.1  # four times 25 ms of simulated time, whatever was restored
    names, row = (line.split(",") for line in whole.metrics.splitlines())
    assert float(row[names.index("rate_cells")]) == pytest.approx(len(t) / 3 / 0.1)
    sampled = np.concatenate([a for _, a in whole.recording()["traces/cells/v/t"]])
    assert sampled == pytest.approx(np.arange(100) * 1e-3, abs=1e-9)


BAD = {
    "raises": ("x = 1\nprint('begun')\n[][3]\n", 1, "script.py, line 3"),
    "exits": ("import sys\nsys.exit(3)\n", 1, "the script ended itself with 3"),
    "syntax": ("x = (1\ny = 2\n", 2, "script.py, line 1"),
    "no parameter": ("tau = 5\n", 2, "script.py has no parameter 'tua'; did you mean 'tau'?"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_goes_wrong_is_told(workplace, kind):
    text, code, message = BAD[kind]
    changes = {"tua": "3"} if kind == "no parameter" else {}
    run = workplace.start(workplace.script(text), changes=changes)
    assert run.code == code
    assert message in run.err
    assert run.run.exists() == (code != 2)
    if kind == "raises":
        assert run.output == "begun\n"
        assert json.loads((run.run / "state.json").read_text())["status"] == "failed"
        again = workplace.resume()
        assert again.code == 1
        assert "line 3" in again.err
        assert again.output == "begun\n"


def test_a_script_that_uses_the_time_is_stopped_when_resumed(workplace):
    text = (
        HEAD
        + """
import time
G = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", method="exact")
G.v = time.time()
M = StateMonitor(G, "v", record=True)
network = Network(G, M)
for turn in range(4):
    network.run(5*ms)
"""
    )
    often = {"checkpoint": 0.0, "patience": 0.0}
    run = workplace.start(workplace.script(text), kill=30, options=often)
    assert run.code == -9
    again = workplace.resume()
    assert again.code == 2
    assert "the script does not do the same as before the interruption" in again.err
    assert "neurongroup.v differs where the loop at line" in again.err


def test_an_edited_script_goes_on_only_when_asked(workplace):
    text = (
        HEAD
        + """
G = NeuronGroup(2, "dv/dt = (1.1 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0",
                method="exact")
M = SpikeMonitor(G)
network = Network(G, M)
for turn in range(5):
    network.run(25*ms)
    print(turn, M.num_spikes)
"""
    )
    often = {"checkpoint": 0.0, "patience": 0.0}
    whole = workplace.start(workplace.script(text), "other", options=often)
    workplace.start(workplace.script(text), kill=30, options=often)
    edited = text.replace("print(turn,", "print('turn', turn,").replace("seed(3)", "seed( 3)")
    workplace.script(edited)
    refused = workplace.resume()
    assert refused.code == 2
    assert "script.py has changed in 4 lines" in refused.err
    copied = workplace.resume(kill=10, options={"copy": True})
    assert copied.code == -9
    again = workplace.resume(options={"edited": True})
    assert again.code == 0, again.err
    assert again.output.replace("turn ", "") == whole.output


def test_networks_in_a_child_process_are_plain(workplace):
    text = (
        HEAD
        + """
import os
def simulate():
    G = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", method="exact")
    Network(G).run(5*ms)
process = os.fork()
if not process:
    simulate()
    os._exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
simulate()
"""
    )
    run = workplace.start(workplace.script(text))
    assert run.out == "5\n"
    assert len((run.run / "points.jsonl").read_text().splitlines()) == 1
    assert "forks" in run.log
