"""Steps along the hybrid update and along the exact gradient."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.experiments.hm2bp.steps import SIZES, Settings, look
from bioplaus.models.hm2bp import Learner
from bioplaus.parameters import replace
from bioplaus.tasks import poisson_of_images


@pytest.mark.slow
def test_small_steps_fall_by_the_angle_and_large_ones_by_more():
    """To first order the fall is |g| |step| cos(angle); where spikes come and go it is not.

    60 hidden cells, 10 images of noise, seeds 0 to 2: at a millionth of the weights within 0.005.
    """
    rng = np.random.default_rng(0)
    raw = np.where(rng.random((10, 784)) < 0.15, rng.integers(1, 256, (10, 784)), 0)
    trains = poisson_of_images(raw.astype(np.uint8), 400, 1 / 5.5, np.arange(10))
    p = replace(Settings(), {"hidden": 60})
    for seed in range(3):
        learner = Learner(p, np.random.default_rng(seed))
        found = look(p, learner, trains, rng.integers(0, 10, 10), np.random.default_rng(2))
        cosine = np.cos(np.radians(found["angle"]))
        assert found["share_of_small"] == pytest.approx(cosine, abs=0.005)
        assert abs(found["random_0"]) < 0.02 * found["exact_0"]
        assert found["gain_of_large"] > 0.1
        assert found[f"hybrid_{len(SIZES) - 1}"] > 0.1
