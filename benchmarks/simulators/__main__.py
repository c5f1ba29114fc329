"""The same networks in other simulators: ``python -m benchmarks.simulators --python PYTHON``.

PYTHON is an interpreter that has NEST and ANNarchy; what it has not is left out and named.  Each
simulator runs in a process of its own, on one thread: the median of some repeats, one after
another in turns.  ``docs/results/engine/simulators.json`` keeps it.

The balanced networks are drawn anew by every simulator, so that rates agree as their law does.  In
e-prop, weights, input and target are given, and losses must be the same numbers.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from brian2 import ms, mV

from benchmarks.networks import balanced
from benchmarks.simulators import eprop
from bioplaus.runs.backend import Backend, environment

KEPT = Path("docs/results/engine/simulators.json")
FOLDER = Path(__file__).parent
SETTLING = 0.5  # s
ALIKE, COMPARED = 1e-9, 5
"""Largest relative difference of the losses of the first trials, beyond which two programs do not
run the same rule; later a spike moves by a step, for sums are rounded in another order."""
BRIAN = {"engine": "numba", "Brian2, cython": "cython", "Brian2, C++ standalone": "cpp_standalone"}
OTHERS = {"NEST": "nest_balanced.py", "ANNarchy": "annarchy_balanced.py"}
FORMS = {"traces in synapses": "network", "scan of a recorded run": "scan", "batched": "batched"}
Cases = dict[str, list[str]]


def balanced_cases(python: str, cells: int, learns: bool, seconds: float, seed: int) -> Cases:
    """Commands by simulator."""
    asked = {"cells": cells, "learns": learns, "settling": SETTLING, "seconds": seconds}
    asked["seed"] = seed
    constants = {
        "step": balanced.STEP,
        "delay": balanced.DELAY,
        "share": balanced.SHARE,
        "inhibition": balanced.INHIBITION,
        "potentiation": balanced.POTENTIATION,
        "depression": balanced.DEPRESSION,
        "threshold": float(balanced.THRESHOLD / mV),
        "tau": float(balanced.TAU / ms),
        "refractory": float(balanced.REFRACTORY / ms),
        "tau_trace": float(balanced.TAU_TRACE / ms),
        "weight": balanced.weight_mv(cells),
        "outside": balanced.outside_hz(cells),
    }
    module = [sys.executable, "-m", "benchmarks.simulators.brian_balanced"]
    cases = {
        name: [*module, json.dumps({"target": target, **asked})] for name, target in BRIAN.items()
    }
    told = json.dumps(asked | constants)
    return cases | {name: [python, str(FOLDER / script), told] for name, script in OTHERS.items()}


def eprop_cases(python: str, drawn: Path, trials: int) -> Cases:
    """Commands by form, and NEST's."""
    module = [sys.executable, "-m", "benchmarks.simulators.eprop"]
    cases = {name: [*module, form, str(drawn), str(trials)] for name, form in FORMS.items()}
    return cases | {"NEST": [python, str(FOLDER / "nest_eprop.py"), str(drawn), str(trials)]}


def measured(cases: Cases, repeats: int) -> dict[str, Any]:
    """The median of each number, by simulator; what cannot run says why."""
    found: dict[str, list[Any]] = {name: [] for name in cases}
    failed: dict[str, str] = {}
    for _ in range(repeats):
        for name in [name for name in cases if name not in failed]:
            command = cases[name]
            path = (
                f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"  # its own tools first
            )
            env = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
            if done.returncode:
                failed[name] = (done.stderr.strip() or "no word").splitlines()[-1]
            else:
                found[name].append(json.loads(done.stdout.strip().splitlines()[-1]))
    told: dict[str, Any] = {
        name: {key: _median([each[key] for each in every]) for key in every[0]}
        for name, every in found.items()
        if every
    }
    return told | {name: {"failed": why} for name, why in failed.items()}


def _median(values: list[Any]) -> Any:
    if isinstance(values[0], list):
        return values[0]
    return float(f"{statistics.median(values):.4g}")


def check_losses(told: dict[str, Any]) -> None:
    """Raise RuntimeError if two programs do not have the same losses."""
    ran = {name: each["losses"] for name, each in told.items() if "losses" in each}
    (first, losses), *others = ran.items()
    for name, those in others:
        apart = max(abs(a / b - 1) for a, b in zip(losses[:COMPARED], those))
        if apart > ALIKE:
            raise RuntimeError(f"losses of {name} differ from those of {first} by {apart:.1e}")


def tables(kept: dict[str, Any]) -> str:
    """As the documentation shows them."""
    lines: list[str] = []
    for title, told in kept["networks"].items():
        trials = "e-prop" in title
        unit = "ms a trial" if trials else "s for a second"
        rest = ["first, s"] if trials else ["build, s", "compile, s", "bytes a synapse", "rate, Hz"]
        header = f"| {title} | CPU {unit} | beside the engine | {' | '.join(rest)} |"
        lines += [header, "|---" + "|---:" * (len(rest) + 2) + "|"]
        cost = "cpu_s_per_trial" if trials else "cpu_s_per_s"
        keys = ["build_s"] if trials else ["build_s", "compile_s", "bytes_per_synapse", "rate_hz"]
        base = next(iter(told.values()))[cost]
        for name, each in told.items():
            if "failed" in each:
                lines.append(f"| {name} | did not run: {each['failed']} |" + " |" * (len(rest) + 1))
                continue
            shown = f"{each[cost] * (1000 if trials else 1):.3g}"
            numbers = " | ".join(f"{each[key]:.3g}" if key in each else "" for key in keys)
            lines.append(f"| {name} | {shown} | {each[cost] / base:.2g} | {numbers} |")
        lines.append("")
    about = ", ".join(f"{name} {version}" for name, version in kept["versions"].items())
    lines.append(f"Revision {kept['revision']}, {kept['processor']}, one thread; {about}.")
    return "\n".join(lines) + "\n"


def versions(python: str) -> dict[str, str]:
    """Of what the other interpreter has."""
    code = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    found = {}
    for name, package in (("NEST", "nest-simulator"), ("ANNarchy", "ANNarchy")):
        done = subprocess.run(
            [python, "-c", code, package], capture_output=True, text=True, check=False
        )
        if not done.returncode:
            found[name] = done.stdout.strip()
    return found


def main(argv: list[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="an interpreter with NEST and ANNarchy")
    parser.add_argument("--static", type=int, default=10_000, help="cells without plasticity")
    parser.add_argument("--plastic", type=int, default=5_000, help="cells with it")
    parser.add_argument("--seconds", type=float, default=0.5, help="of its time, after half of one")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=KEPT)
    a = parser.parse_args(argv)
    networks = {}
    for word, cells in (("static", a.static), ("plastic", a.plastic)):
        cases = balanced_cases(a.python, cells, word == "plastic", a.seconds, a.seed)
        networks[f"balanced, {cells:,} cells, {word}"] = measured(cases, a.repeats)
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.npz"
        eprop.draw(drawn)
        told = measured(eprop_cases(a.python, drawn, a.trials), a.repeats)
    check_losses(told)
    networks["e-prop, regression"] = told
    known = environment(Backend())
    kept = {
        **{name: known[name] for name in ("revision", "processor", "cores", "python")},
        "versions": versions(a.python),
        "networks": networks,
    }
    a.out.write_text(json.dumps(kept, indent=1) + "\n")
    a.out.with_suffix(".md").write_text(tables(kept))
    print(tables(kept))


if __name__ == "__main__":
    main()
