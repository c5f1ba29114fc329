"""Brian2's published examples on the engine: ``python -m benchmarks.brian2_examples FOLDER``.

FOLDER holds the examples of Brian2's source distribution, which run unmodified on Brian2's
``numpy`` target (the reference), on the engine object by object, and on its compiled loop. The
data of all figures and monitors are compared: fused with stepped in bits, fused with the reference
to rounding, or in law over three seeds where the script draws random numbers.

Not a part of an example, and replaced for all: the graphics window, the choice of standalone code
(the script then runs on the runtime device), and how joblib starts workers (they are forked).  With
``--steps`` every ``run()`` of a script whose reference takes longer than the limit ends after that
many steps, in all modes alike; `SMALLER` does what steps cannot.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.agreement import ALLOWED_SHARE, ROUNDING, Data, deviation, same_bits, unlikely_share

KEPT = Path("docs/results/engine/examples.json")
RESULTS = Path(tempfile.gettempdir()) / "bioplaus-examples"
SEEDS = (1, 2, 3)
NOT_RUN = "not run"
HOW = ("runs", "fused_runs", "in_python", "rewrites")
SMALLER: Mapping[str, Sequence[str]] = {
    "advanced/float_32_64_benchmark.py": ("results=generate_results(1)",),
    "frompapers/Maass_Natschlaeger_Markram_2002.py": ("N_PAIRS=2",),
    "synapses/efficient_gaussian_connectivity.py": (
        "N=array([100, 500])",
        "repeats=array([3, 1])",
    ),
}
"""Values of the scripts' own constants: as many turns as are needed to see every kind of them."""
SHOW_TIMES = ("advanced/float_32_64_benchmark.py", "synapses/efficient_gaussian_connectivity.py")
"""How long things take is all that these draw."""
COMPILING = 30  # CPU seconds that a run on the engine may take longer
_PATIENCE = 20  # seconds of waiting per CPU second: other work may share the machine
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Example:
    """One script, its runs kept in a folder so that an interrupted report goes on where it was."""

    def __init__(
        self,
        script: Path,
        name: str,
        results: Path,
        limit: float,
        report_only: bool = False,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.script, self.limit, self.report_only = script, limit, report_only
        self.shows_times = name in SHOW_TIMES
        self.settings, self.environment = settings, environment
        self.name = name.replace("/", "-").removesuffix(".py")
        self.results = results / self.name
        self.steps = 0

    def shorten(self, steps: int) -> None:
        """From now on look at the first steps of every run only."""
        self.steps = steps
        self.results = self.results.with_name(f"{self.name}-{steps}-steps")

    def run(self, mode: str, seed: int) -> dict[str, Any]:
        """The status of one run; runs the script unless a result is there."""
        out = self._path(mode, seed, ".json")
        if not out.exists() and self.report_only:
            return {"ran": False, "error": NOT_RUN}
        if not out.exists():
            self.results.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.captured"]
            command += [str(self.script), "--mode", mode, "--seed", str(seed), "--out", str(out)]
            command += ["--steps", str(self.steps), "--set", *self.settings]
            limit = self.limit + (COMPILING if mode != "numpy" else 0)
            try:
                done = subprocess.run(
                    command,
                    env=os.environ | ONE_THREAD | self.environment,
                    capture_output=True,
                    timeout=_PATIENCE * limit,
                    preexec_fn=partial(_limit_cpu, int(limit)),
                )
                if not out.exists():
                    late = done.returncode == -signal.SIGXCPU
                    error = f"more than {limit:g} CPU seconds" if late else "it crashed"
                    status = {"ran": False, "late": late, "error": error}
                    out.write_text(json.dumps(status))
            except subprocess.TimeoutExpired:
                error = f"not finished after {_PATIENCE * limit:g} s"
                out.write_text(json.dumps({"ran": False, "late": True, "error": error}))
        status = json.loads(out.read_text())
        return dict(status)

    def data(self, mode: str, seed: int) -> Data:
        """Figures and monitors of one run."""
        with np.load(self._path(mode, seed, ".npz")) as archive:
            return {name: archive[name] for name in archive.files}

    def _path(self, mode: str, seed: int, ending: str) -> Path:
        return self.results / f"{mode}-{seed}{ending}"


def _limit_cpu(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 10))


