"""What serves every run serves the runs of a plain script: three cells that add up their drive.

At 20 Hz each cell fires 10 times in half a second, at 40 Hz 20 and at 50 Hz 25 times; a synapse of
each onto itself grows by 1 with every spike, and the script logs how far the rate is from 40 Hz.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bioplaus
from bioplaus.cli import main
from bioplaus.comparison import differences, final_figures
from bioplaus.records import RunReader

SCRIPT = '''"""Cells that add up their drive."""
from brian2 import *
import bioplaus
drive = 20*Hz  # spikes a second
G = NeuronGroup(3, "dv/dt = drive : 1", threshold="v > 0.99999", reset="v = 0", method="euler")
S = Synapses(G, G, "w : 1", on_pre="w += 1")
S.connect(j="i")
spikes = SpikeMonitor(G)
v = StateMonitor(G, "v", record=[1])
run(500*ms)
bioplaus.log(error=abs(spikes.num_spikes/3/0.5 - 40))
'''
DRIVES = {"slow": 20, "fast": 50}


@pytest.fixture(scope="module")
def runs(shared_workplace) -> dict[str, Path]:
    """What became of the script at both drives."""
    script = shared_workplace.script(SCRIPT, "adder.py")
    made = {
        name: shared_workplace.start(script, name, changes={"drive": f"{drive}Hz"})
        for name, drive in DRIVES.items()
    }
    assert [each.code for each in made.values()] == [0, 0]
    return {name: each.run for name, each in made.items()}


def test_a_notebook_has_its_curves_rasters_and_traces(runs) -> None:
    run = bioplaus.open_run(runs["fast"])
    assert "<b>adder</b>, seed 1: finished" in run._repr_html_()
    assert len(run.raster("G").axes[0].collections[0].get_offsets()) == 75
    (line,) = run.traces("G", "v", during=(0.0, 0.1)).axes[0].lines
    assert max(line.get_ydata()) == pytest.approx(1, abs=0.006)  # 0.005 a step, then reset
    assert run.learning_curve("error").axes[0].lines[0].get_ydata() == pytest.approx([10.0])


def test_show_and_plot(runs, capsys: pytest.CaptureFixture[str]) -> None:
    run = runs["fast"]
    for path in (run / "figures").iterdir():
        path.unlink()
    assert main(["show", str(run)]) == 0
    said = capsys.readouterr().out
    assert f"{run}: finished, adder, seed 1" in said
    for line in ("rate_G = 50", "mean_S_w = 25", "sd_S_w = 0", "error = 10"):
        assert f"  {line}\n" in said
    assert main(["plot", str(run)]) == 0
    drawn = [Path(line.strip()) for line in capsys.readouterr().out.splitlines()]
    assert [path.name for path in drawn] == ["raster-G.png", "trace-G-v.png", "weights-S.png"]
    assert all(path.stat().st_size > 5000 for path in drawn)


def test_export(runs, tmp_path: Path) -> None:
    out = tmp_path / "fast.npz"
    command = ["export", str(runs["fast"]), "--format", "npz", "--out", str(out)]
    assert main(command) == 0
    found = np.load(out)
    wanted = np.repeat(0.02 * np.arange(1, 26) - 1e-4, 3)  # in the step that ends the period
    assert found["spikes.G.t"] == pytest.approx(wanted, abs=1e-9)
    assert found["spikes.G.i"].tolist() == [0, 1, 2] * 25
    assert found["traces.G.v.value"].shape == (1, 5000)
    assert found["traces.G.v.cells"].tolist() == [1]


def test_compare(runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure = tmp_path / "curves.png"
    both = map(str, runs.values())
    assert main(["compare", *both, "--metric", "rate_G", "--out", str(figure)]) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.split()}
    assert rows["rate_G"] == ["20", "50"]
    assert rows["error"] == ["20", "10"]
    assert rows["drive"] == ["20Hz", "50Hz"]
    assert "text" not in rows
    assert figure.stat().st_size > 5000


def test_another_text_is_told(runs, shared_workplace) -> None:
    """An edited rule, and an argument behind ``--``."""
    script = shared_workplace.script(SCRIPT.replace("w += 1", "w += 2"), "adder.py")
    changes = {"drive": "50Hz"}
    edited = shared_workplace.start(script, "edited", changes=changes, arguments=["a b"])
    both = [RunReader(runs["fast"]), RunReader(edited.run)]
    assert final_figures(both)["mean_S_w"] == [25, 50]
    assert list(differences(both)) == ["arguments", "text of adder.py"]
    assert differences(both)["arguments"] == ["", "'a b'"]


def test_view(runs) -> None:
    """The page shows its spikes and trace over one time, and its source."""
    pytest.importorskip("bokeh")
    from bioplaus.viewer.page import Page
    from bioplaus.viewer.view_state import View

    page = Page([*runs.values()], View(run=(str(runs["slow"]),), tab="activity"))
    (part,) = page.contents.parts["activity"].values()
    assert {"spikes G", "trace G.v"} <= set(part.shown)
    page.press("Home")
    part.draw()
    assert "30 spikes in view, each drawn" in part.note.text


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "best", "drive"), [("error", 0, 40), ("rate_G", 20, 20)])
def test_a_sweep_minimises_what_is_logged_and_what_comes_by_itself(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    objective: str,
    best: float,
    drive: int,
) -> None:
    pytest.importorskip("optuna")
    script = tmp_path / "adder.py"
    script.write_text(SCRIPT)
    command = ["sweep", str(script), "--param", "drive=choice(20Hz,40Hz,50Hz)"]
    command += ["--grid", "--objective", objective, "--backend", "numpy"]
    assert main([*command, "--out", str(tmp_path / "sweep")]) == 0
    said = capsys.readouterr().out
    table = [line.split() for line in said.partition("3 complete")[2].splitlines()]
    heading = next(n for n, row in enumerate(table) if row[:2] == ["trial", objective])
    first = next(row for row in table[heading + 1 :] if row and row[0].isdigit())
    assert float(first[1]) == best
    assert first[2].startswith(str(drive))
