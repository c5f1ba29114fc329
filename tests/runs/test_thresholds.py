"""Levels at which cells fire, as they are told with what was recorded of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, NeuronGroup, PoissonGroup, SpikeGeneratorGroup, ms, mV

from bioplaus.records import Recording, RunReader, RunWriter
from bioplaus.runs.thresholds import level_to_fire

MODEL = """
dv/dt = -v/(10*ms) : volt
u : amp
shared_level : volt (shared, constant)
own_level : volt
"""


@pytest.mark.parametrize(
    ("condition", "variable", "level"),
    [
        ("v > -50*mV", "v", -0.05),
        ("v>=named", "v", -0.045),
        ("v > shared_level", "v", -0.03),
        ("v > 2*named + 10*mV", "v", -0.08),
        ("u > 0.2*nA", "u", 0.2e-9),
        ("v > -50*mV", "u", np.nan),  # another variable decides
        ("v > outside", "v", np.nan),  # a name of the script
        ("v > own_level", "v", np.nan),  # each cell has its own
        ("v > named and u > 0*nA", "v", np.nan),
        ("v > abs(named)", "v", np.nan),
        ("v > named + 0*mV*rand()", "v", np.nan),
    ],
)
def test_a_level_is_told_where_it_is_one_number(
    condition: str, variable: str, level: float
) -> None:
    group = NeuronGroup(
        2, MODEL, threshold=condition, reset="v = 0*mV", namespace={"named": -45 * mV}
    )
    group.shared_level = -30 * mV
    assert level_to_fire(group, variable) == pytest.approx(level, nan_ok=True)


def test_groups_without_a_condition_have_no_level() -> None:
    groups = (
        NeuronGroup(1, "v : volt"),
        PoissonGroup(1, 1 * Hz),
        SpikeGeneratorGroup(1, [0], [1] * ms),
    )
    assert all(np.isnan(level_to_fire(group, "v")) for group in groups)


def test_the_level_is_kept_with_the_trace(tmp_path: Path) -> None:
    writer = RunWriter.create(
        tmp_path / "run", {"experiment": "a", "seed": 1, "parameters": {}, "source": "a"}
    )
    recording = Recording()
    recording.add_trace(("a", "v"), [0.0, 1.0], [[0.0, 1.0]], "V", -0.05)
    recording.add_trace(("a", "u"), [0.0, 1.0], [[0.0, 1.0]], "A")
    writer.write_recording(0, recording)
    writer.close("finished")
    run = RunReader(tmp_path / "run")
    assert run.trace("a", "v").threshold == -0.05
    assert np.isnan(run.trace("a", "u").threshold)