def judged(example: Example, stepped: bool, cuts: Sequence[int]) -> dict[str, Any]:
    """How the example ran on the engine, and how its data compare with the reference.

    stepped : whether to run it object by object too, and compare the bits.
    cuts : longest runs [steps] of a script that takes longer than the limit, tried in turn.
    """
    reference = example.run("numpy", SEEDS[0])
    for steps in cuts:
        if reference.get("late"):
            example.shorten(steps)
            reference = example.run("numpy", SEEDS[0])
    fused = example.run("fused", SEEDS[0])
    if not (reference["ran"] or _shows(example, "numpy")):
        both = "where" in reference and reference["error"] == fused.get("error") != NOT_RUN
        verdict = NOT_RUN if reference["error"] == NOT_RUN else "no reference"
        return {"verdict": "stops on both" if both else verdict, "why": reference["error"]}
    if not fused["ran"] and fused["error"] == NOT_RUN:
        return {"verdict": NOT_RUN, "why": "only the reference ran"}
    ran: dict[str, Any] = {"how": how(fused)} | {k: fused[k] for k in HOW if k in fused}
    ran |= {"cpu_seconds": {"numpy": reference["cpu_seconds"], "fused": fused.get("cpu_seconds")}}
    ran |= {"steps_of_each_run": example.steps} if example.steps else {}
    ran |= {"with": list(example.settings)} if example.settings else {}
    if _end(fused) != _end(reference):
        return ran | {"verdict": "fails", "why": fused.get("error", "it should have stopped")}
    if not reference["ran"]:
        ran["stops_on_both_with"] = reference["error"]
    if stepped:
        status = example.run("stepped", SEEDS[0])
        ran["stepped_same_bits"] = _end(status) == _end(fused) and same_bits(
            example.data("fused", SEEDS[0]), example.data("stepped", SEEDS[0])
        )
    return ran | compared(example)


def _end(status: dict[str, Any]) -> str:
    """Where a script stopped with an error, empty if it came to its end."""
    return str(status.get("where", status.get("error", "")))


def _shows(example: Example, mode: str) -> bool:
    """Whether a script that stopped with an error of its own has drawn or recorded anything."""
    return "where" in example.run(mode, SEEDS[0]) and bool(example.data(mode, SEEDS[0]))


def how(fused: dict[str, Any]) -> str:
    """In one word or two, how much of a script's runs went through the compiled loop."""
    if not fused.get("runs"):
        return "no run"
    if not fused["fused_runs"]:
        return "not fused"
    whole = fused["fused_runs"] == fused["runs"] and not fused["in_python"]
    return "fused" if whole else "partly fused"


def compared(example: Example) -> dict[str, Any]:
    """The verdict on an example that ran on both."""
    reference, data = example.data("numpy", SEEDS[0]), example.data("fused", SEEDS[0])
    if not (reference or data) or example.shows_times:
        return {"verdict": "nothing to compare"}
    away = deviation(reference, data)
    found: dict[str, Any] = {"deviation": away if np.isfinite(away) else None}
    return found | ({"verdict": "equal"} if away <= ROUNDING else in_law(example))


def in_law(example: Example) -> dict[str, Any]:
    """The verdict on a script whose data differ: by chance alone, or in truth."""
    if len({_end(example.run(m, s)) for m in ("numpy", "fused") for s in SEEDS}) > 1:
        return {"verdict": "different", "why": "did not run with every seed"}
    runs = {mode: [example.data(mode, seed) for seed in SEEDS] for mode in ("numpy", "fused")}
    if same_bits(*runs["numpy"][:2]):
        return {"verdict": "different", "why": "draws no random numbers"}
    share = unlikely_share(runs["numpy"], runs["fused"])
    verdict = "equal in law" if share <= ALLOWED_SHARE else "different"
    return {"verdict": verdict, "unlikely_share": share}


def counted(report: dict[str, dict[str, Any]]) -> dict[str, Counter[str]]:
    """Numbers of examples by verdict, by how they ran, and by the rewrites that acted in them."""
    entries = report.values()
    return {
        "counts": Counter(entry["verdict"] for entry in entries),
        "how": Counter(entry["how"] for entry in entries if "how" in entry),
        "rewrites": Counter(name for entry in entries for name in entry.get("rewrites", ())),
    }


def main(argv: list[str] | None = None) -> None:
    """Judge every example, print and keep the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", type=Path)
    parser.add_argument("--limit", type=float, default=120, help="CPU seconds of a run")
    parser.add_argument(
        "--steps", type=int, nargs="+", default=[], help="cuts of slow scripts' runs"
    )
    parser.add_argument("--only", default="", help="part of the names to run; the others stay")
    parser.add_argument("--skip-stepped", action="store_true", help="no runs object by object")
    parser.add_argument("--report-only", action="store_true", help="judge what was run before")
    parser.add_argument("--reference-only", action="store_true", help="only runs on numpy")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the runs' data")
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    kept = arguments.only and arguments.out.exists()
    report: dict[str, Any] = json.loads(arguments.out.read_text())["examples"] if kept else {}
    for script in sorted(arguments.examples.rglob("*.py")):
        name = str(script.relative_to(arguments.examples))
        if arguments.only not in name:
            continue
        example = Example(
            script,
            name,
            arguments.results,
            arguments.limit,
            arguments.report_only,
            SMALLER.get(name, ()),
        )
        if arguments.reference_only:
            print(name, example.run("numpy", SEEDS[0]), flush=True)
            continue
        report[name] = judged(example, not arguments.skip_stepped, arguments.steps)
        print(name, report[name], flush=True)
    counts = counted(report)
    print(counts)
    if report:
        report = dict(sorted(report.items()))
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps({**counts, "examples": report}, indent=1) + "\n")


if __name__ == "__main__":
    main()
