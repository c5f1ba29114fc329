"""A balanced network on Brian2: ``python -m benchmarks.simulators.brian_balanced JSON``.

JSON: ``target`` (numba, cython, cpp_standalone), ``cells``, ``learns``, ``settling``, ``seconds``,
``seed``.  One line of JSON is printed.
"""

import json
import resource
import sys
import tempfile
import time
from typing import Any

import brian2
from brian2 import second

import bioplaus.engine  # noqa: F401
from benchmarks import resident
from benchmarks.networks import balanced
from benchmarks.simulators.cost import cost


def in_this_process(p: dict[str, Any]) -> dict[str, float]:
    """CPU seconds and memory on a runtime target."""
    brian2.prefs.codegen.target = p["target"]
    before, began = resident.now(), time.process_time()
    network = balanced.network(p["cells"], p["learns"])
    built = time.process_time() - began
    network.run(p["settling"] * second)
    began, spikes = time.process_time(), network["spikes"].num_spikes
    network.run(p["seconds"] * second)
    ran = time.process_time() - began
    spikes = network["spikes"].num_spikes - spikes
    return cost(p, built, ran, spikes, _synapses(network), resident.most() - before)


def standalone(p: dict[str, Any]) -> dict[str, float]:
    """The same by a program of its own: what it takes for the whole, less what it takes to settle.

    Memory cannot be told from that of the compiler, which is a child, too.
    """
    spent, spikes, compiled = [], [], 0.0
    for seconds in (p["settling"], p["settling"] + p["seconds"]):
        brian2.device.reinit()
        brian2.device.activate()
        with tempfile.TemporaryDirectory() as folder:
            brian2.set_device("cpp_standalone", build_on_run=False)
            brian2.seed(p["seed"])
            network = balanced.network(p["cells"], p["learns"])
            network.run(seconds * second)
            before = _of_children()
            brian2.device.build(directory=folder, run=False)
            between = _of_children()
            brian2.device.run(folder, with_output=False, run_args=[])
            spent.append(_of_children() - between)
            compiled += (between - before) / 2
            spikes.append(network["spikes"].num_spikes)
            synapses = _synapses(network)
    return {
        "compile_s": compiled,
        "cpu_s_per_s": (spent[1] - spent[0]) / p["seconds"],
        "rate_hz": (spikes[1] - spikes[0]) / p["cells"] / p["seconds"],
        "synapses": synapses,
    }


def _synapses(network: brian2.Network) -> int:
    return sum(len(thing) for thing in network.objects if isinstance(thing, brian2.Synapses))


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(p: dict[str, Any]) -> None:
    """Run and print."""
    brian2.seed(p["seed"])
    measured = standalone if p["target"] == "cpp_standalone" else in_this_process
    print(json.dumps(measured(p)))


main(json.loads(sys.argv[1]))
