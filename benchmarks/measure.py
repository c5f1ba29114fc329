"""Measure one case on one target in this process, and print one line of JSON.

``python -m benchmarks.measure loop B1 numpy --folder CACHE``. A process of its own for each
measurement keeps caches, imports and random states of the targets apart. Times are CPU seconds,
so that other load on the machine matters little; compilation and a warm-up run are outside of the
loop's time.
"""

import argparse
import gc
import json
import sys
import time
from pathlib import Path

import numpy as np
from brian2 import (
    BrianLogger,
    Network,
    NeuronGroup,
    Synapses,
    device,
    prefs,
    second,
    set_device,
)
from numpy.typing import NDArray

from benchmarks.cases import CASES, TARGETS, Case, Target

WARM_UP_STEPS = 20


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("case", choices=sorted(CASES))
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, required=True, help="for caches and builds")
    arguments = parser.parse_args(argv)
    BrianLogger.log_level_error()
    target = TARGETS[arguments.target]
    select(target, arguments.folder)
    result = KINDS[arguments.kind](CASES[arguments.case], target, arguments)
    json.dump(result, sys.stdout)
    print()


def select(target: Target, folder: Path) -> None:
    """Set Brian2's target, floating type and cache folder."""
    folder.mkdir(parents=True, exist_ok=True)
    prefs.core.default_float_dtype = np.dtype(target.dtype).type
    if target.device == "cpp_standalone":
        prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
        set_device("cpp_standalone", build_on_run=False)
        return
    if target.device == "numba":
        from bioplaus.engine.preferences import ON_DEMAND, REWRITES

        prefs.codegen.runtime.numba.cache_dir = str(folder / "numba")
        rewrites = {"none": (), "default": REWRITES, "all": (*REWRITES, *ON_DEMAND)}
        prefs.codegen.runtime.numba.rewrites = rewrites[target.rewrites]
        prefs.codegen.runtime.numba.threads = target.threads
    prefs.codegen.runtime.cython.cache_dir = str(folder / "cython")
    prefs.codegen.target = target.device


def loop(case: Case, target: Target, options: argparse.Namespace) -> dict[str, float]:
    """CPU seconds of the time loop per simulated second, the least of the repeats; wall as well."""
    network = case.build()
    warm_up = _step(network) * WARM_UP_STEPS
    if target.device == "cpp_standalone":
        return _standalone_loop(network, warm_up, case, options)
    compiling = time.process_time()
    network.run(warm_up * second)
    compiling = time.process_time() - compiling
    gc.collect()
    gc.freeze()
    around = np.min([_seconds(network, 0.0) for _ in range(3)], axis=0)
    seconds = [_seconds(network, case.seconds) - around for _ in range(options.repeats)]
    cpu, wall = np.min(seconds, axis=0) / case.seconds
    floor = {}
    if case.all_weights and target.device == "numba" and target.rewrites == "default":
        from benchmarks.floor import seconds_per_step

        floor = {"memory_per_second": seconds_per_step(network) / _step(network)}
    return {"per_second": cpu, "wall_per_second": wall, "first_run": compiling, **floor}


def _standalone_loop(
    network: Network, warm_up: float, case: Case, options: argparse.Namespace
) -> dict[str, float]:
    network.run(warm_up * second)
    network.run(case.seconds * second)
    began = time.time()
    device.build(directory=str(options.folder / "standalone"), run=False)
    built = time.time() - began
    seconds = []
    for _ in range(options.repeats):
        device.run(with_output=False)
        seconds.append(device._last_run_time)  # std::clock around the last run's loop
    return {"per_second": min(seconds) / case.seconds, "build_wall": built}


def _step(network: Network) -> float:
    """The network's shortest time step [s]."""
    return min(float(thing.clock.dt) for thing in network.sorted_objects)


def _seconds(network: Network, duration: float) -> NDArray[np.float64]:
    """CPU and wall seconds of a run."""
    began = time.process_time(), time.time()
    network.run(duration * second)
    return np.subtract((time.process_time(), time.time()), began)


def start(case: Case, target: Target, options: argparse.Namespace) -> dict[str, float]:
    """Seconds from the built network to the end of its first step, CPU and wall."""
    network = case.build()
    dt = _step(network)
    wall, cpu = time.time(), time.process_time()
    network.run(dt * second)
    return {"wall": time.time() - wall, "cpu": time.process_time() - cpu}


def reenter(case: Case, target: Target, options: argparse.Namespace) -> dict[str, float]:
    """CPU seconds of one ``run(dt)``, the mean over a loop of such calls."""
    network = case.build()
    dt = _step(network)
    for _ in range(3):
        network.run(dt * second)
    calls = 20 * options.repeats if target.device == "numba" else 2 * options.repeats
    began = time.process_time()
    for _ in range(calls):
        network.run(dt * second)
    return {"per_call": (time.process_time() - began) / calls, "objects": len(network.objects)}


def memory(case: Case, target: Target, options: argparse.Namespace) -> dict[str, float]:
    """Resident bytes that a dense 784 x 500 projection adds, over its weights' own bytes."""
    pre, post = NeuronGroup(784, "r : 1"), NeuronGroup(500, "r : 1")
    _connected(NeuronGroup(2, "r : 1"), NeuronGroup(2, "r : 1"))  # compiled and imported before
    gc.collect()
    before = _resident_bytes()
    synapses = _connected(pre, post)
    gc.collect()
    weights = len(synapses) * np.dtype(target.dtype).itemsize
    return {
        "bytes": _resident_bytes() - before,
        "over_weights": (_resident_bytes() - before) / weights,
    }


def _connected(pre: NeuronGroup, post: NeuronGroup) -> Synapses:
    synapses = Synapses(pre, post, "w : 1")
    synapses.connect()
    synapses.w = 1.0
    return synapses


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


KINDS = {"loop": loop, "start": start, "reenter": reenter, "memory": memory}

if __name__ == "__main__":
    main()
