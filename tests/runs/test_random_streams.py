# ruff: noqa: NPY002 - the stream of the legacy functions is the subject
"""States of the random streams, as runs keep them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from brian2 import NeuronGroup, ms, prefs, run

import bioplaus.engine  # noqa: F401
from bioplaus.runs.kept import random_streams


@pytest.fixture
def noisy() -> Iterator[NeuronGroup]:
    """Noise by compiled code, and NumPy's stream as it was before."""
    before = np.random.get_state()
    prefs.codegen.target = "numba"
    yield NeuronGroup(3, "dv/dt = -v/(5*ms) + xi*ms**-0.5 : 1", method="euler", name="noisy")
    np.random.set_state(before)


def test_a_mark_of_the_engine_is_no_part_of_a_kept_state(noisy: NeuronGroup) -> None:
    """Equal beginnings leave equal states, and what is taken up draws the same noise."""
    found = []
    for _ in range(2):
        noisy.v = 0
        np.random.seed(5)
        run(1 * ms, namespace={})
        found.append(random_streams.state())
    np.testing.assert_equal(*found)
    noises = []
    for kept in found:
        random_streams.restore(kept)
        noisy.v = 0
        run(1 * ms, namespace={})
        noises.append(np.array(noisy.v_[:]))
    np.testing.assert_array_equal(*noises)
    assert np.ptp(noises[0]) > 0


def test_a_seed_after_a_state_was_taken_up_is_seen(noisy: NeuronGroup) -> None:
    """Also the seed that the stream had: the noise is that of the seed, not what followed it."""
    noises: list[np.ndarray] = []
    kept: dict = {}
    for _ in range(2):
        if kept:
            random_streams.restore(kept)
        noisy.v = 0
        np.random.seed(0)
        run(1 * ms, namespace={})
        kept = random_streams.state()
        noises.append(np.array(noisy.v_[:]))
    np.testing.assert_array_equal(*noises)
