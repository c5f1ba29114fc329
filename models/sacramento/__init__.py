"""Dendritic cortical microcircuits approximate backpropagation (Sacramento et al. 2018)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "controls": ["LayeredNetwork"],
        "mixing": ["LearningRates", "Mixing", "learning_rates", "mixing"],
        "network": [
            "Microcircuit",
            "build",
            "circuit_weights",
            "live",
            "rates",
            "set_circuit_weights",
        ],
        "parameters": [
            "Association",
            "Bars",
            "Circuit",
            "Dynamics",
            "Regression",
            "SelfPrediction",
            "TwoSweep",
            "YinYang",
            "area_sizes",
        ],
        "stability": ["check_dynamics", "largest_time_step", "settling_time"],
        "steady_state": ["Relaxed", "relax", "weight_changes"],
        "two_sweep": ["Swept", "TwoSweepNetwork"],
        "weights": [
            "CircuitWeights",
            "distance_from_self_prediction",
            "initial_weights",
            "self_predicting",
        ],
    },
)
