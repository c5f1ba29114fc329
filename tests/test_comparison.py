"""Comparing runs whose figures and settings are known."""

from __future__ import annotations

from pathlib import Path

import pytest

import bioplaus
from bioplaus.cli import main
from bioplaus.comparison import differences, draw, final_figures

DESCENT = str(Path(__file__).parent / "sweeps" / "descent.py")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[bioplaus.Run]:
    folder = tmp_path_factory.mktemp("runs")
    return [
        bioplaus.run(DESCENT, rate=rate, segments=2, out=folder / name, quiet=True)
        for name, rate in (("slow", 0.25), ("fast", 0.5))
    ]


def test_only_what_differs_is_in_the_table(runs: list[bioplaus.Run]) -> None:
    assert differences(runs) == {"rate": [0.25, 0.5]}
    assert differences([runs[0], runs[0]]) == {}


def test_final_figures_stand_side_by_side(runs: list[bioplaus.Run]) -> None:
    """Distances halve in each of two segments, or reach the minimum in the first."""
    figures = final_figures(runs)
    assert figures["validation_error"] == [0.0625, 0.0]
    assert figures["test_error"] == [0.0625, 0.0]


def test_one_curve_for_each_run(runs: list[bioplaus.Run]) -> None:
    (axes,) = draw(runs, "validation_error").axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["slow", "fast"]
    assert axes.lines[0].get_ydata() == pytest.approx([0.25, 0.0625])


def test_the_command_prints_tables_and_writes_the_figure(
    runs: list[bioplaus.Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "comparison.png"
    paths = [str(run.path) for run in runs]
    assert main(["compare", *paths, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert ["rate", "0.25", "0.5"] in [line.split() for line in shown.splitlines()]
    assert out.stat().st_size > 1000
    assert main(["compare", *paths, "--out", str(out)]) == 2
    assert "comparison.png exists" in capsys.readouterr().err
    assert main(["compare", *paths, "--out", str(tmp_path / "c.gif")]) == 2
    assert "ends in none of .png, .svg, .pdf" in capsys.readouterr().err
    assert main(["compare", *paths, "--out", str(tmp_path / "c.pdf")]) == 0
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")
    capsys.readouterr()
    assert main(["compare", paths[0]]) == 2
    assert "give two or more" in capsys.readouterr().err
    assert main(["compare", *paths, "--metric", "loss"]) == 2
    assert "no run has the metric 'loss'" in capsys.readouterr().err
