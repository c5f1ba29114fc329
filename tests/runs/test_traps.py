"""The ways to a silent wrong number: names, rows after restore, values that are not plain."""

import pytest

NUMBERS = """
from brian2 import *
import hashlib

def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        whole.update(np.ascontiguousarray(part).tobytes())
    print("digest", whole.hexdigest()[:16])
"""

# Brian sorts objects of one slot by name, as text: poissongroup_10 stands before poissongroup_9,
# and the two draw from one stream.  Plain Brian reuses the names of groups that are gone.
NAMES = (
    NUMBERS
    + """
def pair():
    a, b = PoissonGroup(20, 200*Hz), PoissonGroup(20, 200*Hz)
    heard = SpikeMonitor(a), SpikeMonitor(b)
    network = Network(a, b, *heard)
    network.run(20*ms)
    return [array(h.i) for h in heard]

held = [PoissonGroup(1, 1*Hz) for _ in range(9)]
found = []
for turn in range(7):
    found += pair()
    print(turn, len(found[-1]))
digest(*found)
"""
)

RESTORED = (
    NUMBERS
    + """
seed(3)
group = NeuronGroup(20, "dv/dt = (1.2 - v + 0.3*xi*sqrt(5*ms))/(5*ms) : 1", threshold="v > 1",
                    reset="v = 0", method="euler")
spikes = SpikeMonitor(group)
network = Network(group, spikes)
network.run(20*ms)
network.store()
network.run(30*ms)
first = array(spikes.t)
network.restore()
network.run(60*ms)
digest(first, spikes.t, spikes.i)
"""
)

RESTORED_IN_LOOP = (
    NUMBERS
    + """
seed(4)
group = NeuronGroup(20, "dv/dt = (1.2 - v + 0.3*xi*sqrt(5*ms))/(5*ms) : 1", threshold="v > 1",
                    reset="v = 0", method="euler")
spikes = SpikeMonitor(group)
network = Network(group, spikes)
network.run(10*ms)
network.store("settled")
for epoch in range(4):
    for trial in range(3):
        network.run(10*ms)
        if trial == 1:
            network.store("middle")
    if epoch % 2:
        network.restore("middle")
        network.run(5*ms)
    else:
        network.restore("settled")
    print(epoch, spikes.num_spikes)
digest(spikes.t, spikes.i)
"""
)


def test_names_are_those_of_the_plain_script(workplace):
    script = workplace.script(NAMES)
    plain = workplace.plain(script)
    assert workplace.start(script).out == plain.out
    assert plain.out.count("\n") == 8


def test_names_are_the_same_after_kills(workplace):
    whole, killed = workplace.killed(workplace.script(NAMES), kills=5, seed=1)
    whole.assert_same(killed)


def test_rows_after_restore_are_the_monitors(workplace):
    script = workplace.script(
        RESTORED + "np.save('t.npy', array(spikes.t)); np.save('i.npy', array(spikes.i))\n"
    )
    run = workplace.start(script, options={"segment": 0.007})
    import numpy as np

    key = next(name for name in run.recording() if name.startswith("monitors")).split("/")[1]
    assert np.array_equal(run.rows(key, "t"), np.load(run.folder / "t.npy"))
    assert np.array_equal(run.rows(key, "i"), np.load(run.folder / "i.npy"))
    assert run.out == workplace.plain(script).out


@pytest.mark.parametrize("segment", [0.0, 0.007])
def test_restoring_in_a_loop_survives_kills(workplace, segment):
    options = {"checkpoint": 0.0, "patience": 0.0, "segment": segment}
    whole, killed = workplace.killed(
        workplace.script(RESTORED_IN_LOOP), kills=5, seed=2, options=options
    )
    whole.assert_same(killed)
    assert whole.out == workplace.plain(workplace.script(RESTORED_IN_LOOP)).out
