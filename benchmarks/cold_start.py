"""What a script costs from beginning to end: ``python -m benchmarks.cold_start``.

Whole processes, imports and exit included, CPU seconds of user and system: on ``numpy``, and on the
engine with an empty cache and again with what the first execution has kept, compiled by Numba and
directly.  The ways take turns, and the least of a few rounds counts.  The scripts are Brian2's
published examples, unmodified: ``--examples`` names the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.speed import processor

KEPT = Path("docs/results/engine/cold_start.json")
SCRIPTS = (
    "IF_curve_LIF.py",
    "adaptive_threshold.py",
    "CUBA.py",
    "COBAHH.py",
    "synapses/STDP.py",
    "synapses/nonlinear.py",
)
WAYS = ("numpy", "numba, cold", "numba, warm", "direct, cold", "direct, warm")

_RUN = """
import runpy, sys
from brian2 import prefs
target, compiler, cache, script = sys.argv[1:]
if target == "numba":
    import bioplaus.engine
    prefs.codegen.runtime.numba.compiler = compiler
    prefs.codegen.runtime.numba.cache_dir = cache
prefs.codegen.target = target
runpy.run_path(script, run_name="__main__")
"""


def main(argv: list[str] | None = None) -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="*", default=SCRIPTS)
    parser.add_argument("--examples", type=Path, required=True, help="Brian2's folder of examples")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(argv)
    revision = ["git", "rev-parse", "--short", "HEAD"]
    table: dict[str, object] = {
        "unit": "CPU seconds of the whole process",
        "revision": subprocess.run(revision, capture_output=True, text=True).stdout.strip(),
        "processor": processor(),
    }
    print(" | ".join(("script", *WAYS)))
    for script in options.scripts:
        rounds = [_round(options.examples / script) for _ in range(options.rounds)]
        least = [round(min(values), 2) for values in zip(*rounds)]
        table[script] = dict(zip(WAYS, least))
        print(" | ".join((script, *map(str, least))), flush=True)
        KEPT.write_text(json.dumps(table, indent=1) + "\n")


def _round(script: Path) -> list[float]:
    """CPU seconds in all ways, one after the other."""
    spent = [_seconds(script, "numpy", "", "")]
    for compiler in ("numba", "direct"):
        with tempfile.TemporaryDirectory() as cache:
            spent += [_seconds(script, "numba", compiler, cache) for _ in range(2)]
    return spent


def _seconds(script: Path, target: str, compiler: str, cache: str) -> float:
    """CPU seconds of a process that executes the script and ends."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    set_here = {"MPLBACKEND": "Agg", "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-W", "ignore", "-c", _RUN, target, compiler, cache, str(script)]
    process = subprocess.Popen(
        command,
        env=os.environ | threads | set_here,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{script} on {target}: {said.decode()}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
