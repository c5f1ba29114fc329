"""What is quicker for the tests' sake does the same."""

from __future__ import annotations

import numpy as np
from brian2 import NeuronGroup, Synapses, TimedArray, ms, mV

from tests.quicker_brian2 import brians_own_key, key


def test_keys_are_those_of_brian2() -> None:
    cells = NeuronGroup(
        2, "dv/dt = (drive(t) - v)/tau : volt\ntau : second (constant)", threshold="v > 1*mV"
    )
    links = Synapses(cells, cells, "w : 1\nda/dt = -a/ms : 1 (event-driven)", on_pre="v += w*mV")
    drive = TimedArray([1, 2] * mV, dt=1 * ms)
    things = [
        dict(cells.variables), dict(links.variables), cells.equations, links.equations, drive,
        {"tau": 3 * ms, "n": (1, [2.5, None, "x"], {4, 5})}, np.float64(2.0), [mV, ms], {},
    ]  # fmt: skip
    for thing in things:
        ours, theirs = key(thing), brians_own_key(thing)
        assert ours == theirs
        assert hash(ours) == hash(theirs)
    assert key(dict(cells.variables)) != key(dict(links.variables))
