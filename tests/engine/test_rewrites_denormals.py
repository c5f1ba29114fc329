"""Numbers below the smallest normal one, 2.2e-308, count as zero inside compiled loops only."""

import platform

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, defaultclock, ms, prefs

import bioplaus.engine

assert bioplaus.engine

REWRITES = "codegen.runtime.numba.rewrites"


@pytest.fixture(autouse=True)
def _engine():
    kept = {k: prefs[k] for k in ("codegen.target", REWRITES, "codegen.runtime.numba.fuse")}
    prefs.codegen.target = "numba"
    defaultclock.dt = 0.1 * ms
    yield
    for name, value in kept.items():
        prefs[name] = value


def decayed(rewrites, fuse=True):
    """1e-300 and 1 after 25 time constants."""
    prefs[REWRITES] = rewrites
    prefs["codegen.runtime.numba.fuse"] = fuse
    group = NeuronGroup(2, "dx/dt = -x/ms : 1", method="exact")
    group.x = [1e-300, 1]
    Network(group).run(25 * ms)
    return np.asarray(group.x[:])


@pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="only x86 is told to flush"
)
@pytest.mark.parametrize("fuse", [True, False])
def test_a_trace_ends_at_zero_and_the_processor_is_set_back(fuse):
    factor = np.exp(-25)
    plain = decayed((), fuse)
    assert plain[0] == pytest.approx(1e-300 * factor, abs=250 * 5e-324)
    assert 0 < plain[0] < np.finfo(float).smallest_normal
    flushed = decayed(("flush_denormals",), fuse)
    assert flushed[0] == 0
    assert flushed[1] == plain[1] == pytest.approx(factor, rel=1e-12)
    assert np.float64(1e-310) * 0.5 == 5e-311
