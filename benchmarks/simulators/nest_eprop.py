"""e-prop in NEST, for an interpreter that has it: ``python nest_eprop.py DRAWN.npz TRIALS``.

The file holds weights (pre, post) ``input``, ``recurrent``, ``output``, ``feedback``, one cell's
``spikes`` (steps, inputs) and ``target`` (steps,), the same in every trial.  One line of JSON is
printed: the losses of the trials, and CPU seconds for each after the first.
"""

import json
import sys
import time

import nest
import numpy as np

CELL = {
    "C_m": 1.0, "E_L": 0.0, "I_e": 0.0, "V_m": 0.0, "V_th": 0.03, "t_ref": 0.0, "tau_m": 30.0,
    "c_reg": 300.0, "f_target": 10.0, "regular_spike_arrival": False,
    "surrogate_gradient_function": "piecewise_linear", "surrogate_gradient_height": 0.3 / 0.03,
    "surrogate_gradient_width": 0.03,
}  # fmt: skip
READOUT = {
    "C_m": 1.0, "E_L": 0.0, "I_e": 0.0, "V_m": 0.0, "tau_m": 30.0, "loss": "mean_squared_error",
    "regular_spike_arrival": False,
}  # fmt: skip
DESCENT = {
    "optimizer": "gradient_descent",
    "batch_size": 1,
    "eta": 1e-4,
    "Wmin": -100.0,
    "Wmax": 100.0,
}
STEP = 1.0  # ms, and every delay
TO_READOUT = 4 * STEP  # generators begin at one step; to the inputs, to the cells, to the readout
ALL, EACH = "all_to_all", "one_to_one"


def network(drawn: dict[str, np.ndarray], trials: int) -> nest.NodeCollection:
    """Inputs, cells and a readout; what is returned records its error."""
    steps, inputs = drawn["spikes"].shape
    nest.set(
        resolution=STEP,
        total_num_virtual_procs=1,
        eprop_update_interval=steps * STEP,
        eprop_learning_window=steps * STEP,
        eprop_reset_neurons_on_update=True,
    )
    from_file = nest.Create("spike_generator", inputs)
    for cell, generator in enumerate(from_file):
        at = np.flatnonzero(drawn["spikes"][:, cell]) + STEP
        generator.spike_times = (at + steps * np.arange(trials)[:, None]).ravel()
    source = nest.Create("parrot_neuron", inputs)
    cells = nest.Create("eprop_iaf_bsshslm_2020", len(drawn["recurrent"]), CELL)
    readout = nest.Create("eprop_readout_bsshslm_2020", 1, READOUT)
    shown = {
        "amplitude_times": TO_READOUT + np.arange(trials * steps) * STEP,
        "amplitude_values": np.tile(drawn["target"], trials),
    }
    teacher = nest.Create("step_rate_generator", 1, shown)
    common = {"optimizer": DESCENT, "average_gradient": False}
    nest.SetDefaults("eprop_synapse_bsshslm_2020", common)
    learns = {"synapse_model": "eprop_synapse_bsshslm_2020", "delay": STEP}
    learns["tau_m_readout"] = READOUT["tau_m"]
    others = {"rule": ALL, "allow_autapses": False}
    nest.Connect(from_file, source, EACH, {"delay": STEP})
    nest.Connect(source, cells, ALL, {**learns, "weight": drawn["input"].T})
    nest.Connect(cells, cells, others, {**learns, "weight": drawn["recurrent"].T})
    nest.Connect(cells, readout, ALL, {**learns, "weight": drawn["output"].T})
    signal = {"synapse_model": "eprop_learning_signal_connection_bsshslm_2020", "delay": STEP}
    nest.Connect(readout, cells, ALL, {**signal, "weight": drawn["feedback"].T})
    told = {"synapse_model": "rate_connection_delayed", "delay": STEP, "receptor_type": 2}
    nest.Connect(teacher, readout, EACH, told)
    meter = nest.Create("multimeter", {"record_from": ["error_signal"], "interval": STEP})
    meter.start = TO_READOUT
    nest.Connect(meter, readout, EACH, {"delay": STEP})
    return meter


def main(path: str, trials: int) -> None:
    """Build, run and print."""
    nest.ResetKernel()
    drawn = dict(np.load(path))
    steps = len(drawn["spikes"])
    began = time.process_time()
    meter = network(drawn, trials)
    nest.Prepare()
    built = time.process_time() - began
    nest.Run(steps * STEP)
    began = time.process_time()
    nest.Run((trials - 1) * steps * STEP)
    ran = time.process_time() - began
    nest.Run(2 * TO_READOUT)
    nest.Cleanup()
    errors = np.asarray(meter.events["error_signal"])[: trials * steps]
    losses = 0.5 * np.sum(errors.reshape(trials, steps) ** 2, axis=1)
    told = {"build_s": built, "cpu_s_per_trial": ran / (trials - 1), "losses": losses.tolist()}
    print(json.dumps(told))


main(sys.argv[1], int(sys.argv[2]))
