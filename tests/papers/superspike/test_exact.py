"""The exact gradient of the van Rossum distance, and how near SuperSpike comes."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.analysis import gradient_angles
from bioplaus.experiments.superspike.exact import Train, exact_gradient, fired, van_rossum
from bioplaus.models.superspike import Learner, SuperSpike
from bioplaus.models.superspike.layer import constants, filtered_error
from bioplaus.parameters import ParameterError

END = 0.2


def case(layers: str = "20-8-2", seed: int = 3, **changes):
    p = SuperSpike(layers=layers, **{"first_spread": "150 mV", **changes})
    rng = np.random.default_rng(seed)
    learner = Learner(p, rng)
    inputs = int(layers.split("-")[0])
    steps = np.sort(rng.integers(1, 1900, 3 * inputs))
    x = Train(1e-4 * steps, rng.permutation(np.repeat(np.arange(inputs), 3)))
    return p, learner, x, Train(np.array([0.05, 0.06, 0.12]), np.array([0, 1, 0]))


def test_the_closed_form_is_the_integral_of_the_clock() -> None:
    """Two outputs on a clock of 1 us, forgotten at the end: 1 in 1,000 by the clock's step."""
    p, learner, x, wanted = case(time_step="1 us")
    spikes = fired(p, learner.weights(), x, END)[-1]
    assert len(spikes.t) > 4
    z, target = np.zeros((2, 320_000, 2), np.uint8)
    for array, train in ((z, spikes), (target, wanted)):
        array[np.round(1e6 * train.t).astype(int), train.i] = 1
    _, losses = filtered_error(z, target, constants(p))
    assert van_rossum(p, spikes, wanted, 2)[0] == pytest.approx(losses.sum(), rel=1e-3)


def test_it_is_the_slope_of_the_distance() -> None:
    """Central differences of all weights; hidden and output cells fire several times."""
    p, learner, x, wanted = case()
    weights = learner.weights()
    layers = fired(p, weights, x, END)
    assert len(layers[1].t) > 16
    assert len(layers[2].t) > 4
    _, found = exact_gradient(p, weights, x, wanted, END)
    for name, gradient in found.items():
        for place in list(np.ndindex(gradient.shape))[:: 1 + gradient.size // 25]:
            losses = []
            for step in (1e-5, -1e-5):
                moved = {each: w.copy() for each, w in weights.items()}
                moved[name][place] += step
                losses.append(exact_gradient(p, moved, x, wanted, END)[0])
            measured = (losses[0] - losses[1]) / 2e-5
            assert measured == pytest.approx(gradient[place], rel=1e-4, abs=1e-6)


def test_superspike_points_along_it() -> None:
    """Symmetric feedback within a right angle of it, in the output nearer than below."""
    p, learner, x, _ = case("60-1", seed=1)
    z, target = np.zeros((2000, 60), np.uint8), np.zeros((2000, 1), np.uint8)
    z[np.round(1e4 * x.t).astype(int), x.i] = 1
    target[[500, 600, 1200]] = 1
    one = Train(np.array([0.05, 0.06, 0.12]), np.zeros(3, np.int64))
    _, exact = exact_gradient(p, learner.weights(), x, one, END)
    mine = learner.gradients(learner.show(z, target))
    angles = gradient_angles(mine, {name: -each for name, each in exact.items()})
    assert angles["angle_input_to_output"] < 80


def test_constants_that_coincide_are_refused() -> None:
    p, learner, x, wanted = case(tau_rise="10 ms")
    with pytest.raises(ParameterError, match="tau_rise = 10 ms and tau_decay = 10 ms must differ"):
        exact_gradient(p, learner.weights(), x, wanted, END)
    p, learner, x, wanted = case(tau_membrane="5 ms")
    with pytest.raises(ParameterError, match="must be longer than tau_synapse = 5 ms"):
        exact_gradient(p, learner.weights(), x, wanted, END)
