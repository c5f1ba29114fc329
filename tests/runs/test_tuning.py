"""Changes while a script runs hold from the next segment on, and are made again by replay."""

import shutil

from bioplaus.records.inbox import request_change

SCRIPT = '''
from brian2 import *
seed(3)
tau = 10*ms     # of the membrane
amount = 0.1
step = amount*tau/(10*ms)
drive = 1.2
G = NeuronGroup(5, "dv/dt = (drive - v)/tau : 1", threshold="v > 1", reset="v = 0", method="exact")
G.v = "rand()"
S = Synapses(G, G, """w : 1
                      eta : 1 (shared)""", on_pre="v_post += step*w", on_post="w += eta")
S.connect(p=0.5)
S.w = "rand()"
S.eta = 0.001
M = SpikeMonitor(G)
network = Network(G, S, M)
for turn in range(6):
    if turn == 4:
        drive = 1.5           # the script's own value wins
    network.run(40*ms)
    print(turn, M.num_spikes, float(S.w[0]), float(step), drive, float(tau/ms))
'''

OFTEN = {"checkpoint": 0.0, "patience": 0.0, "segment": 0.01}


def test_changes_survive_kills_and_are_replayed(workplace):
    script = workplace.script(SCRIPT)
    plain = workplace.start(script, "plain-run", options=OFTEN)
    tuned = workplace.start(script, "tuned", kill=40, options=OFTEN)
    assert tuned.code == -9
    wanted = {"tau": "8 ms", "S.eta": "0.05", "drive": "1.3", "amount": "2mV", "cells": "3"}
    for name, value in wanted.items():
        request_change(tuned.run, name, value)
    tuned = workplace.resume("tuned", kill=60)
    assert tuned.code == -9
    tuned = workplace.resume("tuned")
    assert tuned.code == 0, tuned.err
    # tau, and so step = 0.1*8/10; drive until the script gives it another value.
    assert "tau = 8 ms from now on, and so step = 0.08" in tuned.log
    assert "refused to change amount to 2mV" in tuned.log
    assert "refused to change cells to 3" in tuned.log
    assert tuned.output.splitlines()[3].split()[3:] == ["0.08", "1.3", "8.0"]
    assert tuned.output.splitlines()[5].split()[3:] == ["0.08", "1.5", "8.0"]
    assert tuned.output != plain.output
    changes = (tuned.run / "changes.csv").read_text().splitlines()
    assert [line.split(",")[2:] for line in changes[1:]] == [
        ["tau", "8 ms"],
        ["S.eta", "0.05"],
        ["drive", "1.3"],
    ]

    again = workplace.start(script, "again", kill=9, options={**OFTEN, "checkpoint": 1e6})
    assert again.code == -9
    shutil.copy(tuned.run / "changes.csv", again.run)
    again = workplace.resume("again")
    assert again.code == 0, again.err
    assert again.output == tuned.output
    assert again.metrics == tuned.metrics
    a, b = tuned.recording(), again.recording()
    assert {k: [x.tobytes() for _, x in v] for k, v in a.items()} == {
        k: [x.tobytes() for _, x in v] for k, v in b.items()
    }
