"""Recordings go to the disk in pieces: the memory of a long run does not grow with its length."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bioplaus import registry
from bioplaus.records import RunReader
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.run import Run

FLOOD = Path(__file__).with_name("flood.py")
SEGMENTS, WARM_UP = 20, 8
MEGABYTES_PER_SEGMENT = (400 * 250 * 16 + 250 * 201 * 8) / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_is_flat_over_a_long_run(tmp_path: Path) -> None:
    """Eleven more segments record 22 MB; less than two of them may stay in memory."""
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


SPIKES = """
from brian2 import *
seconds = 1.0
P = PoissonGroup(20000, 500*Hz)
M = SpikeMonitor(P)
run(seconds*second)
"""


@pytest.mark.slow
def test_ten_million_spikes_of_a_script_pass_through_flat_memory(workplace) -> None:
    """They are 120 MB; a segment has 6 MB of them.

    A monitor of the script keeps its rows, as always: what is written besides adds no more than
    two segments.  One that was only asked for on the command line is emptied after each.
    """

    def peak(text: str, seconds: float, record: str) -> float:
        tag = f"{record}-{seconds}"
        script = workplace.script(text, f"{tag}.py")
        order = {"changes": {"seconds": str(seconds)}, "record": record, "backend": "numba"}
        run = workplace.start(script, tag, options={"segment": 0.05}, **order)
        assert run.code == 0, run.err
        if record != "none":
            rows = len(RunReader(run.run).spikes("P")[0])
            assert rows == pytest.approx(1e7 * seconds, rel=5e-3)  # deviation: 1e-3 of a million
        return float(json.loads((run.run / "environment.json").read_text())["peak_memory_mb"])

    def growth(text: str, record: str) -> float:
        return peak(text, 1.0, record) - peak(text, 0.1, record)

    of_monitor = growth(SPIKES, "none")
    assert of_monitor > 100
    assert growth(SPIKES, "") - of_monitor < 12
    assert growth(SPIKES.replace("M = SpikeMonitor(P)\n", ""), "P") < 12


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
