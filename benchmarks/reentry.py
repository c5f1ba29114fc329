"""What entering ``run()`` again costs: ``python -m benchmarks.reentry``.

The network is B1, of 26 objects with their parts, run for one step of 1 ms at a time: with nothing
changed, with another constant in every run, and in a function whose local variables are the
constants.  Each measurement has a process of its own; those of an earlier revision, whose checkout
is given by ``--before``, come from the same minutes, and stay in the report without it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import BrianLogger, Network, Synapses, ms, prefs

SYNAPSES = (100_000, 1_000_000)
INPUTS = 784
KEPT = Path("docs/results/engine/reentry.json")


def main(argv: list[str] | None = None) -> None:
    """Measure, print, and write ``reentry.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="checkout of an earlier revision")
    parser.add_argument(
        "--measure", nargs=2, metavar=("TARGET", "SYNAPSES"), help="in this process"
    )
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    if arguments.measure is not None:
        target, synapses = arguments.measure
        json.dump(per_call(target, int(synapses)), sys.stdout)
        return
    here = Path(__file__).parent.parent
    places = {"now": here} | ({"before": arguments.before} if arguments.before else {})
    kept = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    result: dict[str, Any] = {"unit": "CPU seconds of a call"}
    for synapses in SYNAPSES:
        row = result[f"{synapses} synapses"] = {
            name: _measured(place, "numba", synapses) for name, place in places.items()
        }
        if "before" in kept.get(f"{synapses} synapses", {}):
            row.setdefault("before", kept[f"{synapses} synapses"]["before"])
        if synapses == SYNAPSES[0]:
            row["numpy"] = _measured(here, "numpy", synapses)
    print(json.dumps(result, indent=1))
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


def _measured(checkout: Path, target: str, synapses: int) -> dict[str, Any]:
    """A measurement of the package in a checkout, by this file."""
    command = [sys.executable, "-W", "ignore", __file__, "--measure", target, str(synapses)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = os.environ | threads | {"PYTHONPATH": str(checkout.resolve())}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    revision = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"revision": revision.stdout.strip(), **found}


def per_call(target: str, synapses: int) -> dict[str, float]:
    """CPU seconds of a call in each of the three situations."""
    import bioplaus.engine  # noqa: F401
    from benchmarks.networks import event_driven

    BrianLogger.log_level_error()
    prefs.codegen.target = target
    folder = Path(tempfile.gettempdir()) / "bioplaus-bench" / "reentry"
    folder.mkdir(parents=True, exist_ok=True)
    prefs.codegen.runtime.numba.cache_dir = str(folder)
    network = event_driven.network(INPUTS, hidden=synapses // INPUTS)
    outside: dict[str, Any] = event_driven.CONSTANTS
    tau_error = outside["tau_error"]

    def constant(turn: int) -> None:
        outside["tau_error"] = (10 + turn) * ms
        network.run(1 * ms)

    found = {"nothing changed": _least(lambda turn: network.run(1 * ms))}
    found["another constant"] = _least(constant)
    outside["tau_error"] = tau_error
    for thing in network.objects:
        thing.namespace = {}
    found["in a function"] = _least(lambda turn: _with_local_constants(network))
    things = network.sorted_objects
    number = sum(len(thing) for thing in things if isinstance(thing, Synapses))
    return {**found, "objects": len(things), "synapses": number}


def _with_local_constants(network: Network) -> None:
    tau_membrane, tau_synapse, tau_error = 20 * ms, 4 * ms, 10 * ms
    rate, low, high = 1e-4, -2.0, 2.5
    network.run(1 * ms)  # it finds them by their names
    del tau_membrane, tau_synapse, tau_error, rate, low, high


def _least(call: Callable[[int], None]) -> float:
    """The least of the means of five loops, each of about half a second, 200 calls at most."""
    for turn in range(3):
        call(turn)
    began = time.process_time()
    call(3)
    calls = int(np.clip(0.5 / (time.process_time() - began), 3, 200))
    means = []
    for _ in range(5):
        began = time.process_time()
        for turn in range(calls):
            call(turn)
        means.append((time.process_time() - began) / calls)
    return min(means)


if __name__ == "__main__":
    main()
