"""Scripts that do what resuming must not trip over: right, or a clear message, nothing lost.

Others of this kind stand where their mechanism is tested: what raises, exits, has a syntax error,
uses the clock, is edited, forks (test_launch), iterators made before a loop (test_loops), a restore
in a loop (test_traps), files opened to append (test_outside).
"""

import json

import pytest

HEAD = """
from brian2 import *
import os
from pathlib import Path
seed(3)

def simulate(turn):
    cells = NeuronGroup(3, "dv/dt = (1.2 + 0.01*k - v)/(5*ms) : 1\\nk : 1", threshold="v > 1",
                        reset="v = 0.2*rand()", method="euler")
    cells.k = turn
    spikes = SpikeMonitor(cells)
    network = Network(cells, spikes)
    network.run(30*ms)
    return spikes.num_spikes
"""

FOLDERS = (
    HEAD
    + """
here = Path(__file__).parent
os.mkdir("results")
os.chdir("results")
for turn in range(4):
    with open(here/"beside.txt", "a") as file:
        file.write(f"{turn}\\n")
    Path(f"turn-{turn}").mkdir()
    with open(f"turn-{turn}/count.txt", "x") as file:
        file.write(str(simulate(turn)))
    try:
        open("once.txt", "x").close()
        print("made")
    except FileExistsError:
        print("is there")
    try:
        os.mkdir("turn-0")
    except FileExistsError:
        print("so is that", os.path.basename(os.getcwd()))
    np.savetxt("last.txt", [turn])
"""
)


def test_folders_and_files_that_must_not_be_there_yet(workplace):
    """It changes folder, writes into its own, and makes networks in a function."""
    script = workplace.script(FOLDERS)
    whole, killed = workplace.killed(script, kills=5, seed=1)
    whole.assert_same(killed)
    assert (
        whole.output.splitlines()
        == ["made", "so is that results"]
        + [
            "is there",
            "so is that results",
        ]
        * 3
    )
    assert sorted(whole.files()) == [
        "results/last.txt",
        "results/once.txt",
        *(f"results/turn-{turn}/count.txt" for turn in range(4)),
    ]
    # Two executions append to one file in the folder of the script, each its four lines.
    assert script.with_name("beside.txt").read_text() == "0\n1\n2\n3\n" * 2


def test_a_device_of_its_own_is_told(workplace):
    text = (
        HEAD
        + """
set_device("cpp_standalone", build_on_run=False)
cells = NeuronGroup(3, "dv/dt = -v/(5*ms) : 1", method="exact")
run(10*ms)
print(type(get_device()).__name__)
"""
    )
    run = workplace.start(workplace.script(text), quiet=False)
    assert run.code == 0
    assert run.output == "CPPStandaloneDevice\n"
    assert run.err.count("the script has set a device of its own: it runs in one piece") == 1
    assert json.loads((run.run / "state.json").read_text())["status"] == "finished"


def test_a_run_that_had_not_begun_is_told(workplace):
    """Killed while its directory was made: nothing is lost, for there was nothing."""
    script = workplace.script(HEAD + "print(simulate(1))\n")
    assert workplace.start(script, kill=2).code == -9
    again = workplace.resume()
    assert again.code == 2
    assert "had not begun when it was interrupted; start it again with --force" in again.err


COMPUTED = """
tau = 10
wanted = 2*tau
twice = 1
twice = 2
for turn in range(3):
    pass
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wanted", "it follows from tau"),
        ("twice", "it is assigned at lines 4 and 5"),
        ("turn", "turn"),
        ("taw", "did you mean 'tau'?"),
    ],
)
def test_what_cannot_be_set_is_told_before_anything_is_made(workplace, name, message):
    run = workplace.start(workplace.script(COMPUTED), changes={name: "3"})
    assert run.code == 2
    assert message in run.err
    assert not run.run.exists()


def test_what_a_loop_does_not_get_back_is_told(workplace):
    """A pair of functions whose first gives another value each time: the state cannot be right."""
    text = (
        HEAD
        + """
import bioplaus, time
bioplaus.keep(model=(time.perf_counter, print))
for turn in range(3):
    print(turn, simulate(turn))
"""
    )
    options = {"checkpoint": 0.0, "patience": 0.0}
    run = workplace.start(workplace.script(text), options=options)
    assert run.code == 0
    assert "line 18 cannot be taken up in its middle: 'model' does not come back" in run.log
    assert not list((run.run / "checkpoint").glob("loop-*.ckpt"))
