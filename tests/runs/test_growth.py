"""Recordings go to the disk in pieces: the memory of a long run does not grow with its length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.records import RunReader
from bioplaus.runs.run import Journal, Run

FLOOD = Path(__file__).with_name("flood.py")
SEGMENTS, WARM_UP = 40, 10
MEGABYTES_PER_SEGMENT = (400 * 250 * 16 + 250 * 201 * 8) / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_is_flat_over_a_long_run(tmp_path: Path) -> None:
    """Thirty more segments record 60 MB; less than two of them may stay in memory."""
    command = [sys.executable, str(FLOOD), str(tmp_path / "run"), str(SEGMENTS)]
    child = subprocess.run(command, capture_output=True, text=True, check=True)
    held = [float(line) for line in child.stdout.split()]
    assert len(held) == SEGMENTS
    assert held[-1] - held[WARM_UP] < 2 * MEGABYTES_PER_SEGMENT
    # All of it is on the disk.
    t, i = RunReader(tmp_path / "run").spikes("cells")
    assert len(t) == SEGMENTS * 250 * 400
    assert np.all(np.diff(t) >= 0)
    assert np.bincount(i).tolist() == [SEGMENTS * 250] * 400


@pytest.mark.parametrize(
    ("recorded", "added"), [((), set()), (None, {"record_cell_spikes", "record_cell_v"})]
)
def test_recording_off_adds_nothing_to_the_time_loop(recorded: Any, added: set[str]) -> None:
    """The network that runs has the objects of the model and no other."""
    page = registry.load(registry.find(str(FLOOD.with_name("noisy_network.py"))))

    class Ends(Journal):
        def open(self, run: Run, segments: int) -> None:
            raise KeyboardInterrupt

    run = Run(page.Settings(), 1, Ends(), recorded=recorded)
    with pytest.raises(KeyboardInterrupt):
        page.experiment(run.p, run)
    names = {each.name for each in run.simulated[0].network.objects}
    assert names - {"cell", "source", "source_to_cell"} == added
