"""The tutorial's script does what its page says."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeGeneratorGroup, Synapses, TimedArray, ms, mV, volt

from bioplaus.records import RunReader
from bioplaus.runs.reading import Script

SCRIPT = Path(__file__).parents[2] / "docs" / "tutorials" / "delta_rule.py"


def rule() -> str:
    """The rule's text, read from the script."""
    for node in ast.walk(Script.read(SCRIPT).tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "rule":
            return str(ast.literal_eval(node.value))
    raise AssertionError("the script has no rule")


def test_a_silent_output_gains_eta_per_spike() -> None:
    source = SpikeGeneratorGroup(1, np.zeros(3, int), [1, 4, 9] * ms)
    cell = NeuronGroup(2, "v : volt\ny : 1", threshold="v > 1*volt", reset="v = 0*volt")
    synapses = Synapses(source, cell, "w : volt", on_pre=rule())
    synapses.connect()
    names = {
        "target": TimedArray(np.array([[1.0, 0.0]]), dt=1000 * ms),
        "plastic": 1,
        "begin": 0 * ms,
        "eta": 0.5 * mV,
    }
    Network(source, cell, synapses).run(20 * ms, namespace=names)
    assert synapses.w[:] / volt == pytest.approx([3 * 0.5e-3, 0.0], abs=1e-15)


@pytest.mark.slow
def test_it_learns_and_without_learning_it_does_not(tmp_path: Path) -> None:
    def error(name: str, *settings: str) -> float:
        command = [sys.executable, "-P", "-m", "bioplaus.cli", "run", str(SCRIPT), "--quiet"]
        command += ["--out", str(tmp_path / name), "--set=epochs=1", "--set=images=300", *settings]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        return float(RunReader(tmp_path / name).summary["metrics"]["test_error"])

    # 360 images: the standard error is below 2.7 points; chance is 90 %.
    assert error("learning") < 0.45
    assert error("frozen", "--set=eta=0mV") > 0.8
