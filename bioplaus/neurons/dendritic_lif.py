"""Leaky integrate-and-fire neuron with a dendrite that hears errors only.

The plastic neuron of event-driven random back-propagation (Neftci, Augustine, Paul, Detorakis
2017).  The membrane is driven by data and makes spikes; the dendritic potential integrates error
spikes and never reaches the membrane.  Both matter to a synapse: the dendrite says which way to
change, the synaptic current whether to change at all (the boxcar that stands for the derivative
of the activation function).
"""

from __future__ import annotations

import math

__all__ = ["COUNT_OPEN_GATES", "LEARNING_SIGNAL", "NEW_PRESENTATION", "RESET", "dendritic_lif"]
__all__ += ["firing_rate"]


def dendritic_lif() -> str:
    """Equations of the neuron.

    ::

        tau_membrane dv/dt = current - v     (held at 0 while refractory; spikes above threshold)
        tau_synapse dcurrent/dt = -current   (each input spike adds its weight)
        tau_dendrite du/dt = -u              (each error spike adds its weight)

    Membrane potential ``v``, synaptic ``current`` (in volts, resistance included) and dendritic
    potential ``u`` are in volts.  ``learning_signal`` [V] is what one presynaptic spike adds to a
    weight, see :data:`LEARNING_SIGNAL`.  ``spike_count`` counts spikes (in an output layer since
    the presentation began, see :data:`NEW_PRESENTATION`), ``first_spike`` is the time of the first
    of them (meaningless while there is none), ``gate_open`` counts the frames at whose end the
    gate was open.
    """
    return """
    dv/dt = (current - v)/tau_membrane : volt (unless refractory)
    dcurrent/dt = -current/tau_synapse : volt
    du/dt = -u/tau_dendrite : volt
    gate = int(gate_low < current)*int(current < gate_high) : 1
    learning_rate : 1 (shared)
    learning_signal : volt
    gated_error : volt
    spike_count : 1
    gate_open : 1
    first_spike : second
    """


LEARNING_SIGNAL = """
gated_error = u*gate
learning_signal = learning_rate*plasticity(t - onset)*gated_error
"""
"""Once per step and neuron, before spikes arrive: the change that a presynaptic spike will make.

The paper's T_i Theta(I_i): learning rate times dendritic error, zero unless the synaptic current
lies strictly inside the gate.  ``plasticity(t - onset)`` is supplied when the network runs: 0
while learning is off, else the present fraction of the learning rate.
"""

RESET = """
v = 0*volt
first_spike += int(spike_count == 0)*(t - first_spike)
spike_count += 1
"""
"""What a spike does: reset the membrane, count, and note the time of the first."""

COUNT_OPEN_GATES = "gate_open += gate"
"""On the slow clock of the stimulus."""

NEW_PRESENTATION = "spike_count *= 1 - fresh(t - onset)"
"""On the slow clock of the stimulus: forget the count where a new presentation begins."""


def firing_rate(current: float, threshold: float, tau_membrane: float, refractory: float) -> float:
    """Rate [Hz] at a constant current [V] without noise.

    ``refractory`` [s] is how long the membrane is held after a spike; integration from 0 to
    ``threshold`` [V] with ``tau_membrane`` [s] follows.
    """
    if current <= threshold:
        return 0.0
    return 1.0 / (refractory + tau_membrane * math.log(current / (current - threshold)))
