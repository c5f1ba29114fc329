"""The network in pieces whose course is known, and labels by hand."""

from __future__ import annotations

import brian2
import numpy as np
import pytest
from brian2 import SpikeMonitor, StateMonitor, mV

from bioplaus.models import diehl_cook
from bioplaus.models.diehl_cook.parameters import DiehlCook
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import ParameterError
from bioplaus.tasks import Schedule
from tests.papers import showing

pytestmark = pytest.mark.usefixtures("engine_target")

FRAME, WHOLE = 0.05, 0.5


def built(**changes):
    brian2.seed(3)
    small = {"inputs": 9, "cells": 5, "total": 0.0, **changes}
    p = DiehlCook(**small)
    clocks = Clocks.of(5e-4, FRAME)
    pixel = diehl_cook.pixels(p, clocks)
    return p, diehl_cook.build(p, np.random.default_rng(2), {"pixel": pixel}, clocks)


def schedule(images, rows, learns=0.0):
    phase = np.arange(10 * len(rows)) % 10
    signals = {
        "order": (WHOLE, rows),
        "fresh": (FRAME, phase == 0),
        "quiet": (FRAME, phase >= 7),
        "plasticity": (FRAME, np.full(len(phase), learns)),
    }
    return Schedule(WHOLE * len(rows), FRAME, signals, {"images": np.asarray(images, float)})


def test_a_spike_excites_its_partner_alone_which_silences_all_others() -> None:
    p, model = built()
    cells, partners = model.populations["excitatory"], model.populations["inhibitory"]
    cells.v[2] = 0 * mV  # above its threshold: one spike
    heard = StateMonitor(cells, "gi", record=True, name="gi_heard")
    fired = {
        each.name: SpikeMonitor(each, name=f"{each.name}_spikes") for each in (cells, partners)
    }
    model.network.add(heard, *fired.values())
    model.begin(p.enough)
    showing.run(model, schedule(np.zeros((1, 9)), [0]))
    assert fired["excitatory"].i[:].tolist() == [2]
    assert fired["inhibitory"].i[:].tolist() == [2]
    largest = heard.gi[:].max(axis=1)
    assert largest[2] == 0
    # Inhibition arrives after the step in which it is sent, whole.
    assert largest[[0, 1, 3, 4]] == pytest.approx(17.0, rel=1e-12)


def test_one_input_raises_the_membrane_as_in_euler_steps() -> None:
    """0.3 from rest: 0.188 mV at a step of 0.5 ms."""
    p, model = built()
    cells = model.populations["excitatory"]
    cells.ge[0] = 0.3
    seen = StateMonitor(cells, "v", record=[0], name="v_seen")
    model.network.add(seen)
    model.begin(p.enough)
    showing.run(model, schedule(np.zeros((1, 9)), [0]))
    assert 1e3 * (seen.v[0].max() / brian2.volt + 65e-3) == pytest.approx(0.188, abs=5e-4)


def test_driven_cells_fire_no_sooner_than_allowed_and_thresholds_count_their_spikes() -> None:
    """Only where anything is learned do they rise: by 0.05 mV a spike, but for the slow decay."""
    p, model = built(to_others=0.0)
    cells = model.populations["excitatory"]
    spikes = SpikeMonitor(cells, name="cell_spikes")
    model.network.add(spikes)
    model.set_weights({"pixel_to_excitatory": np.full((9, 5), 1.0)})
    images = np.ones((1, 9))
    model.begin(p.enough)
    showing.run(model, schedule(images, [0] * 4, learns=1.0))
    trains = spikes.spike_trains()
    assert min(np.diff(each).min() for each in trains.values()) >= 50 * brian2.ms * (1 - 1e-9)
    risen = 1e3 * cells.theta_[:] - 20
    assert risen == pytest.approx(0.05 * np.array(spikes.count), abs=0.02)  # decay: 20 mV 2 s/1e4 s
    model.begin(p.enough)
    before = cells.theta_[:].copy()
    showing.run(model, schedule(images, [0]))
    assert (cells.theta_[:] == before).all()


def test_the_sum_of_weights_is_scaled_and_rests_where_nothing_is_learned() -> None:
    p, model = built(total=2.0)
    model.begin(p.enough)
    showing.run(model, schedule(np.zeros((1, 9)), [0]))
    resting = model.weights()["pixel_to_excitatory"]
    assert not np.allclose(resting.sum(axis=0), 2.0)
    model.begin(p.enough)
    showing.run(model, schedule(np.zeros((1, 9)), [0], learns=1.0))
    scaled = model.weights()["pixel_to_excitatory"]
    assert scaled.sum(axis=0) == pytest.approx(np.full(5, 2.0), abs=1e-12)
    assert scaled / scaled[0] == pytest.approx(resting / resting[0], rel=1e-12)


def test_a_dark_image_comes_again_brighter_and_goes_on_in_the_next_run() -> None:
    """Row 0 is black; row 1 drives every cell.  What was not enough is carried over."""
    p, model = built(to_others=0.0, enough=5)
    lamp = model.populations["lamp"]
    model.set_weights({"pixel_to_excitatory": np.full((9, 5), 1.0)})
    images = np.stack([np.ones(9), np.zeros(9)])
    model.begin(p.enough)
    showing.run(model, schedule(images, [0, 1, 0, 0]))
    spikes = model.responses().sum(axis=1)
    assert spikes[0] >= 5
    assert (spikes[1:] == 0).all()
    assert float(lamp.intensity_[0]) == 2 + 2  # twice more, each time brighter by one
    model.begin(p.enough)
    showing.run(model, schedule(images, [1, 0]))
    assert float(lamp.intensity_[0]) == 2 + 4
    assert (model.responses() == 0).all()


def test_responses_are_the_spikes_in_the_light() -> None:
    p, model = built(to_others=0.0)
    spikes = SpikeMonitor(model.populations["excitatory"], name="cell_spikes")
    model.network.add(spikes)
    model.set_weights({"pixel_to_excitatory": np.full((9, 5), 1.0)})
    model.begin(p.enough)
    showing.run(model, schedule(np.ones((1, 9)), [0, 0, 0]))
    t, i = np.array(spikes.t_), np.array(spikes.i)
    lit = t % WHOLE < 0.35 - 1e-9
    counted = np.histogram2d(t[lit], i[lit], bins=[np.arange(4) * WHOLE, np.arange(6)])[0]
    assert (model.responses() == counted).all()
    assert counted.min() > 0


def test_labels_by_hand() -> None:
    """Cell 3 is silent and answers nothing; the mean, not the sum, is compared."""
    responses = np.array([[4, 0, 1, 0], [2, 0, 1, 0], [0, 5, 5, 0]], float)
    classes = diehl_cook.assigned(responses, np.array([0, 0, 2]))
    assert classes.tolist() == [0, 2, 2, -1]
    shown = np.array([[3, 2, 2, 9], [1, 4, 0, 0]], float)
    assert diehl_cook.answers(shown, classes).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("changes", "what"), [({"total": 10.0}, "no greater sum"), ({"intensity": 40.0}, "at most 0.5")]
)
def test_contradictions_are_told(changes, what) -> None:
    with pytest.raises(ParameterError, match=what):
        built(**changes)
