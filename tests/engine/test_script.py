"""Scripts that know nothing of the engine: what they choose themselves, and their workers."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import brian2
import pytest

from bioplaus.engine.__main__ import main
from bioplaus.engine.running import fused

FORKS = multiprocessing.get_context("fork")

NETWORK = """
import sys
from brian2 import *

def work(number):
    group = NeuronGroup(1, "dv/dt = number/ms : 1", method="euler")
    run(1*ms)
    engine = sys.modules.get("bioplaus.engine")
    return round(float(group.v[0]), 6), prefs.codegen.target, engine and engine.fused_runs()
"""

WORKERS = """
if __name__ == "__main__":
    import multiprocessing
    with multiprocessing.get_context({method!r}).Pool(1) as pool:
        print(pool.map(work, [2]))
"""

FUTURES = """
if __name__ == "__main__":
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        print(list(pool.map(work, [2])))
"""

JOBLIB = """
if __name__ == "__main__":
    from joblib import Parallel, delayed
    print(Parallel(n_jobs=2)(delayed(work)(number) for number in [2]))
"""

WORKERS_OF_WORKERS = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def spawned(function, number):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, number).result()

def inner(number):
    return [spawned(work, number)]

if __name__ == "__main__":
    print(spawned(inner, 2))
"""


def on_the_engine(
    folder: Path, text: str, *options: str, arguments: Sequence[str] = ()
) -> tuple[str, list[str]]:
    """The last line that the script prints, and what the engine says about it.

    In a fork, which has Brian2 and the engine imported, as the command has before the script.
    """
    (folder / "script.py").write_text(text)
    streams = folder / "stdout", folder / "stderr"
    command = ["bioplaus.engine", *options, str(folder / "script.py"), *arguments]
    process = FORKS.Process(target=as_new, args=(command, *streams))
    process.start()
    process.join(200)
    stdout, stderr = (stream.read_text() for stream in streams)
    assert process.exitcode == 0, stderr
    return read(stdout, stderr)


def as_new(command: list[str], *streams: Path) -> None:
    """The command in this process, where nothing has been chosen and nothing was run."""
    for number, stream in enumerate(streams, 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (open(number, "w") for number in (1, 2))  # noqa: SIM115
    brian2.prefs.reset_to_defaults()
    brian2.start_scope()
    fused._runs = 0
    sys.argv = command
    raise SystemExit(main())


def by_command(folder: Path, text: str) -> tuple[str, list[str]]:
    """The same in a process of its own."""
    script = folder / "script.py"
    script.write_text(text)
    command = [sys.executable, "-W", "ignore", "-m", "bioplaus.engine", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return read(done.stdout, done.stderr)


def read(stdout: str, stderr: str) -> tuple[str, list[str]]:
    said = [line for line in stderr.splitlines() if line.startswith("bioplaus.engine: ")]
    return (stdout.splitlines() or [""])[-1], said


@pytest.mark.parametrize(
    "workers",
    [
        WORKERS.format(method="spawn"),
        pytest.param(WORKERS.format(method="forkserver"), marks=pytest.mark.slow),
        pytest.param(WORKERS.format(method="fork"), marks=pytest.mark.slow),
        pytest.param(FUTURES, marks=pytest.mark.slow),
        pytest.param(JOBLIB, marks=pytest.mark.slow),
        pytest.param(WORKERS_OF_WORKERS, marks=pytest.mark.slow),
    ],
    ids=["spawn", "forkserver", "fork", "futures", "joblib", "workers-of-workers"],
)
def test_workers_are_on_the_engine(tmp_path: Path, workers: str) -> None:
    """The main process runs nothing itself, and yet is not told that nothing was fused."""
    assert by_command(tmp_path, NETWORK + workers) == ("[(2.0, 'numba', 1)]", [])


def test_target_that_a_script_names(tmp_path: Path) -> None:
    """It is respected and told of, in a worker as well; a program apart is left alone."""
    text = NETWORK.replace("def work", "prefs.codegen.target = 'numpy'\n\ndef work")
    line = text.splitlines().index("prefs.codegen.target = 'numpy'") + 1
    worker = WORKERS.format(method="spawn")
    printed, said = on_the_engine(tmp_path, text + worker)
    assert printed == "[(2.0, 'numpy', 0)]"
    assert said == [
        f"bioplaus.engine: nothing was fused: script.py:{line} names the target 'numpy' "
        "(--force insists on the engine)."
    ]
    apart = """
if __name__ == "__main__":
    import subprocess
    command = [sys.executable, "-c", "import brian2, sys;"
               "print(brian2.prefs.codegen.target, 'bioplaus.engine' in sys.modules)"]
    print(work(2), subprocess.check_output(command, text=True).strip())
"""
    printed, said = on_the_engine(tmp_path, text + apart, "--force")
    assert (printed, said) == ("(2.0, 'numba', 1) auto False", [])


@pytest.mark.slow
def test_every_way_not_to_be_fused_is_named(tmp_path: Path) -> None:
    ways = """
Network(NeuronGroup(1, "v : 1")).run(1*ms, profile=True)
prefs.codegen.runtime.numba.fuse = False
work(1)
prefs.codegen.runtime.numba.fuse = True
network = Network(NetworkOperation(lambda: None, dt=1*ms))
network.run(1*ms)
"""
    standalone = """
set_device("cpp_standalone", build_on_run=False)
group = NeuronGroup(1, "dv/dt = 2/ms : 1", method="euler")
run(1*ms)
device.build(compile=False, run=False, directory=None)
"""
    _, (said,) = on_the_engine(tmp_path, NETWORK + ways)
    for reason in ("a profile", "numba.fuse is off", "it is a Python operation"):
        assert reason in said
    _, (said,) = on_the_engine(tmp_path, NETWORK + "work(1)" + standalone)
    line = (NETWORK + "work(1)").count("\n") + 2
    assert f"some runs were not fused: script.py:{line} chooses the device 'cpp_standalone'" in said
    shown = "print(round(float(group.v[0]), 6), get_device().__class__.__name__)"
    printed, said_now = on_the_engine(tmp_path, NETWORK + standalone + shown, "--force")
    assert (printed, said_now) == ("2.0 NumbaDevice", [])


def test_script_that_knows_nothing_of_the_engine(tmp_path: Path) -> None:
    text = NETWORK + "print(work(3), sys.argv[1:])"
    printed, said = on_the_engine(tmp_path, text, arguments=["--force", "argument"])
    assert (printed, said) == ("(3.0, 'numba', 1) ['--force', 'argument']", [])


def test_script_without_a_run(tmp_path: Path) -> None:
    _, said = on_the_engine(tmp_path, NETWORK)
    assert said == ["bioplaus.engine: nothing was fused: the script runs no network."]


def test_preferences_in_files(tmp_path: Path) -> None:
    """Brian2's own file may name the target; one of another name, read later, all the rest."""
    (tmp_path / "brian_preferences").write_text("codegen.target = 'numba'\n")
    (tmp_path / "engine_preferences").write_text(
        "[codegen.runtime.numba]\nrewrites = ('one_pass',)\nchunk = 3\n"
    )
    read = "import bioplaus.engine\nprefs.read_preference_file('engine_preferences')\n"
    shown = "own = prefs.codegen.runtime.numba\nprint(work(2), own.rewrites, own.chunk)\n"
    (tmp_path / "script.py").write_text(NETWORK + read + shown)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.split("\n")[0] == "(2.0, 'numba', 1) ('one_pass',) 3", done.stderr
