"""What ``bioplaus run`` adds to a script: ``python -m benchmarks.script_overhead``.

Plain and tracked executions alternate, each in a fork of one process that has imported Brian2 and
the engine, so that a ratio comes from the same minutes and start-up counts for neither.  CPU
seconds.

The budgets: at most 0.3 s and 3 % for one run, and 5 % in a training loop, both without recording;
5 % for recording a million spikes a second, which is 0.05 s for a million spikes; states at most
3 % of the time.  A training loop is measured at two lengths: what is added to a turn is told apart
from what is added once.  `benchmarks.script_steps` counts what is executed for it.
"""

import argparse
import json
import os
import random
import runpy
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEPT = Path("docs/results/scripts")

CUBA = """
from brian2 import *
seed(1)
taum, taue, taui = 20*ms, 5*ms, 10*ms
P = NeuronGroup(4000, '''dv/dt = (ge + gi - (v + 49*mV))/taum : volt (unless refractory)
                         dge/dt = -ge/taue : volt
                         dgi/dt = -gi/taui : volt''',
                threshold="v > -50*mV", reset="v = -60*mV", refractory=5*ms, method="exact")
P.v = "-60*mV + 10*mV*rand()"
Ce = Synapses(P, P, on_pre="ge += 1.62*mV")
Ci = Synapses(P, P, on_pre="gi -= 9*mV")
Ce.connect("i < 3200", p=0.02)
Ci.connect("i >= 3200", p=0.02)
M = SpikeMonitor(P)
run(20*second)
"""

SPIKES = """
from brian2 import *
seed(2)
P = PoissonGroup(20000, 500*Hz)
M = SpikeMonitor(P)
run(1*second)
"""

LOOP = """
from brian2 import *
seed(4)
rng = np.random.default_rng(4)
patterns = (rng.random((20, 25)) < 0.3).astype(float)
P = PoissonGroup(25, 0*Hz)
G = NeuronGroup(2, "dv/dt = -v/(10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
S = Synapses(P, G, "w : 1", on_pre="v += w")
S.connect()
S.w = "0.2*rand()"
M = SpikeMonitor(G)
network = Network(P, G, S, M)
turns = 500
for step in range(turns):
    which = rng.integers(20)
    before = array(M.count)
    P.rates = patterns[which]*400*Hz
    network.run(20*ms)
    counted = array(M.count) - before
    S.w = clip(S.w + 0.02*outer(patterns[which], 4 - counted).ravel()/8, 0, 1)
"""

LONG_LOOP = LOOP.replace("turns = 500", "turns = 3500")
CASES = {
    "one run": (CUBA, "none"),
    "short loop": (LOOP, "none"),
    "long loop": (LONG_LOOP, "none"),
    "long loop, recorded": (LONG_LOOP, ""),
    "ten million spikes": (SPIKES, "none"),
    "ten million spikes, recorded": (SPIKES, ""),
}


def main(argv: list[str] | None = None) -> None:
    """Measure, print, and keep ``overhead.json`` and the table ``overhead.md``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)

    sys.dont_write_bytecode = False  # as Python does; otherwise every fork compiles all modules
    import brian2  # noqa: F401
    import h5py  # noqa: F401

    import bioplaus.engine
    import bioplaus.runs.scripts.session  # noqa: F401
    from bioplaus.runs.backend import Backend, environment

    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "overhead.json"
    found: dict[str, Any] = json.loads(path.read_text())["cases"] if path.exists() else {}
    for case in arguments.cases:
        told = environment(Backend())
        measures = measured(*CASES[case], arguments.repeats)
        found[case] = {"revision": told["revision"], **measures}
        print(f"{case}: {found[case]}", flush=True)
        about = {name: told[name] for name in ("processor", "cores", "python")}
        kept = {**about, "cases": found, "budgets": budgets(found)}
        path.write_text(json.dumps(kept, indent=1) + "\n")
        path.with_suffix(".md").write_text(table(kept))
    print(table(kept))


def measured(text: str, record: str, repeats: int) -> dict[str, Any]:
    """CPU seconds of plain and tracked executions of a script, and the ratio of their medians."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(text)
        pairs = [(cpu(plain, script), cpu(tracked, script, n, record)) for n in range(repeats + 1)]
        del pairs[0]  # it compiles
        told = json.loads((script.with_name(f"run-{repeats}") / "environment.json").read_text())
    before, after = (statistics.median(column) for column in zip(*pairs))
    seconds = told["seconds"]
    return {
        "states_share": round((seconds["states"] + seconds["looking"]) / told["wall_s"], 4),
        "plain_s": round(before, 3),
        "tracked_s": round(after, 3),
        "added_s": round(after - before, 3),
        "ratio": round(after / before, 3),
        "pairs": [[round(seconds, 3) for seconds in pair] for pair in pairs],
    }


