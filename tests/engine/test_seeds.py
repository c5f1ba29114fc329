"""What decides the random numbers of compiled code: Brian2's seed, NumPy's, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus import engine


def noisy() -> tuple[b2.Network, b2.NeuronGroup]:
    cells = b2.NeuronGroup(20, "dx/dt = xi / ms**0.5 : 1", method="euler")
    return b2.Network(cells), cells


def after(*durations: float) -> bytes:
    """Bits of the neurons after runs of these lengths [ms]."""
    network, cells = noisy()
    for duration in durations:
        network.run(duration * ms)
    return np.array(cells.x[:]).tobytes()


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("seed", [b2.seed, np.random.seed])
def test_a_seed_decides(seed: Callable[[int], None], fuse: bool) -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse
    seed(3)
    first = after(2)
    assert after(2) != first  # the stream goes on
    seed(3)
    assert after(2) == first
    seed(4)
    assert after(2) != first
    seed(3)
    np.random.rand()  # noqa: NPY002  (a script that draws before the run)
    assert after(2) != first
    b2.prefs.codegen.runtime.numba.fuse = not fuse
    seed(3)
    assert after(0.7, 1.3) == first


def test_numbers_drawn_by_numpy_stay_numpys() -> None:
    """A script's own draws are those of a script that never ran a network, but for one start."""
    b2.prefs.codegen.target = "numba"
    b2.seed(5)
    network, _ = noisy()
    network.run(1 * ms)
    one = np.random.rand(3)  # noqa: NPY002
    b2.seed(5)
    network.run(40 * ms)
    assert np.array_equal(np.random.rand(3), one)  # noqa: NPY002


def test_a_profile_is_measured_object_by_object() -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    b2.seed(6)
    fused = after(2)
    network, cells = noisy()
    b2.seed(6)
    before = engine.fused_runs()
    network.run(2 * ms, profile=True)
    assert engine.fused_runs() == before
    assert f"{cells.name}_stateupdater" in dict(network.profiling_info)
    assert np.array(cells.x[:]).tobytes() == fused
