"""Every way to run a network: Brian2's NumPy target, the engine stepped, the engine fused.

With ``ENGINE_COMPILERS=both`` in the environment every program that a test enters is compiled
directly and by Numba, and must do the same to the same memory; how many were is told at the end.
"""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brian2
import numpy as np
import pytest

from bioplaus import engine
from bioplaus.engine import cache
from bioplaus.engine.program.program import Program

Results = dict[str, Any]
Scenario = Callable[[], Results]


@pytest.fixture(scope="session")
def cache_folder(session_folder: Path) -> Path:
    """Of optimised code."""
    folder = session_folder / "engine-cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def own_cache(cache_folder: Path, request: pytest.FixtureRequest) -> None:
    brian2.prefs.codegen.runtime.numba.cache_dir = str(cache_folder)
    brian2.prefs.codegen.target = "numpy"
    if os.environ.get("ENGINE_COMPILERS") == "both":
        request.getfixturevalue("both_compilers")


_programs: dict[str, str] = {}
"""Why each program that has been entered was left to Numba, by its text; empty: it was not."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if os.environ.get("ENGINE_COMPILERS") == "both":
        reasons = collections.Counter(_programs.values())
        both = reasons.pop("", 0)
        terminalreporter.line(f"compiled both ways, with the same bits: {both} programs")
        for reason, number in reasons.items():
            terminalreporter.line(f"left to Numba: {number} programs: {reason}")


@pytest.fixture
def both_compilers(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every program does what it does twice, the second time as Numba compiles it.

    Fails where results, memory or random state differ in a bit, except in what kind of NaN they
    hold.  Returns why programs of this test were left to Numba, by their text, empty where they
    were not.
    """
    enter, entered = Program.enter, dict[str, str]()

    def twice(program: Program, generator: np.random.Generator) -> int:
        memory = [program.control, *program._alive]
        before, state = [array.copy() for array in memory], generator.bit_generator.state
        status = enter(program, generator)
        _programs[program.text] = entered[program.text] = program.refused
        if program.refused:
            return status
        direct, drawn = [array.copy() for array in memory], generator.bit_generator.state
        for array, content in zip(memory, before):
            if array.flags.writeable:  # indices that are lent are not
                array[...] = content
        generator.bit_generator.state = state
        module = cache.load(program.text_for_numba(), program.functions)
        arguments = (program.control, program.table, program.floats, program.integers, generator)
        assert module.run(*arguments) == status
        assert generator.bit_generator.state == drawn
        for ours, numbas in zip(direct, memory):
            _assert_same_bits(ours, numbas)
        return status

    monkeypatch.setattr(Program, "enter", twice)
    return entered


def _assert_same_bits(left: Any, right: Any) -> None:
    """Zeros have a sign; what is not a number has none that means anything."""
    np.testing.assert_array_equal(left, right)
    if left.dtype.kind == "f":
        some = ~np.isnan(left)
        np.testing.assert_array_equal(np.signbit(left)[some], np.signbit(right)[some])


@pytest.fixture
def on_the_engine() -> Iterator[None]:
    """The engine at a step of 0.1 ms; target and rewrites are as before afterwards."""
    prefs = brian2.prefs
    kept = {k: prefs[k] for k in ("codegen.target", "codegen.runtime.numba.rewrites")}
    prefs.codegen.target = "numba"
    brian2.defaultclock.dt = 0.1 * brian2.ms
    yield
    for name, value in kept.items():
        prefs[name] = value


@pytest.fixture
def run_on() -> Callable[..., Results]:
    """Runs a scenario on a target, with the same seed each time, and asserts how it ran."""

    def run(scenario: Scenario, target: str, fuse: bool = True, seed: int = 7) -> Results:
        brian2.prefs.codegen.target = target
        brian2.prefs.codegen.runtime.numba.fuse = fuse
        brian2.start_scope()
        brian2.defaultclock.dt = 0.1 * brian2.ms
        brian2.seed(seed)
        before = engine.fused_runs()
        results = {name: np.array(value) for name, value in scenario().items()}
        assert (engine.fused_runs() > before) == (target == "numba" and fuse)
        return results

    return run


@pytest.fixture
def same_everywhere(run_on: Callable[..., Results]) -> Callable[..., None]:
    """Stepped and fused agree in bits; NumPy's target agrees within ``tolerance`` (relative)."""

    def check(scenario: Scenario, tolerance: float = 1e-12) -> None:
        reference = run_on(scenario, "numpy")
        stepped = run_on(scenario, "numba", fuse=False)
        fused = run_on(scenario, "numba", fuse=True)
        for name, expected in reference.items():
            assert fused[name].dtype == expected.dtype, name
            np.testing.assert_array_equal(stepped[name], fused[name], err_msg=name)
            np.testing.assert_allclose(
                fused[name], expected, rtol=tolerance, atol=tolerance, err_msg=name
            )

    return check