def table(kept: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        "| case | plain [CPU s] | tracked | added | ratio | revision |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for case, told in kept["cases"].items():
        columns = [told[name] for name in ("plain_s", "tracked_s", "added_s", "ratio", "revision")]
        lines.append(f"| {case} | {' | '.join(map(str, columns))} |")
    lines += ["", "| budget | measured |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in kept["budgets"].items()]
    about = f"Python {kept['python']}, {kept['processor']}"
    lines += [
        "",
        f"{about}, {kept['cores']} cores; made by `python -m benchmarks.script_overhead`.",
    ]
    return "\n".join(lines) + "\n"


def budgets(found: dict[str, Any]) -> dict[str, float]:
    """What there is a budget for, as far as it was measured."""
    named: dict[str, float] = {}
    if "one run" in found:
        case = found["one run"]
        named["one run, added beyond 3 % [s] (0.3)"] = case["added_s"] - 0.03 * case["plain_s"]
    if {"short loop", "long loop"} <= found.keys():
        shares = added_to_a_turn(found["short loop"]["pairs"], found["long loop"]["pairs"])
        named["added to a turn of a loop, mean of pairs (0.05)"] = statistics.mean(shares)
        named["its standard error"] = statistics.stdev(shares) / len(shares) ** 0.5
    if {"ten million spikes", "ten million spikes, recorded"} <= found.keys():
        more = (found[f"ten million spikes{which}"]["added_s"] for which in (", recorded", ""))
        named["recording a million spikes [s] (0.05)"] = (next(more) - next(more)) / 10
    if "long loop" in found:
        named["states in a loop, share of the time (0.03)"] = found["long loop"]["states_share"]
    return {name: round(value, 4) for name, value in named.items()}


def added_to_a_turn(short: list[list[float]], long: list[list[float]]) -> list[float]:
    """Share by which a turn is longer, from each pair of the short loop and one of the long."""
    return [
        (tracked_long - tracked_short) / (plain_long - plain_short) - 1
        for (plain_short, tracked_short), (plain_long, tracked_long) in zip(short, long)
    ]


def cpu(execute: Callable[..., Any], *arguments: Any) -> float:
    """CPU seconds of a fork that executes something."""
    process = os.fork()
    if not process:
        try:
            execute(*arguments)
        finally:
            sys.stdout.flush()
            os._exit(0)
    _, _, used = os.wait4(process, 0)
    return used.ru_utime + used.ru_stime


def plain(script: Path) -> None:
    """The script on the engine, as Python runs it."""
    import brian2
    import numpy as np

    brian2.prefs.codegen.target = "numba"
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    brian2.seed(1)
    runpy.run_path(str(script), run_name="__main__")


def tracked(script: Path, number: int, record: str) -> None:
    """The script under ``bioplaus run``."""
    from bioplaus.runs.scripts import launch

    launch.start(script, script.with_name(f"run-{number}"), record=record, quiet=True)


if __name__ == "__main__":
    main()
