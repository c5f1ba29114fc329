"""Brian2's own test suite on the engine: ``python -m benchmarks.brian2_suite``.

Runs the 285 tests that Brian2 means for a runtime code-generation target in three modes: on its
``numpy`` target (the yardstick), on the engine object by object ("stepped"), and on the engine's
compiled loop ("fused"). A test that fails on the engine but not on ``numpy`` is a fault of the
engine. The number of fused runs is kept beside the counts, because a silent fallback would pass
every test.

Tests that start a script in a process of its own hand over preferences that name the target; such a
process is told of the engine by a start-up file, as a script would be by its first line.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

MODES = ("numpy", "stepped", "fused")
KEPT = Path("docs/results/engine/brian2_suite.json")
FOLDER = Path(tempfile.gettempdir()) / "bioplaus-brian2-suite"


def main(argv: list[str] | None = None) -> int:
    """Run the modes asked for, report on every mode whose results are in the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="one results file per mode")
    parser.add_argument("--out", type=Path, default=KEPT)
    parser.add_argument("-k", dest="only", help="run only tests of this name; nothing is kept")
    parser.add_argument("--in-process", choices=MODES, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.in_process:
        run_here(arguments.in_process, arguments.folder, arguments.only)
        return 0
    start_up = arguments.folder / "start-up"
    start_up.mkdir(parents=True, exist_ok=True)
    (start_up / "sitecustomize.py").write_text("import bioplaus.engine\n")
    for mode in arguments.modes:
        command = [sys.executable, "-m", "benchmarks.brian2_suite", "--in-process", mode]
        command += ["--folder", str(arguments.folder)]
        command += ["-k", arguments.only] if arguments.only else []
        known = {} if mode == "numpy" else {"PYTHONPATH": str(start_up)}
        subprocess.run(command, env=os.environ | known, check=False)
    report = collect(arguments.folder)
    print(json.dumps(report, indent=1))
    if not arguments.only:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    return int(any(entry["failed_only_here"] for entry in report["modes"].values()))


def run_here(mode: str, folder: Path, only: str | None) -> None:
    """Run one mode in this process; leaves ``<mode>.xml`` and ``<mode>.json`` in the folder."""
    import brian2

    target = "numpy"
    brian2.prefs.reset_to_defaults()
    if mode != "numpy":
        import bioplaus.engine

        target = "numba"
        brian2.prefs.codegen.runtime.numba.fuse = mode == "fused"
    brian2.test(
        codegen_targets=[target],
        test_codegen_independent=False,
        test_in_parallel=[],
        reset_preferences=False,
        additional_args=[f"--junitxml={folder / mode}.xml", "-p", "no:cacheprovider"]
        + (["-k", only] if only else []),
    )
    runs = bioplaus.engine.fused_runs() if mode != "numpy" else 0
    (folder / f"{mode}.json").write_text(json.dumps({"fused_runs": runs}))


def collect(folder: Path) -> dict[str, Any]:
    """Counts per mode, and the failures that the ``numpy`` target does not have."""
    outcomes = {m: outcome_of_tests(folder / f"{m}.xml") for m in MODES if _finished(folder, m)}
    modes = {}
    for mode, results in outcomes.items():
        baseline = outcomes.get("numpy", {})
        failed = sorted(name for name, outcome in results.items() if outcome == "failed")
        skipped = sorted(name for name, outcome in results.items() if outcome == "skipped")
        modes[mode] = {
            **{kind: Counter(results.values())[kind] for kind in ("passed", "skipped", "failed")},
            "failed_only_here": [name for name in failed if baseline.get(name) != "failed"],
            "skipped_only_here": [name for name in skipped if baseline.get(name) != "skipped"],
            **json.loads((folder / f"{mode}.json").read_text()),
        }
    versions = {name: version(name) for name in ("brian2", "numba", "numpy")}
    return {"versions": {**versions, "python": sys.version.split()[0]}, "modes": modes}


def outcome_of_tests(path: Path) -> dict[str, str]:
    """``{test: "passed", "skipped" or "failed"}`` of a JUnit file; a test in error has failed."""
    results: dict[str, str] = {}
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "skipped" if "skipped" in kinds else "passed"
        outcome = "failed" if kinds & {"failure", "error"} else outcome
        results[f"{case.get('classname')}::{case.get('name')}"] = outcome
    return results


def _finished(folder: Path, mode: str) -> bool:
    return all((folder / f"{mode}.{ending}").exists() for ending in ("xml", "json"))


if __name__ == "__main__":
    sys.exit(main())
