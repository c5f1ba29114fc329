"""The factorised currents against the printed rule with every weight, driven by the same spikes."""

from __future__ import annotations

import brian2
import numpy as np
import pytest
from numba import njit

from bioplaus.experiments.follow.linear import Settings
from bioplaus.experiments.follow.linear_training import LinearTraining
from bioplaus.parameters import replace
from bioplaus.runs.backend import Backend
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.run import Run

NEURONS, SECONDS = 300, 20


@njit
def printed_rule(spikes, error, rate, decay, jump):
    """Every weight by eq 10, (post, pre) for unit encoders, and the trace, after all steps.

    spikes : (steps, neurons) of 0 and 1; error : (steps, neurons) error current of each neuron.
    """
    steps, neurons = spikes.shape
    w, r = np.zeros((neurons, neurons)), np.zeros(neurons)
    for n in range(steps):
        for i in range(neurons):
            for j in range(neurons):
                w[i, j] += rate * 1e-3 / neurons * error[n, i] * r[j]
        r = decay * r + jump * spikes[n]
    return w, r


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_currents_of_the_printed_rule_with_the_same_spikes():
    """300 + 300 neurons, 20 s of learning: no rounding grows, however long spikes are shared."""
    Backend(name="numba").select(3)
    p = replace(Settings(), {"neurons": NEURONS})
    experiment = LinearTraining(p, Run(p, 3, Journal()))
    model, groups = experiment.model, experiment.model.populations
    layers = ("recurrent", "command")
    spikes = {name: brian2.SpikeMonitor(groups[name], name=f"all_{name}") for name in layers}
    errors = brian2.StateMonitor(
        groups["output"], "learning_error", record=True, when="end", name="all_errors"
    )
    experiment.model.network.add(errors, *spikes.values())
    experiment.show(experiment.tracking.training(float(SECONDS)), 10.0, share=5.0)
    rate = float(np.asarray(groups["output"].learning_rate_))

    encoders = model.state_tuning.encoders
    decay = np.exp(-1 / 20)
    drive = np.zeros(NEURONS)
    for name, fired in spikes.items():
        raster = np.zeros((1000 * SECONDS, NEURONS))
        raster[np.round(fired.t_[:] * 1000).astype(int), fired.i[:]] = 1.0
        error_currents = np.ascontiguousarray(errors.learning_error.T @ encoders.T)
        w, r = printed_rule(raster, error_currents, rate, decay, (1 - decay) / 1e-3)
        factorised = encoders @ model.weights()[f"{name}_learning"].T
        assert np.abs(w).max() > 1e-3
        assert np.abs(factorised - w).max() < 1e-10 * np.abs(w).max()
        drive += w @ r
    ours = encoders @ groups["output"].drive[:]
    assert np.abs(drive).max() > 0.1
    assert np.abs(ours - drive).max() < 1e-10 * max(1.0, np.abs(drive).max())
