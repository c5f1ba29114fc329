"""Plasticity by voltage beside the weights that NEST computes."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus import neurons, tasks
from bioplaus.models.reward_stdp import voltage
from bioplaus.models.reward_stdp.parameters import Voltage
from tests.papers import entering, showing

pytestmark = pytest.mark.usefixtures("engine_target")

PRE = [
    [29.0, 129.0, 229.0, 329.0, 429.0],
    [29.0, 62.3, 95.7, 129.0, 162.3],
    [29.0, 49.0, 69.0, 89.0, 109.0],
    [129.0, 229.0, 329.0, 429.0, 529.0, 629.0],
    [62.3, 95.6, 129.0, 162.3, 195.6, 229.0],
    [49.0, 69.0, 89.0, 109.0, 129.0, 149.0],
]
POST = [
    [19.0, 119.0, 219.0, 319.0, 419.0],
    [19.0, 52.3, 85.7, 119.0, 152.3],
    [19.0, 39.0, 59.0, 79.0, 99.0],
    [139.0, 239.0, 339.0, 439.0, 539.0],
    [72.3, 105.6, 139.0, 172.3, 205.6],
    [59.0, 79.0, 99.0, 119.0, 139.0],
]
EXPECTED = [57.82638722, 72.16730112, 149.43359357, 103.30408341, 124.03640668, 157.02882555]
"""What NEST's own test of ``clopath_synapse`` asks for."""


def table(trains: list[list[float]], late: int) -> np.ndarray:
    """1 in the step at whose end there is a spike; of the pulses (late) in the step behind."""
    spikes = np.zeros((6400, len(trains)))
    for cell, train in enumerate(trains):
        spikes[np.rint(np.array(train) * 10).astype(int) - 1 + late, cell] = 1
    return spikes


def test_the_six_weights_of_the_test_in_nest() -> None:
    """To 2e-5: NEST integrates with an error of 1e-6, the network by a fixed step of 0.1 ms."""
    p = Voltage()
    clocks = neurons.Clocks.of(1e-4, 0.1)
    rng = np.random.default_rng(1)
    model = voltage.build(p, rng, {"pre": voltage.told(p, len(PRE), clocks)}, clocks)
    showing.run(model, tasks.stretch(1e-4, stimulus=table(PRE, 0), command=table(POST, 1)))
    weights = np.asarray(model.plastic["pre_to_post"].weights.diagonal())
    assert 100 + 1500 * (weights / 0.5 - 1) == pytest.approx(EXPECTED, rel=2e-5)


def test_the_page_gives_the_weights_that_nest_has_for_its_protocol() -> None:
    _, figures = entering.execute(entering.page("reward_stdp.voltage"), "numba")
    assert figures["largest_difference"] < 0.005
    assert figures["post_first_10_hz"] < 100 < figures["post_first_50_hz"]
