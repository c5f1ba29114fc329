"""Ten million synapses: ``python -m benchmarks.synapses``.

How long `connect` and the first run take for each, and how many bytes each takes: the most
while they are made, and what is kept when the network has run.  Each kind is measured in a process
of its own.  ``docs/results/engine/synapses.json`` keeps it.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import brian2
import numpy as np
from brian2 import ms

import bioplaus.engine  # noqa: F401
from benchmarks import resident
from benchmarks.kept import keep

KEPT = Path("docs/results/engine/synapses.json")
STATIC = {"model": "w : 1", "on_pre": "v_post += w"}
PLASTIC = {
    "model": "w : 1",
    "on_pre": "v_post += w; w = clip(w + y_post, 0, 1)",
    "on_post": "w = clip(w + x_pre, 0, 1)",
}
TARGET_ONLY = {**PLASTIC, "on_post": "w = clip(w + y_post, 0, 1)"}
WITH_TRACES = {
    "model": """w : 1
                da/dt = -a/(20*ms) : 1 (event-driven)
                db/dt = -b/(20*ms) : 1 (event-driven)""",
    "on_pre": "v_post += w; a += 0.01; w = clip(w - b, 0, 1)",
    "on_post": "b += 0.01; w = clip(w + a, 0, 1)",
}
KINDS: dict[str, tuple[dict[str, str], Any]] = {
    "static": (STATIC, None),
    "static, one delay": (STATIC, 2 * ms),
    "static, own delays": (STATIC, "own"),
    "static, listed in no order": (STATIC, "listed"),
    "plastic, nothing of the source read": (TARGET_ONLY, None),
    "plastic, traces of the cells": (PLASTIC, None),
    "plastic, traces of its own": (WITH_TRACES, None),
}


def _network(kind: str, cells: int) -> tuple[brian2.Network, float]:
    """Cells with a tenth of all synapses, and CPU seconds of `connect`; every tenth cell spikes."""
    text, special = KINDS[kind]
    brian2.seed(1)
    rng = np.random.default_rng(1)
    group = brian2.NeuronGroup(
        cells, "v : 1\nx : 1\ny : 1", threshold="v > 1 and t < 0.05*ms", reset="v = 0", name="cells"
    )
    group.v = "2*int(i % 10 == 0)"
    synapses = brian2.Synapses(group, group, **text, name="synapses")
    if special == "listed":
        given = {k: rng.integers(0, cells, cells * cells // 10, dtype=np.int32) for k in "ij"}
        began = time.process_time()
        synapses.connect(**given)
    else:
        began = time.process_time()
        synapses.connect(p=0.1)
    took = time.process_time() - began
    synapses.w = 0.01
    if special == "own":
        own = synapses.delay_[:]
        for begin in range(0, len(own), 1 << 20):
            own[begin : begin + (1 << 20)] = rng.random(len(own[begin : begin + (1 << 20)])) * 5e-3
    elif special is not None and special != "listed":
        synapses.delay = special
    return brian2.Network(group, synapses), took


def measured(kind: str, number: int) -> dict[str, Any]:
    """One kind, after a small network of the same code has compiled it."""
    brian2.prefs.codegen.target = "numba"
    small, _ = _network(kind, 1100)
    small.run(0.1 * ms)
    before = resident.now()
    network, connecting = _network(kind, round((10 * number) ** 0.5))
    synapses = len(network["synapses"])
    began = time.process_time()
    network.run(0.1 * ms)
    running = time.process_time() - began
    return {
        "synapses": synapses,
        "connect_ns": round(1e9 * connecting / synapses, 1),
        "first_step_ns": round(1e9 * running / synapses, 1),
        "bytes_most": round((resident.most() - before) / synapses, 1),
        "bytes_kept": round((resident.now() - before) / synapses, 1),
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=float, default=1e7)
    parser.add_argument("--kind", choices=KINDS, help="this one only, printed and not kept")
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args()
    if arguments.kind is not None:
        print(json.dumps(measured(arguments.kind, int(arguments.number))))
        return
    found = {}
    for kind in KINDS:
        command = [sys.executable, "-m", "benchmarks.synapses", "--kind", kind]
        command += ["--number", str(arguments.number)]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
        found[kind] = json.loads(ran.stdout.splitlines()[-1])
        print(kind, found[kind], flush=True)
    keep(found, arguments.out, _table)


def _table(found: dict[str, Any]) -> str:
    """As the documentation shows it."""
    lines = [
        "| synapses | `connect` | first step | bytes, at most | bytes kept |",
        "|---|---:|---:|---:|---:|",
    ]
    for kind, told in found.items():
        times = f"{told['connect_ns']:.0f} ns | {told['first_step_ns']:.0f} ns"
        lines.append(f"| {kind} | {times} | {told['bytes_most']} | {told['bytes_kept']} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
