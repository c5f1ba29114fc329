"""The notebook interface: the same runs as the command line's, and figures of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bioplaus
from bioplaus.errors import UserError
from bioplaus.records import Recording, RunWriter
from bioplaus.records.recording import Presentations, TraceRecord

DESCENT = str(Path(__file__).parent / "sweeps" / "descent.py")


@pytest.fixture
def recorded(tmp_path: Path) -> bioplaus.Run:
    """Two presentations of 100 ms; cell k of 3 fires at 50 ms + k ms of each."""
    config = {"experiment": "slides", "seed": 3, "parameters": {"tau": "4 ms <&>"}}
    writer = RunWriter.create(tmp_path / "run", config)
    t = np.array([0.05, 0.051, 0.052, 0.15, 0.151, 0.152])
    times = np.arange(200) * 1e-3
    writer.write_recording(
        0,
        Recording(
            spikes={"hidden": (t, np.tile(np.arange(3), 2))},
            traces={("hidden", "v"): TraceRecord(times, times[None], "V", np.arange(1))},
            presentations=Presentations(
                np.array([0.0, 0.1]), np.array([0.1, 0.2]), np.array([7, 3])
            ),
        ),
    )
    for segment, error in enumerate((0.5, 0.25)):
        writer.append_metrics({"segment": segment, "epoch": segment + 1, "validation_error": error})
    writer.close("finished")
    return bioplaus.open_run(tmp_path / "run")


def test_a_run_takes_parameters_as_words_and_returns_its_record(tmp_path: Path) -> None:
    run = bioplaus.run(DESCENT, rate=0.25, segments=3, out=tmp_path / "run", quiet=True)
    assert run.status == "finished"
    # The distance halves in each segment; the error is its square.
    assert run.metrics["validation_error"] == pytest.approx([0.25, 0.0625, 0.015625])
    page = run._repr_html_()
    assert "<b>descent</b>, seed 1: finished" in page
    assert "0.015625" in page
    curve = run.learning_curve()
    assert curve.axes[0].lines[0].get_ydata()[-1] == pytest.approx(0.015625)


def test_a_paper_run_from_a_notebook_names_what_was_published(tmp_path: Path) -> None:
    """As the command line's summary does."""
    from bioplaus.papers import published

    run = bioplaus.run("vector-field-ep-theory", quick=True, out=tmp_path / "run", quiet=True)
    assert run.summary["published"] == published("vector-field-ep-theory") != []


def test_wrong_names_and_values_are_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'rate'"):
        bioplaus.run(DESCENT, ratee=1.0, out=tmp_path / "run")
    with pytest.raises(UserError, match="is not a run directory"):
        bioplaus.open_run(tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_raster_during_a_presentation_shows_its_spikes(recorded: bioplaus.Run) -> None:
    assert recorded.presentation(1) == pytest.approx((0.1, 0.2))
    assert recorded.presentation(-1) == recorded.presentation(1)
    axes = recorded.raster(population="hidden", during=recorded.presentation(1)).axes[0]
    assert axes.get_xlim() == pytest.approx((0.1, 0.2))
    drawn = np.asarray(axes.collections[0].get_offsets())
    assert drawn[:, 0] == pytest.approx([0.15, 0.151, 0.152])
    assert len(recorded.raster("hidden").axes[0].collections[0].get_offsets()) == 6


def test_traces_of_a_window(recorded: bioplaus.Run) -> None:
    axes = recorded.traces("hidden", "v", during=(0.1, 0.15)).axes[0]
    assert axes.lines[0].get_xdata() == pytest.approx(0.1 + np.arange(50) * 1e-3)
    assert axes.get_ylabel() == "v [mV]"


def test_what_was_not_recorded_is_told(recorded: bioplaus.Run) -> None:
    with pytest.raises(UserError, match="no spikes of 'output'"):
        recorded.raster("output")
    with pytest.raises(UserError, match=r"recorded in the window \(5.0, 6.0\) s \(of 6 in all\)"):
        recorded.raster("hidden", during=(5.0, 6.0))
    with pytest.raises(UserError, match=r"no trace of hidden\.u"):
        recorded.traces("hidden", "u")
    with pytest.raises(UserError, match=r"presentation 2 of 2: there are 0\.\.1"):
        recorded.presentation(2)
    with pytest.raises(UserError, match="no metric 'loss'"):
        recorded.learning_curve("loss")


def test_text_from_a_run_cannot_break_the_page(recorded: bioplaus.Run) -> None:
    assert "4 ms &lt;&amp;&gt;" in recorded._repr_html_()


def test_the_package_stays_light() -> None:
    """`import bioplaus` must not bring Brian2, NumPy or Matplotlib along."""
    import subprocess
    import sys

    heavy = "{'brian2', 'numpy', 'matplotlib'}"
    code = f"import bioplaus, sys; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


ADDER = """
from brian2 import *
drive = 20*Hz
G = NeuronGroup(3, "dv/dt = drive : 1", threshold="v > 0.99999", reset="v = 0", method="euler")
M = SpikeMonitor(G)
run(500*ms)
print("spikes", M.num_spikes)
"""


def test_a_plain_script_is_run_and_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three cells at 50 Hz for half a second: 75 spikes."""
    from brian2 import Hz

    script = tmp_path / "adder.py"
    script.write_text(ADDER)
    options = {"backend": "numpy", "quiet": True}
    run = bioplaus.run(str(script), drive=50 * Hz, out=tmp_path / "run", **options)
    assert capsys.readouterr().out == "spikes 75\n"
    assert run.metrics["rate_G"] == pytest.approx([50.0])
    assert len(run.spikes("G")[0]) == 75
    assert run.parameters["drive"] == "50.0 hertz"
    with pytest.raises(UserError, match="did you mean 'drive'"):
        bioplaus.run(str(script), drives=50 * Hz, out=tmp_path / "other", **options)
