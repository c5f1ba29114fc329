"""Sweeps over a plain script: what is checked beforehand, and trials that end well or badly."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("optuna")

from bioplaus.parameters import ParameterError
from bioplaus.runs.reading.script import ScriptError
from bioplaus.sweeps.plan import SweepPlan
from bioplaus.sweeps.trial import Task, run_trial

SCRIPT = """\"\"\"A cell that adds up its drive.\"\"\"
import sys
from brian2 import *
import bioplaus
drive = 20*Hz            # spikes a second
cells = 3
rule = dict(wanted=40.0)
G = NeuronGroup(cells, "dv/dt = drive : 1", threshold="v > 0.99999", reset="v = 0", method="euler")
M = SpikeMonitor(G)
print(sys.argv[1:])
run(500*ms)
rate = M.num_spikes/cells/0.5
bioplaus.log(error=abs(rate - rule["wanted"])*(1/(float(drive/Hz) - 30)))
"""


@pytest.fixture
def plan(tmp_path: Path) -> SweepPlan:
    path = tmp_path / "adder.py"
    path.write_text(SCRIPT, encoding="utf-8")
    backend = {"name": "numpy", "dtype": "float64", "threads": 1}
    return SweepPlan(
        "adder", str(path), ("drive=choice(50 Hz,30Hz)",), objective="error", backend=backend
    )


def changed(plan: SweepPlan, **changes: object) -> SweepPlan:
    return SweepPlan(**{**vars(plan), **changes})  # type: ignore[arg-type]


def test_the_space_is_checked_before_anything_runs(plan: SweepPlan) -> None:
    assert plan.is_script
    assert [axis.name for axis in plan.axes()] == ["drive"]
    space = ("cells=linear(1,9,3)", "rule.wanted=log(1,100,3)")
    whole, real = changed(plan, space=space).axes()
    assert whole.grid() == [1, 5, 9]
    assert real.grid() == pytest.approx([1.0, 10.0, 100.0])
    for wrong, message in (
        ({"space": ("drives=choice(1Hz)",)}, "did you mean 'drive'"),
        ({"space": ("drive=linear(5ms,10ms)",)}, "has the wrong unit"),
        ({"settings": {"cells": "0.5"}}, "is not a whole number"),
    ):
        with pytest.raises(ScriptError, match=message):
            changed(plan, **wrong).axes()
    with pytest.raises(ParameterError, match="unknown metric 'validation_error'"):
        changed(plan, objective="validation_error").axes()
    with pytest.raises(ParameterError, match=r"did you mean 'error'.* logs error, and by"):
        changed(plan, objective="eror").axes()
    with pytest.raises(ParameterError, match="unknown metric 'rate_X'"):
        changed(plan, objective="rate_X").axes()
    for possible in ("rate_G", "rate_neurongroup", "error"):
        changed(plan, objective=possible).axes()
    with pytest.raises(ParameterError, match="is a test metric"):
        changed(plan, objective="test_error").axes()


def test_trials_are_executions_and_failures_name_the_line(plan: SweepPlan, tmp_path: Path) -> None:
    """At 50 Hz a spike comes every 20 ms: 25 in 500 ms, so the error is (50 - 40)/(50 - 30)."""
    arguments = changed(plan, arguments=("--dry", "7"))
    good = run_trial(Task(arguments, 0, {"drive": "50 Hz"}, tmp_path))
    assert good.values == (pytest.approx(0.5),)
    again = run_trial(Task(arguments, 0, {"drive": "50 Hz"}, tmp_path))
    assert again == good  # finished: nothing is done again
    bad = run_trial(Task(plan, 1, {"drive": "30 Hz"}, tmp_path))
    assert "ZeroDivisionError" in bad.error
    assert "adder.py, line 13" in bad.error
    written = [path.read_text() for path in sorted(tmp_path.rglob("output.txt"))]
    assert written == ["['--dry', '7']\n", "[]\n"]
