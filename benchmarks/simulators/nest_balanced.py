"""A balanced network in NEST, for an interpreter that has it: ``python nest_balanced.py JSON``.

JSON: ``cells``, ``learns``, ``settling``, ``seconds``, and the constants of
`benchmarks.networks.balanced` in ms and mV.  One line of JSON is printed.
"""

import json
import sys
import time
from typing import Any

import nest
from cost import cost, memory


def network(p: dict[str, Any]) -> nest.NodeCollection:
    """Cells and synapses; what is returned counts spikes."""
    nest.set(resolution=p["step"], total_num_virtual_procs=1, rng_seed=p["seed"])
    excitatory = 4 * p["cells"] // 5
    constants = {
        "C_m": 1.0, "tau_m": p["tau"], "V_th": p["threshold"], "t_ref": p["refractory"],
        "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "refractory_input": True,
    }  # fmt: skip
    everyone = nest.Create("iaf_psc_delta", p["cells"], constants)
    exciting, inhibiting = everyone[:excitatory], everyone[excitatory:]
    outside = nest.Create("poisson_generator", params={"rate": p["outside"]})
    nest.Connect(outside, everyone, syn_spec={"weight": p["weight"], "delay": p["delay"]})
    share = {"rule": "pairwise_bernoulli", "p": p["share"]}
    excites = {"weight": p["weight"], "delay": p["delay"]}
    if p["learns"]:
        rule = {
            "lambda": p["potentiation"], "alpha": p["depression"] / p["potentiation"],
            "Wmax": 2 * p["weight"], "tau_plus": p["tau_trace"], "mu_plus": 0.0, "mu_minus": 0.0,
        }  # fmt: skip
        nest.CopyModel("stdp_synapse", "plastic", rule)
        everyone.tau_minus = p["tau_trace"]
        nest.Connect(exciting, exciting, share, {**excites, "synapse_model": "plastic"})
        nest.Connect(exciting, inhibiting, share, excites)
    else:
        nest.Connect(exciting, everyone, share, excites)
    inhibits = {"weight": -p["inhibition"] * p["weight"], "delay": p["delay"]}
    nest.Connect(inhibiting, everyone, share, inhibits)
    recorder = nest.Create("spike_recorder", params={"record_to": "memory"})
    nest.Connect(everyone, recorder)
    return recorder


def main(p: dict[str, Any]) -> None:
    """Build, run and print."""
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    before, began = memory(), time.process_time()
    recorder = network(p)
    nest.Prepare()
    built = time.process_time() - began
    synapses = nest.num_connections - 2 * p["cells"]
    nest.Run(1000 * p["settling"])
    began, spikes = time.process_time(), recorder.n_events
    nest.Run(1000 * p["seconds"])
    ran = time.process_time() - began
    nest.Cleanup()
    spikes = recorder.n_events - spikes
    print(json.dumps(cost(p, built, ran, spikes, synapses, memory() - before)))


main(json.loads(sys.argv[1]))
