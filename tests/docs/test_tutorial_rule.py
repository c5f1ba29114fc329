"""The tutorial's script does what its page says."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeGeneratorGroup, Synapses, TimedArray, ms, mV, volt

import bioplaus.papers as room
from bioplaus import registry
from bioplaus.leaderboard import rules
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.papers import papers
from bioplaus.plasticity.rule import connect
from bioplaus.records import RunReader
from bioplaus.reproduction.table import results
from bioplaus.runs.reading.script import Script

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
SCRIPT, PACKAGE = TUTORIALS / "delta_rule.py", TUTORIALS / "delta"


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


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tutorial's package as its entry point brings it."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    point = metadata.EntryPoint("delta", "delta", "bioplaus.experiments")
    monkeypatch.setattr(room.metadata, "entry_points", lambda group: [point])
    papers.cache_clear()
    yield
    papers.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "delta"]:
        del sys.modules[name]


def test_the_package_brings_page_row_and_place(installed: None) -> None:
    entry = registry.find("delta-digits")
    assert registry.load(entry).form == "network"
    assert registry.setting(entry, "slow").changes == {"learning_rate": "0.01 mV"}
    (row,) = results("delta")
    assert row.quick is not None
    assert (row.experiment, row.full.seeds, row.quick.seeds) == ("delta-digits", (1, 2, 3), (1,))
    rule = "delta rule (spikes), no hidden layer"
    assert rule in rules.rows()
    ((place, jobs),) = rules.jobs(rules.tasks(), [rule], quick=False).items()
    assert place == ("digits", rule)
    assert [(job.experiment, job.seed) for job in jobs] == [("delta-digits", n) for n in (1, 2, 3)]
    excluded = {task for task, one in rules.excluded() if one == rule}
    assert excluded == set(rules.tasks()) - {"digits"}


def test_the_page_counts_its_files_and_lines() -> None:
    text = (TUTORIALS / "your-own-rule.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `([\w/.]+)` \| (\d+) \|", text, re.MULTILINE))
    files = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".toml")]
    lines = {str(f.relative_to(PACKAGE)): str(len(f.read_text().splitlines())) for f in files}
    assert told == lines
    assert "five\nfiles" in text
    assert len(files) == 5


def test_the_rule_of_the_package_moves_as_it_says(installed: None) -> None:
    """A silent output, two targets: three spikes, and the drift at as many a second."""
    rule = importlib.import_module("delta.rule").Delta(50 * ms)
    own = Cell(equations="v : volt", threshold="v > 1*volt", reset="v = 0*volt", method="exact")
    clocks = Clocks.of(1 * ms, 20 * ms)
    source = SpikeGeneratorGroup(1, np.zeros(3, int), [1, 4, 9] * ms, clock=clocks.step)
    cell = (own + rule.post()).group(2, "cell", clocks)
    cell.learning_rate = 0.5 * mV
    made = connect(rule, source, cell, clocks, name="weights")
    names = {
        "targets": TimedArray(np.array([[1.0, 0.0]]), dt=1 * ms),
        "order": TimedArray([0.0], dt=20 * ms),
        "plasticity": TimedArray([1.0], dt=20 * ms),
        "onset": 0 * ms,
        "frame": 20 * ms,
    }
    Network(source, cell, made.synapses).run(20 * ms, namespace=names)
    held = {"y": 0.0, "learning_rate": 0.5e-3}
    expected = [rule.drift({"rate": 3.0}, {**held, "target": target}) for target in (1.0, 0.0)]
    assert made.weights[0] == pytest.approx(expected, abs=1e-15)


SMALLER = {
    "run": ["--set=examples=300", "--set=epochs=1"],
    "reproduce": ["--quick"],
    "leaderboard": ["--quick"],
}
"""What makes each command of the page short, where it does not say so itself."""


@pytest.mark.slow
def test_the_commands_of_the_page_lead_from_the_package_to_its_place(tmp_path: Path) -> None:
    """Installed as a distribution outside of the tree: run, within its band, on the leaderboard."""
    site = tmp_path / "site"
    shutil.copytree(PACKAGE / "delta", site / "delta")
    told = site / "delta-0.1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: delta\nVersion: 0.1\n")
    (told / "entry_points.txt").write_text("[bioplaus.experiments]\ndelta = delta\n")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    text = (TUTORIALS / "your-own-rule.md").read_text("utf-8").partition("## Sharing it")[2]
    commands = re.findall(r"^\$ bioplaus (.*?)(?: +#.*)?$", text, re.MULTILINE)
    said = {}
    for words in map(shlex.split, ["list", *commands]):
        smaller = [] if "--quick" in words else SMALLER.get(words[0], [])
        command = [sys.executable, "-P", "-m", "bioplaus.cli", *words, *smaller]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, (words, done.stderr)
        said[words[0]] = done.stdout
    assert list(said) == ["list", "run", "reproduce", "leaderboard", "cite"]
    assert "delta-digits" in said["list"]
    assert "@article{nobody2001" in said["cite"]
    (written,) = (tmp_path / "runs" / "leaderboard").glob("leaderboard-quick.json")
    (row,) = json.loads(written.read_text())["rows"]
    assert (row["task"], row["rule"]) == ("digits", "delta rule (spikes), no hidden layer")
    assert row["rule"] in said["leaderboard"]
    runs = [RunReader(path.parent) for path in tmp_path.glob("runs/**/config.yaml")]
    assert len(runs) == 4  # two of the page, one of the result, one of the leaderboard
    assert all(run.status == "finished" for run in runs)
    assert all(run.summary["metrics"]["test_error"] < 0.9 for run in runs)  # chance
