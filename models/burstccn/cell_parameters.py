"""Constants of the bursting cell, from the code released with Payeur 2021."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import Quantity, parameter

__all__ = ["SimplifiedCell"]


@dataclass(frozen=True)
class SimplifiedCell:
    """The simplified two-compartment cell (Payeur 2021, exclusive or; released code)."""

    leak: Quantity = parameter("-70 mV", "leak reversal", symbol="E_L")
    reset: Quantity = parameter("-70 mV", "somatic potential after a spike", symbol="V_r")
    tau_soma: Quantity = parameter("16 ms", "somatic time constant", symbol="tau_s", low="0.1 ms")
    capacitance_soma: Quantity = parameter(
        "370 pF", "somatic capacitance", symbol="C_s", low="1 pF"
    )
    tau_dendrite: Quantity = parameter(
        "7 ms", "dendritic time constant", symbol="tau_d", low="0.1 ms"
    )
    capacitance_dendrite: Quantity = parameter(
        "170 pF", "dendritic capacitance", symbol="C_d", low="1 pF"
    )
    threshold: Quantity = parameter("-50 mV", "threshold at rest", symbol="theta_0")
    threshold_jump: Quantity = parameter("2 mV", "rise of the threshold at a spike", low="0 mV")
    tau_threshold: Quantity = parameter("27 ms", "its decay", symbol="tau_theta", low="0.1 ms")
    adaptation: Quantity = parameter("200 pA", "somatic adaptation", symbol="b_w", low="0 pA")
    tau_adaptation: Quantity = parameter("100 ms", "its decay", symbol="tau_ws", low="0.1 ms")
    dendritic_adaptation: Quantity = parameter(
        "13 nS", "dendritic adaptation", symbol="a_w", low="0 nS"
    )
    tau_dendritic_adaptation: Quantity = parameter(
        "30 ms", "its time constant", symbol="tau_wd", low="0.1 ms"
    )
    burst_midpoint: Quantity = parameter(
        "-57 mV", "dendritic potential of burst probability one half", symbol="E_d"
    )
    burst_slope: Quantity = parameter("6 mV", "width of its sigmoid", symbol="D_d", low="0.1 mV")
    refractory: Quantity = parameter("20 ms", "refractory period", low="0 ms")
    extra_from: Quantity = parameter("5 ms", "earliest extra spike", low="0 ms")
    extra_to: Quantity = parameter("15 ms", "latest extra spike", low="0 ms")
    burst_window: Quantity = parameter(
        "16 ms", "longest interval within a burst", source="Greedy 2022", low="0.1 ms"
    )
    reversal_excitation: Quantity = parameter("0 mV", "excitatory reversal", symbol="E_E")
    reversal_inhibition: Quantity = parameter("-80 mV", "inhibitory reversal", symbol="E_I")
    tau_excitation: Quantity = parameter("5 ms", "excitatory decay", low="0.1 ms")
    tau_inhibition: Quantity = parameter("10 ms", "inhibitory decay", low="0.1 ms")
    somatic_driving_force: bool = parameter(
        True, "dendritic synapses see the somatic potential", source="Payeur 2021, released code"
    )
