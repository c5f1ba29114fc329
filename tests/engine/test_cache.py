"""Compiled modules on disk: found again, rebuilt when damaged, never in the way."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus import engine
from bioplaus.engine import cache
from bioplaus.engine.program.program import Program

FORKS = multiprocessing.get_context("fork")
RATE = 0.713
"""No other test has it: a fork knows the kernels that this process has in memory."""


def decayed(size: int, tau: float, said: Connection, **preferences: str) -> None:
    """Runs a network, in a process of its own; says what came of it, and which warnings."""
    for name, value in preferences.items():
        b2.prefs[f"codegen.runtime.numba.{name}"] = value
    b2.prefs.codegen.target = "numba"
    before = engine.fused_runs()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        neurons = b2.NeuronGroup(size, f"dx/dt = -{RATE}*x / tau : 1", method="exact")
        neurons.x = 1
        b2.Network(neurons).run(10 * ms, namespace={"tau": tau * ms})
    assert engine.fused_runs() == before + 1
    said.send((float(neurons.x[:][0]), " ".join(str(each.message) for each in warned)))


class Decay:
    """The process, a fork: Brian2 and the engine are imported, this network is not known."""

    def __init__(self, folder: Path, size: int, tau: float, compiler: str = "numba") -> None:
        self.said, says = FORKS.Pipe(duplex=False)
        preferences = {"cache_dir": str(folder), "compiler": compiler}
        self.process = FORKS.Process(target=decayed, args=(size, tau, says), kwargs=preferences)
        self.process.start()
        says.close()

    def result(self) -> tuple[float, str]:
        found: tuple[float, str] = self.said.recv()
        self.process.join(300)
        assert self.process.exitcode == 0
        return found


def machine_code(folder: Path) -> dict[str, float]:
    return {p.name: p.stat().st_size for p in (folder / "__pycache__").glob("*.nbc")}


@pytest.mark.slow
def test_processes_share_the_cache_and_survive_damage(tmp_path: Path) -> None:
    """One killed while it compiles; two at once; other sizes and parameters; truncated files."""
    killed = Decay(tmp_path, 3, 10.0).process
    while not list(tmp_path.glob("*.engine.py")):
        assert killed.is_alive()
        time.sleep(0.01)
    killed.kill()  # the text of the module is written, its machine code is not
    killed.join()
    both = [Decay(tmp_path, 3, 10.0), Decay(tmp_path, 3, 10.0)]
    for process in both:
        value, _ = process.result()
        np.testing.assert_allclose(value, np.exp(-RATE), rtol=1e-12)
    before = machine_code(tmp_path)
    assert before
    value, _ = Decay(tmp_path, 7, 20.0).result()
    np.testing.assert_allclose(value, np.exp(-RATE / 2), rtol=1e-12)
    assert machine_code(tmp_path) == before
    for damaged in (tmp_path / "__pycache__").glob("*.nb?"):
        damaged.write_bytes(damaged.read_bytes()[:50])
    value, errors = Decay(tmp_path, 3, 10.0).result()
    np.testing.assert_allclose(value, np.exp(-RATE), rtol=1e-12)
    assert "could not be read and was made again" in errors
    assert machine_code(tmp_path) == before


def object_files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.glob("*.engine.o")}


def test_object_files_are_shared_and_survive_damage(tmp_path: Path) -> None:
    """Two at once; other sizes and parameters; truncated files; a kernel that is gone."""
    for process in [Decay(tmp_path, 3, 10.0, "direct"), Decay(tmp_path, 3, 10.0, "direct")]:
        value, _ = process.result()
        np.testing.assert_allclose(value, np.exp(-RATE), rtol=1e-12)
    before = object_files(tmp_path)
    assert before
    assert not list(tmp_path.glob("*.engine.py"))
    value, _ = Decay(tmp_path, 7, 20.0, "direct").result()
    np.testing.assert_allclose(value, np.exp(-RATE / 2), rtol=1e-12)
    assert object_files(tmp_path) == before
    next(tmp_path.glob("*kernel*.engine.o")).unlink()
    for damaged in tmp_path.glob("*.engine.o"):
        damaged.write_bytes(damaged.read_bytes()[:100])
    value, errors = Decay(tmp_path, 3, 10.0, "direct").result()
    np.testing.assert_allclose(value, np.exp(-RATE), rtol=1e-12)
    assert "could not be read and was made again" in errors
    assert object_files(tmp_path) == before


def _network(literal: int) -> float:
    b2.start_scope()
    neurons = b2.NeuronGroup(1, f"dx/dt = -{literal}.0 / second : 1", method="euler")
    b2.Network(neurons).run(1 * ms)
    return float(neurons.x[:][0])


def _with_function(function: Any) -> float:
    neurons = b2.NeuronGroup(1, "x : 1")
    neurons.run_regularly("x += changed(x + 1)")
    changed = b2.check_units(x=1, result=1)(function)
    b2.Network(neurons).run(0.2 * ms, namespace={"changed": changed})
    return float(neurons.x[:][0])


def test_functions_of_the_user_are_kept(tmp_path: Path, monkeypatch: Any) -> None:
    """On disk, whatever number they read from outside; another text is another module."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.compiler = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    b2.prefs.codegen.runtime.numba.cache_dir = str(tmp_path)

    def multiplied(k: float) -> Any:
        return lambda x: k * x

    monkeypatch.setattr(cache, "_loaded", {})
    assert _with_function(multiplied(2)) == 2 + 2 * 3
    assert _with_function(multiplied(3)) == 3 + 3 * 4
    assert len(cache._loaded) == 1
    before = machine_code(tmp_path)
    monkeypatch.setattr(cache, "_loaded", {})
    assert _with_function(multiplied(0.5)) == 0.5 + 0.5 * 1.5
    (module,) = cache._loaded.values()
    assert sum(module.run.stats.cache_hits.values()) == 1
    assert machine_code(tmp_path) == before
    assert _with_function(lambda x: x - 3) == -2 - 4
    assert len(cache._loaded) == 2


