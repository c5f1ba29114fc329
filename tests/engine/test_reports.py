"""Progress reports of a run: compilation is a state of its own."""

from __future__ import annotations

import gc
import os
import time
from contextlib import suppress
from typing import Any

import brian2 as b2
import pytest
from brian2 import ms, second

from bioplaus import engine
from bioplaus.engine.program.compilation import while_compiling
from bioplaus.engine.program.program import Program

LATE = 2.0
"""Seconds that compiling takes in these tests; the runs themselves take milliseconds."""

compiled_once = pytest.mark.skipif(
    os.environ.get("ENGINE_COMPILERS") == "both",
    reason="Numba then compiles a second time inside of the run, which counts as simulation",
)


@pytest.fixture
def slow_compiler(monkeypatch: pytest.MonkeyPatch, on_the_engine: None) -> list[bool]:
    """Notes what `compiling` said during each compilation."""
    said = []
    original = Program.compile

    def compile_late(program: Program, generator: Any) -> None:
        said.append(engine.compiling())
        time.sleep(LATE)
        original(program, generator)

    monkeypatch.setattr(Program, "compile", compile_late)
    return said


def test_the_collector_rests_while_the_engine_compiles() -> None:
    """It would look through the whole process; whoever has switched it off keeps it so."""
    for before in (True, False, True):
        (gc.enable if before else gc.disable)()
        with suppress(KeyError), while_compiling():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is before


@compiled_once
def test_compilation_is_not_simulation(
    slow_compiler: list[bool], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in a callback's times nor in the text, nor in what Brian2 keeps of the last run."""
    heard = []
    group = b2.NeuronGroup(2, "dv/dt = 1/ms : 1", method="euler")
    network = b2.Network(group)
    before, began = engine.compilation_seconds(), time.monotonic()
    network.run(10 * ms, report=lambda *args: heard.append(args))
    assert slow_compiler == [True]
    assert time.monotonic() - began > LATE
    assert engine.compilation_seconds() - before > LATE
    assert not engine.compiling()
    (first, *_, last) = heard
    assert [float(first[0]), first[1]] == [0.0, 0.0]
    assert last[1] == 1.0
    assert float(last[0] / second) < LATE
    assert b2.device._last_run_time < LATE
    network.run(10 * ms, report="stdout")
    assert slow_compiler == [True]
    assert "Compiling" not in capsys.readouterr().out
    other = b2.Network(b2.NeuronGroup(2, "dv/dt = 2/ms : 1", method="euler"))
    other.run(10 * ms, report="stdout")
    told, start, end = capsys.readouterr().out.splitlines()
    assert told.startswith("Compiling the network ... done in ")
    assert float(told.split()[-2]) >= LATE
    assert start.startswith("Starting simulation at t=0. s for a duration of 10. ms")
    assert end == "10. ms (100%) simulated in < 1s"


@compiled_once
@pytest.mark.parametrize("way", ["stepped", "profiled"])
def test_compilation_is_not_simulation_where_objects_run_one_by_one(
    slow_compiler: list[bool], way: str
) -> None:
    heard: list[Any] = []
    b2.prefs.codegen.runtime.numba.fuse = way == "profiled"
    group = b2.NeuronGroup(2, "dv/dt = 4/ms : 1", method="euler", threshold="v > 2")
    network = b2.Network(group)
    network.run(1 * ms, profile=way == "profiled", report=lambda *args: heard.append(args))
    assert slow_compiler == [True, True]
    assert float(heard[-1][0] / second) < LATE
    assert b2.device._last_run_time < LATE
    if way == "profiled":
        assert max(float(seconds / second) for _, seconds in network.profiling_info) < LATE


@compiled_once
def test_time_limit_does_not_count_compilation(slow_compiler: list[bool]) -> None:
    """A compilation longer than the limit on wall time leaves the run its whole time."""
    group = b2.NeuronGroup(2, "dv/dt = 3/ms : 1", method="euler")
    b2.device._set_maximum_run_time(LATE * second)
    try:
        b2.Network(group).run(1 * ms)
    finally:
        b2.device._set_maximum_run_time(None)
    assert slow_compiler == [True]
    assert group.v[0] == pytest.approx(3)
