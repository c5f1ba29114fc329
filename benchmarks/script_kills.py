"""Scripts that are killed and resumed: ``python -m benchmarks.script_kills``.

Runs ``test_twenty_kills`` of tests/runs/test_cases.py for each script and backend in a process of
its own, and writes a row for each as soon as it is done: how many kills, at moments drawn with
which seed, how often the script came to its end (each time text, metrics, recording and written
files are compared in bits with those of an execution that nobody disturbed), and whether it
passed.  Rows of other scripts, backends and revisions stay as they are.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bioplaus.runs.backend import environment

KEPT = Path("docs/results/scripts/kills.json")
CASES = Path("tests/runs/test_cases.py")
SCRIPTS = [f"{number:02d}" for number in range(1, 13)]
BACKENDS = ["numba", "numpy"]


def main(argv: list[str] | None = None) -> None:
    """Kill all scripts, print a line for each, and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", nargs="+", default=SCRIPTS, choices=SCRIPTS)
    parser.add_argument("--backends", nargs="+", default=BACKENDS, choices=BACKENDS)
    parser.add_argument("--out", type=Path, default=KEPT)
    options = parser.parse_args(argv)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    failed = False
    for backend in options.backends:
        for script in options.scripts:
            row = killed(script, backend)
            print(f"{backend} {script}: {row}", flush=True)
            failed |= row["result"] != "passed"
            table = json.loads(options.out.read_text()) if options.out.exists() else {}
            table[f"{script} {backend}"] = row
            options.out.write_text(json.dumps(dict(sorted(table.items())), indent=1) + "\n")
    raise SystemExit(failed)


def killed(script: str, backend: str) -> dict[str, Any]:
    """One script on one backend."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        test = f"{CASES}::test_twenty_kills[{script}-{backend}]"
        options = ["-q", "-n", "0", "-p", "no:cacheprovider", "--timeout", "0"]
        command = [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", test]
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.returncode:
            print(ended.stdout[-4000:], ended.stderr[-2000:], file=sys.stderr)
        found = ElementTree.parse(report).iter("property")
        told = {each.attrib["name"]: int(each.attrib["value"]) for each in found}
    about = environment(None)
    return {
        "result": "failed" if ended.returncode else "passed",
        **told,
        "wall_s": round(time.monotonic() - began),
        **{name: about[name] for name in ("revision", "processor", "cores", "python")},
    }


if __name__ == "__main__":
    main()
