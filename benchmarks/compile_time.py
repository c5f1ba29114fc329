"""CPU time of compiling a network, by Numba and directly: ``python -m benchmarks.compile_time``.

Each network is prepared once; its program is then compiled by both, each with an empty cache, and
directly once more in a new process that finds the object files.  One process per measurement, the
same order for every network, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from brian2 import Network, NeuronGroup, Synapses, defaultclock, ms, prefs

from benchmarks.cases import CASES
from benchmarks.kept import about
from bioplaus import engine
from bioplaus.engine.program.program import Program

KEPT = Path("docs/results/engine/compile_time.json")
WAYS = ("numba", "direct", "direct, kept on disk")


def projections(number: int) -> Network:
    """A group with ``number`` equal projections with delays and event-driven plasticity."""
    defaultclock.dt = 0.1 * ms
    group = NeuronGroup(
        100,
        "dv/dt = (1.1 - v + g)/(10*ms) : 1\ndg/dt = -g/(5*ms) : 1",
        threshold="v > 1",
        reset="v = 0",
        refractory=2 * ms,
        method="euler",
    )
    made = []
    for _ in range(number):
        synapses = Synapses(
            group,
            group,
            "w : 1\ndx/dt = -x/(20*ms) : 1 (event-driven)",
            on_pre="g_post += w*x; x += 0.1",
            on_post="x *= 0.9",
        )
        synapses.connect(p=0.1)
        synapses.delay = "rand()*3*ms"
        made.append(synapses)
    return Network(group, *made)


NETWORKS: dict[str, Callable[[], Network]] = {
    **{name: CASES[name].build for name in ("B1", "B2", "B3", "B4", "eRBP-0.5")},
    "4 projections": lambda: projections(4),
    "16 projections": lambda: projections(16),
    "64 projections": lambda: projections(64),
}


def main(argv: list[str] | None = None) -> None:
    """Measure and keep the table, or one cell of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(NETWORKS)}; default: all")
    parser.add_argument("--here", nargs=2, metavar=("COMPILER", "FOLDER"), help="measure only this")
    options = parser.parse_args(argv)
    if options.here:
        print(seconds(NETWORKS[options.networks[0]], *options.here))
        return
    print(f"{engine.__name__}, CPU s of compiling: " + " | ".join(WAYS))
    table = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for name in options.networks or NETWORKS:
        table[name] = dict(zip(WAYS, measured(name))) | {"revision": about()["revision"]}
        print(f"{name}: " + " | ".join(f"{table[name][way]:.2f}" for way in WAYS))
        KEPT.write_text(json.dumps(table, indent=1) + "\n")


def measured(name: str) -> list[float]:
    """CPU seconds in the three ways."""
    with tempfile.TemporaryDirectory() as numba, tempfile.TemporaryDirectory() as direct:
        ways = (("numba", numba), ("direct", direct), ("direct", direct))
        return [_in_new_process(name, *way) for way in ways]


def _in_new_process(name: str, compiler: str, folder: str) -> float:
    command = [sys.executable, "-m", "benchmarks.compile_time", name, "--here", compiler, folder]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(output.splitlines()[-1])


def seconds(build: Callable[[], Network], compiler: str, folder: str) -> float:
    """CPU seconds of the first entry of the network's program, for no step."""
    prefs.codegen.target = "numba"
    prefs.codegen.runtime.numba.compiler = compiler
    prefs.codegen.runtime.numba.cache_dir = folder
    spent = []
    compile_program = Program.compile

    def timed(program: Program, *arguments: object) -> None:
        began = time.process_time()
        compile_program(program, *arguments)  # type: ignore[arg-type]
        spent.append(time.process_time() - began)

    Program.compile = timed  # type: ignore[method-assign]
    build().run(defaultclock.dt)
    return sum(spent)


if __name__ == "__main__":
    main()
