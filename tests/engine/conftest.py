"""Every way to run a network: Brian2's NumPy target, the engine stepped, the engine fused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brian2
import numpy as np
import pytest

from bioplaus import engine

Results = dict[str, Any]
Scenario = Callable[[], Results]


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine-cache")


@pytest.fixture(autouse=True)
def own_cache(cache_folder: Path) -> None:
    brian2.prefs.codegen.runtime.numba.cache_dir = str(cache_folder)
    brian2.prefs.codegen.target = "numpy"


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
