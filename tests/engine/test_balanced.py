"""The balanced network that learns, as a benchmark, and how synapses are measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import brian2
import numpy as np
import pytest

from benchmarks.networks import balanced


@pytest.mark.slow
def test_weights_drift_as_uncorrelated_spikes_make_them() -> None:
    """Pairs of Poisson spikes at rate r change a weight by r r tau (potentiation - depression) a
    second, in units of the largest; cells that fire irregularly at 20 to 45 Hz come within 0.01 of
    that after a second (2,000 cells, seed 1).  All stay between zero and the largest."""
    brian2.prefs.codegen.target = "numba"
    brian2.seed(1)
    network = balanced.network(2000)
    network.run(1 * brian2.second)
    rate = balanced.rate_hz(network, 1.0)
    assert 20 < rate < 45
    weights = balanced.weights(network)
    drift = rate**2 * 0.020 * (balanced.POTENTIATION - balanced.DEPRESSION)
    assert weights.mean() == pytest.approx(0.5 + drift, abs=0.01)
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert len(network["plastic"]) == pytest.approx(0.1 * 1600**2, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "kept", "most"),
    [("static", 12, 24), ("static, one delay", 12, 30), ("plastic, traces of the cells", 20, 32)],
)
def test_bytes_of_a_process(kind: str, kept: int, most: int) -> None:
    """Of four million synapses, two bytes more than what the arrays take at the end.

    A few synapses first, for whose code the compiler takes memory.
    """
    command = [sys.executable, "-m", "benchmarks.synapses", "--kind", kind, "--number"]
    for number in ("1e5", "4e6"):
        ran = subprocess.run([*command, number], check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout.splitlines()[-1])
    assert kept - 1 < found["bytes_kept"] < kept + 2
    assert found["bytes_most"] < most


@pytest.mark.slow
def test_time_to_connect() -> None:
    """Less than half of what Brian2 takes for the same million synapses at the same moment."""

    def seconds(target: str) -> tuple[float, Any]:
        brian2.prefs.codegen.target = target
        brian2.seed(2)
        group = brian2.NeuronGroup(3200, "")
        synapses = brian2.Synapses(group, group)
        began = time.process_time()
        synapses.connect(p=0.1)
        return time.process_time() - began, np.array(synapses.j)

    seconds("numba")  # compiles
    ours, theirs = ([seconds(target) for _ in range(3)] for target in ("numba", "numpy"))
    assert min(t for t, _ in ours) < 0.5 * min(t for t, _ in theirs)
    np.testing.assert_array_equal(ours[0][1], theirs[0][1])