def test_functions_given_for_numba_are_kept_in_memory() -> None:
    """Compiled as they stand, once; what they read from outside would be frozen."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True

    def summed(x: float) -> float:
        return np.arange(int(x) + 1).sum()

    def given(numba: Any) -> b2.Function:
        function = b2.Function(lambda x: 0 * x - 1, arg_units=[1], return_unit=1)
        function.implementations.add_implementation("numba", numba)
        return function

    def run(function: b2.Function) -> float:
        neurons = b2.NeuronGroup(1, "x : 1")
        neurons.run_regularly("x = f(x + 3)")
        b2.Network(neurons).run(0.1 * ms, namespace={"f": function})
        return float(neurons.x[:][0])

    assert run(given(summed)) == 6
    kept = dict(cache._with_functions)
    assert run(given(summed)) == 6
    assert cache._with_functions == kept
    step = 2
    assert run(given(lambda x: np.arange(0, int(x) + 1, step).sum())) == -1


def test_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A file stands where the folder should be: the run works, with one warning."""
    b2.prefs.codegen.target = "numba"
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    b2.prefs.codegen.runtime.numba.cache_dir = str(occupied)
    with pytest.warns(cache.EngineCacheWarning, match="in memory only"):
        value = _network(11)
    np.testing.assert_allclose(value, -0.011, rtol=1e-12)


def test_size_is_bounded(tmp_path: Path, monkeypatch: Any) -> None:
    """With no room allowed, only the program in use stays, whatever compiles it."""
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.cache_dir = str(tmp_path)
    b2.prefs.codegen.runtime.numba.cache_size = 0
    for compiler, kept in (("numba", "*.engine.py"), ("direct", "*run*.engine.o")):
        b2.prefs.codegen.runtime.numba.compiler = compiler
        for literal in (12, 13):
            _network(literal)
            assert len(list(tmp_path.glob(kept))) == 1
    b2.prefs.codegen.runtime.numba.cache_size = 512


def test_brian2_can_clear_the_cache(tmp_path: Path) -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.cache_dir = str(tmp_path / "cache")
    _network(14)
    b2.clear_cache("numba")
    assert not (tmp_path / "cache").exists()


HASHED = """
import hashlib
import sys
import brian2 as b2
from brian2 import ms, prefs
import bioplaus.engine
from bioplaus.engine.program.program import Program

compile = Program.compile

def tell(program, generator):
    if program.text.count("for ") <= 5:
        return compile(program, generator)  # a pass over arrays before the run
    print(hashlib.sha256(program.text.encode()).hexdigest())
    sys.exit()  # nothing need be compiled

Program.compile = tell
prefs.codegen.target = "numba"
prefs.codegen.runtime.numba.fastmath = True
cells = b2.NeuronGroup(
    3,
    '''dv/dt = (g_e - g_i - v + power)/(10*ms) : 1 (unless refractory)
       dg_e/dt = -g_e/(5*ms) + xi/ms**0.5 : 1
       dg_i/dt = -g_i/(7*ms) : 1
       total = g_e - g_i : 1
       drive : 1
       power = v**2 : 1''',
    threshold="v > 1", reset="v = 0; g_e += 1; g_i -= 1", refractory=1*ms, method="heun",
)
links = b2.Synapses(
    cells, cells,
    '''w : 1
       da/dt = -a/ms : 1 (event-driven)
       db/dt = -b/ms : 1 (event-driven)
       drive_post = w*v_pre : 1 (summed)''',
    on_pre={"one": "v += w; a += 1", "two": "w += b"}, on_post="b += 1; w -= a",
)
links.connect()
network = b2.Network(
    cells, links, b2.StateMonitor(cells, True, record=True),
    b2.StateMonitor(links, {"w", "a", "b"}, record=[0]),
    b2.SpikeMonitor(cells, {"v", "g_e", "g_i"}), b2.PopulationRateMonitor(cells),
)
network.run(0.2*ms)
"""


def test_text_does_not_depend_on_the_hash_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sets have another order in every process; what is compiled has not."""
    ours = os.environ.get("PYTHONHASHSEED", "random")
    environment = {**os.environ, "PYTHONHASHSEED": "1" if ours != "1" else "2"}
    command = [sys.executable, "-W", "ignore", "-c", HASHED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    monkeypatch.setattr(Program, "compile", Program.compile)  # as it is again afterwards
    with pytest.raises(SystemExit):
        exec(HASHED, {})
    assert capsys.readouterr().out.splitlines()[-1] == done.stdout.splitlines()[-1]
