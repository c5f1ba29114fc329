"""A balanced network in ANNarchy, for an interpreter that has it: ``python annarchy_balanced.py
JSON``, as `nest_balanced` is told it.

Input from outside is a normal number in each step, with the mean and the variance of the Poisson
input: ANNarchy has no such input without a population of its own.
"""

import json
import resource
import sys
import tempfile
import time
from typing import Any

import ANNarchy as annarchy
from cost import cost, memory


def network(p: dict[str, Any]) -> tuple[annarchy.Network, Any, list[Any]]:
    """The network, what records the spikes, and the projections."""
    made = annarchy.Network(dt=p["step"], seed=p["seed"])
    excitatory = 4 * p["cells"] // 5
    drive = p["outside"] / 1000 * p["weight"]  # mV/ms
    spread = p["weight"] * (p["outside"] / 1000 / p["step"]) ** 0.5
    constants = {"tau": p["tau"], "threshold": p["threshold"], "drive": drive, "spread": spread}
    cell = annarchy.Neuron(
        parameters=constants,
        equations="tau*dv/dt = -v + tau*(drive + spread*Normal(0.0, 1.0)) : init=0.0, exponential",
        spike="v > threshold",
        reset="v = 0.0",
        refractory=p["refractory"],
    )
    everyone = made.create(geometry=p["cells"], neuron=cell)
    exciting, inhibiting = everyone[:excitatory], everyone[excitatory:]
    fixed = annarchy.Synapse(pre_spike="post.v += w")
    learns = annarchy.Synapse(
        parameters={
            "largest": 2 * p["weight"], "tau_trace": p["tau_trace"],
            "potentiation": p["potentiation"], "depression": p["depression"],
        },
        equations="""
            tau_trace*dx/dt = -x : event-driven
            tau_trace*dy/dt = -y : event-driven
        """,
        pre_spike="""
            post.v += w
            x += 1.0
            w = clip(w - depression*largest*y, 0.0, largest)
        """,
        post_spike="""
            y += 1.0
            w = clip(w + potentiation*largest*x, 0.0, largest)
        """,
    )  # fmt: skip
    kinds = [
        (exciting, exciting, "excites", learns if p["learns"] else fixed, p["weight"]),
        (exciting, inhibiting, "excites", fixed, p["weight"]),
        (inhibiting, everyone, "inhibits", fixed, -p["inhibition"] * p["weight"]),
    ]
    projections = [
        made.connect(source, target, name, rule).fixed_probability(
            p["share"], weights=weight, delays=p["delay"]
        )
        for source, target, name, rule, weight in kinds
    ]
    return made, made.monitor(everyone, ["spike"]), projections


def main(p: dict[str, Any]) -> None:
    """Build, compile, run and print."""
    before, began = memory(), time.process_time()
    made, recorder, projections = network(p)
    with tempfile.TemporaryDirectory() as folder:
        made.compile(directory=folder, silent=True)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        built = time.process_time() - began
        made.simulate(1000 * p["settling"])
        recorder.get("spike")
        began = time.process_time()
        made.simulate(1000 * p["seconds"])
        ran = time.process_time() - began
        spikes = sum(map(len, recorder.get("spike").values()))
    synapses = sum(projection.nb_synapses for projection in projections)
    told = cost(p, built, ran, spikes, synapses, memory() - before)
    told["compile_s"] = children.ru_utime + children.ru_stime
    print(json.dumps(told))


main(json.loads(sys.argv[1]))
