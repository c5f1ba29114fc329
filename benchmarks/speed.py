"""Time the engine beside Brian2's targets: ``python -m benchmarks.speed``.

Each measurement runs in a process of its own, the targets of a case one after the other, so that
the ratios of one case come from the same minutes. The first run builds Brian2's Cython modules,
which takes minutes; they stay in the folder given by ``--folder``.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, TARGETS
from benchmarks.figure import draw
from benchmarks.kept import about

Rows = dict[str, dict[str, Any]]

START_CASES, REENTRY_CASE, MEMORY_CASE = ("B4", "S"), "S", "B2"
LOOPS = [name for name in CASES if name != REENTRY_CASE]
KEPT = Path("docs/results/engine")
CACHES = Path(tempfile.gettempdir()) / "bioplaus-bench"


def main(argv: list[str] | None = None) -> None:
    """Measure, print ratios, write ``speed.json`` and ``speed.png``; other cases stay as kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", default=LOOPS, choices=LOOPS)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--loops-only", action="store_true", help="no start, re-entry, memory")
    parser.add_argument("--overheads-only", action="store_true", help="keep the loops of before")
    parser.add_argument("--folder", type=Path, default=CACHES, help="caches and builds, kept")
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)

    kept = arguments.out / "speed.json"
    result: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    result["environment"] = result.get("environment", {}) | environment()
    loops: Rows = result.setdefault("loop", {})
    for case in [] if arguments.overheads_only else arguments.cases:
        loops[case] = {
            target: measured("loop", case, target, arguments.folder, arguments.repeats)
            for target in arguments.targets
        }
        result.setdefault("revisions", {})[case] = about()["revision"]
        result.setdefault("processors", {})[case] = processor()
        print(table(case, loops[case]), flush=True)
        keep(result, arguments.out)
    if not arguments.loops_only:
        result |= overheads(arguments.targets, arguments.folder, arguments.repeats)
        print(json.dumps({k: result[k] for k in ("start", "reenter", "memory")}, indent=1))
        keep(result, arguments.out)


def keep(result: dict[str, Any], folder: Path) -> None:
    """Write what is known so far: an interrupted run leaves its finished cases."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "speed.json").write_text(json.dumps(result, indent=1) + "\n")
    draw(result["loop"], folder / "speed.png")


def measured(
    kind: str, case: str, target: str, folder: Path, repeats: int
) -> dict[str, float | str]:
    """One measurement in a process of its own; ``{"error": last line}`` when it failed."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.measure", kind, case, target]
    command += ["--folder", str(folder / target), "--repeats", str(repeats)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    threads["NUMBA_NUM_THREADS"] = str(TARGETS[target].threads)
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | threads)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    answer: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return answer


def overheads(targets: list[str], folder: Path, repeats: int) -> Rows:
    """Start with an empty and a warm cache, ``run(dt)`` in a loop, memory of a dense projection."""
    runtime = [t for t in targets if TARGETS[t].device in ("numpy", "cython", "numba")]
    start: dict[str, dict[str, Any]] = {case: {} for case in START_CASES}
    for case, target in product(START_CASES, runtime):
        with tempfile.TemporaryDirectory() as empty:
            start[case][target] = {
                state: measured("start", case, target, Path(empty), 1)
                for state in ("empty cache", "warm cache")
            }
    return {
        "start": start,
        "reenter": {t: measured("reenter", REENTRY_CASE, t, folder, repeats) for t in runtime},
        "memory": {t: measured("memory", MEMORY_CASE, t, folder, 1) for t in runtime},
    }


def table(case: str, row: dict[str, dict[str, Any]]) -> str:
    """CPU seconds per simulated second of one case, and how many times faster than Brian2's."""
    lines = [f"{case}: {CASES[case].title}"]
    for target, entry in row.items():
        if "error" in entry:
            lines.append(f"  {target:16s} failed: {entry['error']}")
            continue
        ratios = (f"{ratio(row, target, base):8.2f} x {base}" for base in ("cython", "standalone"))
        more = f"  ({entry['wall_per_second']:.5f} wall)" if TARGETS[target].threads > 1 else ""
        if "memory_per_second" in entry:
            more += f"  (memory alone: {entry['memory_per_second']:.5f})"
        line = f"  {target:16s} {entry['per_second']:10.5f} s/s  " + "  ".join(ratios)
        lines.append(line + more)
    return "\n".join(lines)


def ratio(row: dict[str, dict[str, Any]], target: str, base: str) -> float:
    """How many times faster ``target`` is than ``base``; nan when either was not measured."""
    seconds = [row.get(name, {}).get("per_second", float("nan")) for name in (base, target)]
    return float(seconds[0]) / float(seconds[1])


def environment() -> dict[str, str]:
    """What the numbers depend on."""
    names = ("brian2", "numba", "numpy", "Cython")
    return {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "machine": platform.machine(),
    } | {name.lower(): version(name) for name in names}


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "")


if __name__ == "__main__":
    main()
