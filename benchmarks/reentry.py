"""CPU seconds of entering ``run()`` again: ``python -m benchmarks.reentry CACHE [synapses]``.

The network is B1, of 17 objects with their parts, run for one step at a time: with nothing
changed, with another constant in every run, and in a function whose local variables are the
constants.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
from brian2 import BrianLogger, Network, Synapses, ms, prefs

from benchmarks.networks import event_driven

INPUTS = 784


def main(folder: str, synapses: str = "100000") -> None:
    """Measure on the engine with the cache in ``folder``, and print one line of JSON."""
    import bioplaus.engine  # noqa: F401

    BrianLogger.log_level_error()
    prefs.codegen.target = "numba"
    prefs.codegen.runtime.numba.cache_dir = folder
    json.dump(per_call(int(synapses), 20), sys.stdout)
    print()


def per_call(synapses: int, calls: int) -> dict[str, float]:
    """CPU seconds of a call in each of three situations, the least of three means over calls."""
    network = event_driven.network(INPUTS, hidden=max(1, synapses // INPUTS))
    outside = event_driven.CONSTANTS
    tau_error = outside["tau_error"]

    def nothing(turn: int) -> None:
        network.run(1 * ms)

    def constant(turn: int) -> None:
        outside["tau_error"] = (10 + turn) * ms
        network.run(1 * ms)

    found = {"nothing changed": _least(nothing, calls), "another constant": _least(constant, calls)}
    outside["tau_error"] = tau_error
    for thing in network.objects:
        thing.namespace = {}
    found["in a function"] = _least(lambda turn: _with_local_constants(network), calls)
    things = network.sorted_objects
    number = sum(len(thing) for thing in things if isinstance(thing, Synapses))
    return {**found, "objects": len(things), "synapses": number}


def _with_local_constants(network: Network) -> None:
    tau_membrane, tau_synapse, tau_error = 20 * ms, 4 * ms, 10 * ms
    rate, low, high = 1e-4, -2.0, 2.5
    network.run(1 * ms)  # it finds them by their names
    del tau_membrane, tau_synapse, tau_error, rate, low, high


def _least(call: Callable[[int], None], calls: int) -> float:
    for turn in range(3):
        call(turn)
    means = []
    for _ in range(3):
        began = time.process_time()
        for turn in range(calls):
            call(turn)
        means.append((time.process_time() - began) / calls)
    return float(np.min(means))


if __name__ == "__main__":
    main(*sys.argv[1:])
