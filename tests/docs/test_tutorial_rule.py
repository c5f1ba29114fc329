"""The tutorial's own rule does what its page says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeGeneratorGroup, Synapses, TimedArray, ms, mV, volt

from bioplaus import registry
from bioplaus.training import start
from bioplaus.training.backend import Backend
from bioplaus.training.plan import Plan

SCRIPT = Path(__file__).parents[2] / "docs" / "tutorials" / "delta_rule.py"


def load() -> tuple[registry.Entry, type[Any]]:
    entry = registry.find(str(SCRIPT))
    return entry, registry.load(entry)


def test_a_silent_output_gains_eta_per_spike() -> None:
    import sys

    _, experiment = load()
    rule = sys.modules[experiment.__module__].DeltaRule()
    source = SpikeGeneratorGroup(1, np.zeros(3, int), [1, 4, 9] * ms)
    cell = NeuronGroup(2, "v : volt\ny : 1", threshold="v > 1*volt", reset="v = 0*volt")
    synapses = Synapses(source, cell, **rule.synapses())
    synapses.connect()
    synapses.eta = 0.5 * mV
    names = {
        "target": TimedArray(np.array([[1.0, 0.0]]), dt=1000 * ms),
        "plastic": TimedArray([1.0], dt=1000 * ms),
    }
    Network(source, cell, synapses).run(20 * ms, namespace=names)
    assert synapses.w[:] / volt == pytest.approx([3 * 0.5e-3, 0.0], abs=1e-15)


def test_it_learns_and_without_learning_it_does_not(tmp_path: Path) -> None:
    entry, experiment = load()

    def error(name: str, **changes: Any) -> float:
        plan = Plan.make(
            entry.name, entry.module, experiment, changes=changes, quick=True, backend=Backend()
        )
        run = start(plan, tmp_path / name)
        return float(run.summary["metrics"]["test_error"])

    # 360 images: the standard error is below 2.7 points; chance is 90 %.
    assert error("learning") < 0.45
    assert error("frozen", learning_rate="0 mV") > 0.8
