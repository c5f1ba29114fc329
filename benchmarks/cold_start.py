"""What small scripts cost from beginning to end: ``python -m benchmarks.cold_start FOLDER``.

Whole processes, imports and exit included, CPU seconds of user and system: on ``numpy``, on the
engine with an empty cache, and again with what that execution has kept.  FOLDER holds Brian2's
published examples, which run unmodified; a script is small if ``numpy`` takes no more than
``--limit``, and is left out if it makes standalone code or starts processes.  Where an empty cache
seems to cost more than is allowed all three are measured again, up to ``--rounds`` times, and the
least counts.

Each script is kept in ``docs/results/engine/cold_start.json`` as soon as it is measured.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.speed import processor

KEPT = Path("docs/results/engine/cold_start.json")
WAYS = ("numpy", "cold", "warm")
ALLOWED = 0.3  # CPU seconds that an empty cache may cost
LEFT_OUT = {
    "set_device": "it makes standalone code",
    "multiprocessing": "it starts processes, which know nothing of the one that is measured",
}

_RUN = """
import os, runpy, sys
from brian2 import prefs
target, cache, script = sys.argv[1:]
sys.path.insert(0, os.path.dirname(script))
if target == "numba":
    import bioplaus.engine
    prefs.codegen.runtime.numba.cache_dir = cache
prefs.codegen.target = target
runpy.run_path(script, run_name="__main__")
"""


def main(argv: list[str] | None = None) -> None:
    """Measure what is not kept yet, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Brian2's folder of examples")
    parser.add_argument("--limit", type=int, default=8, help="CPU seconds on numpy")
    parser.add_argument("--rounds", type=int, default=3, help="of which the least counts")
    parser.add_argument("--out", type=Path, default=KEPT)
    options = parser.parse_args(argv)
    revision = ["git", "rev-parse", "--short", "HEAD"]
    about = {
        "revision": subprocess.run(revision, capture_output=True, text=True).stdout.strip(),
        "processor": processor(),
    }
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    if kept.get("revision") != about["revision"]:
        kept = {**about, "limit": options.limit, "scripts": {}}
    for script in sorted(options.folder.rglob("*.py")):
        name = str(script.relative_to(options.folder))
        if name not in kept["scripts"]:
            kept["scripts"][name] = found = measured(script, options.limit, options.rounds)
            print(name, found, flush=True)
            options.out.write_text(json.dumps(kept, indent=1) + "\n")
            options.out.with_suffix(".md").write_text(table(kept))
    print(table(kept))


def measured(script: Path, limit: int, rounds: int) -> dict[str, Any]:
    """CPU seconds in all ways, one after the other, or why there are none."""
    text = script.read_text("utf-8")
    for word, why in LEFT_OUT.items():
        if word in text:
            return {"not measured": why}
    found = dict.fromkeys(WAYS, math.inf)
    try:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as cache:
                spent = [_seconds(script, "numpy", "", limit)]
                spent += [_seconds(script, "numba", cache, 20 * limit) for _ in range(2)]
            found = {way: min(found[way], seconds) for way, seconds in zip(WAYS, spent)}
            if found["cold"] - found["numpy"] <= ALLOWED:
                break
    except RuntimeError as problem:
        return {"not measured": str(problem)}
    return {way: round(seconds, 2) for way, seconds in found.items()}


def _seconds(script: Path, target: str, cache: str, limit: int) -> float:
    """CPU seconds of a process that executes the script and ends.

    Raises RuntimeError if it fails or takes longer.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    # Byte code is kept, as an installation keeps it: without it imports take as long again.
    kept = {"PYTHONDONTWRITEBYTECODE": ""}
    set_here = {"MPLBACKEND": "Agg", "PYTHONPATH": os.getcwd(), **kept}
    command = [sys.executable, "-W", "ignore", "-c", _RUN, target, cache, str(script)]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryDirectory() as here:
        process = subprocess.Popen(
            command,
            env=os.environ | threads | set_here,
            cwd=here,
            stdout=subprocess.DEVNULL,
            stderr=said,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit + 1, limit + 2)),
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        spent = usage.ru_utime + usage.ru_stime
        if spent > limit:
            raise RuntimeError(f"more than {limit} s on {target}")
        if process.returncode:
            said.seek(0)
            lines = said.read().decode().strip().splitlines()
            why = next((line for line in reversed(lines) if "Error: " in line), "it fails")
            raise RuntimeError(f"on {target}: {why}")
    return spent


def table(kept: dict[str, Any]) -> str:
    """As the documentation shows it, slowest beside ``numpy`` first."""
    found = {name: each for name, each in kept["scripts"].items() if "numpy" in each}
    more = {name: each["cold"] - each["numpy"] for name, each in found.items()}
    late = {
        way: sum(round(each[way] - each["numpy"], 2) > ALLOWED for each in found.values())
        for way in WAYS[1:]
    }
    lines = [
        f"{len(found)} of {len(kept['scripts'])} examples take no more than {kept['limit']} CPU s "
        f"on `numpy`. {late['cold']} of them take over {ALLOWED} s longer on the engine with an "
        f"empty cache, {late['warm']} warm.",
        "",
        "| CPU s of the process | `numpy` | engine, cold | engine, warm | cold less `numpy` |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in sorted(found, key=more.__getitem__, reverse=True):
        numbers = " | ".join(f"{found[name][way]:.2f}" for way in WAYS)
        lines.append(f"| `{name}` | {numbers} | {more[name]:+.2f} |")
    lines += ["", f"Revision {kept['revision']}, {kept['processor']}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
