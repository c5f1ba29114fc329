"""COBAHH: 4000 Hodgkin-Huxley cells with conductance synapses, 2 %, 0.1 ms.

Benchmark 3 of Brette et al. (2007), after Traub and Miles (1991): five variables of each cell with
eleven exponential functions a step.
"""

import numpy as np
from brian2 import Network, NeuronGroup, defaultclock, ms, mV, nF, nS, uS

from benchmarks.networks.cuba import connected

NEURON = """
dv/dt = (g_leak*(E_leak - v) + ge*(E_excitation - v) + gi*(E_inhibition - v)
         - g_sodium*m**3*h*(v - E_sodium) - g_potassium*n**4*(v - E_potassium))/C : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dge/dt = -ge/tau_excitation : siemens
dgi/dt = -gi/tau_inhibition : siemens
alpha_m = 1.28/exprel((13*mV - v + V_T)/(4*mV))/ms : Hz
beta_m = 1.4/exprel((v - V_T - 40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV - v + V_T)/(18*mV))/ms : Hz
beta_h = 4/(1 + exp((40*mV - v + V_T)/(5*mV)))/ms : Hz
alpha_n = 0.16/exprel((15*mV - v + V_T)/(5*mV))/ms : Hz
beta_n = 0.5*exp((10*mV - v + V_T)/(40*mV))/ms : Hz
"""
CONSTANTS = {
    "C": 0.2 * nF,
    "g_leak": 10 * nS,
    "g_sodium": 20 * uS,
    "g_potassium": 6 * uS,
    "E_leak": -60 * mV,
    "E_sodium": 50 * mV,
    "E_potassium": -90 * mV,
    "E_excitation": 0 * mV,
    "E_inhibition": -80 * mV,
    "V_T": -63 * mV,
    "tau_excitation": 5 * ms,
    "tau_inhibition": 10 * ms,
    "w_excitation": 6 * nS,
    "w_inhibition": 67 * nS,
}


def network(size: int = 4000, probability: float = 0.02) -> Network:
    """``size`` neurons, four fifths excitatory, each pair connected with ``probability``."""
    defaultclock.dt = 0.1 * ms
    rng = np.random.default_rng(5)
    neuron = NeuronGroup(
        size,
        NEURON,
        threshold="v > -20*mV",
        refractory=3 * ms,
        method="exponential_euler",
        namespace=CONSTANTS,
        name="neuron",
    )
    neuron.v = (-65 + 5 * rng.standard_normal(size)) * mV
    neuron.ge = (40 + 15 * rng.standard_normal(size)) * nS
    neuron.gi = (200 + 120 * rng.standard_normal(size)) * nS
    return connected(neuron, rng.random((size, size)) < probability, CONSTANTS)
