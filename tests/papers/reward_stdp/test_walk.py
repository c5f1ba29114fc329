"""The actor of the closed loop."""

from __future__ import annotations

import brian2
import numpy as np
import pytest
from brian2 import SpikeMonitor

from bioplaus.models.reward_stdp import actor
from bioplaus.models.reward_stdp.parameters import Walk
from bioplaus.neurons.cell import Clocks
from bioplaus.tasks import Schedule
from tests.papers import showing

pytestmark = pytest.mark.usefixtures("engine_target")


def built(p: Walk):
    brian2.seed(3)
    clocks = Clocks.of(1e-3, 0.05)
    place = actor.place_cells(p, clocks)
    return actor.build(p, np.random.default_rng(1), {"place": place}, clocks)


def test_only_the_active_place_spikes_and_an_action_silences_the_other() -> None:
    p = Walk(places=3, cells=4, noise=0.0, rate="500 Hz", inhibition=1000.0)
    model = built(p)
    place = model.populations["place"]
    spikes = SpikeMonitor(place, name="place_spikes")
    model.network.add(spikes)
    model.set_weights({"place_to_action": np.repeat([[5.0] * 4 + [1.0] * 4], 12, axis=0)})
    place.active = 1.0
    showing.run(model, Schedule(0.2, 0.05, {}))
    assert set(spikes.i[:].tolist()) == {4, 5, 6, 7}
    left, right = actor.spikes(model)
    assert left > 10
    assert right == 0
    place.active = -1.0
    before = len(spikes.i)
    showing.run(model, Schedule(0.1, 0.05, {}))
    assert len(spikes.i) == before


def test_weights_move_while_there_is_a_reward_alone() -> None:
    """What was done before is remembered, and moves weights when the reward comes."""
    model = built(Walk(places=3, cells=4, rate="200 Hz"))
    place, action = model.populations["place"], model.populations["action"]
    before = model.weights()["place_to_action"]
    place.active = 1.0
    showing.run(model, Schedule(0.2, 0.05, {}))
    assert (model.weights()["place_to_action"] == before).all()
    place.active, action.reward = -1.0, 1.0
    showing.run(model, Schedule(0.05, 0.05, {}))
    moved = model.weights()["place_to_action"] != before
    assert moved[4:8].any()
    assert not moved[[0, 1, 2, 3, 8, 9, 10, 11]].any()
