"""What the progress line says: never backwards, never more than fits, compilation apart."""

from __future__ import annotations

import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from bioplaus.runs import progress
from bioplaus.runs.progress import LineProgress, TerminalProgress


class Clockwork:
    """Wall time and an engine, both moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.compiled = 7.0  # spent before the run: by another one of this process
        self.busy = False
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)
        engine = SimpleNamespace(
            compilation_seconds=lambda: self.compiled, compiling=lambda: self.busy
        )
        monkeypatch.setitem(sys.modules, "bioplaus.engine", engine)

    def pass_time(self, seconds: float, compiling: bool = False) -> None:
        self.now += seconds
        self.compiled += seconds * compiling


@pytest.fixture
def clockwork(monkeypatch: pytest.MonkeyPatch) -> Clockwork:
    return Clockwork(monkeypatch)


def test_compilation_is_not_counted_as_simulation(clockwork: Clockwork) -> None:
    """60 s of compiling, then 2 s of wall time for 4 s simulated: nine more segments take 18 s."""
    stream = io.StringIO()
    line = LineProgress(stream)
    line.open(10, 0, 0.0)
    clockwork.pass_time(60, compiling=True)
    clockwork.pass_time(2)
    line.segment_done(0, 0.5, 4.0, {"validation_error": 0.25})
    assert stream.getvalue() == (
        "[1/10] epoch 0.5, validation error 0.25, simulated 4 s (2 x real time), 18 s left\n"
    )


def test_live_line_of_80_columns(clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fractions restart within a segment, epochs are tenths: nothing runs backwards."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    stream.isatty = lambda: True  # type: ignore[method-assign]
    live = TerminalProgress(stream)
    live.open(20, 3, 30.0)
    clockwork.busy = True
    clockwork.pass_time(75, compiling=True)
    live._bar.refresh()
    assert "compiling, 75 s so far" in stream.getvalue()
    clockwork.busy = False
    random, simulated = np.random.default_rng(5), 30.0
    for segment in range(3, 20):
        for fraction in (0.0, 0.5, 1.0, 0.0, 0.7, 1.0):
            clockwork.pass_time(random.exponential(100))
            simulated += 1
            live.within(fraction, simulated)
            live._bar.refresh()
        metrics = {"validation_error": random.random(), "train_error": 0.123456, "rate": 2.0}
        live.segment_done(segment, (segment + 1) / 10, simulated, metrics)
        live._bar.refresh()
    live.close()
    lines = [
        re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", x) for x in re.split("[\r\n]", stream.getvalue())
    ]
    drawn = [x for x in lines if "%" in x]
    assert all(len(x) <= 80 and re.match("[━╸╺ ]{16} ", x) and "…" not in x for x in drawn)
    shares = [int(m[1]) for x in drawn if (m := re.search(r"(\d+)%", x))]
    epochs = [float(m[1]) for x in drawn if (m := re.search(r"epoch ([\d.]+)", x))]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert epochs == sorted(epochs)
    assert epochs[-1] == 2.0
    assert all(re.search(r" \d[\d.]* (s|min|h) left", x) for x in drawn[10:])


def test_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An experiment without a network never imports it."""
    monkeypatch.delitem(sys.modules, "bioplaus.engine", raising=False)
    stream = io.StringIO()
    line = LineProgress(stream)
    line.open(1, 0, 0.0)
    line.segment_done(0, 1.0, 0.0, {})
    assert stream.getvalue() == "[1/1] epoch 1, 0 s left\n"
