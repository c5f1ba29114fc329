"""Equilibrium propagation: two-phase fixed-point learning without symmetric weights.

Vector-field rule (Scellier et al. 2018), energy-based rule (Scellier and Bengio 2017), discrete
and continual forms (Ernoult et al. 2019, 2020), spiking form (O'Connor et al. 2019).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batched": ["Learner", "Report", "build_batched", "centre"],
        "discrete": ["DiscreteLearner"],
        "network": ["build", "by_layer", "live", "pixels", "time"],
        "parameters": ["Deep", "VectorField"],
        "relatives": ["Discrete", "Spiking"],
        "silence": ["silent_units", "warn_of_silent_units"],
        "spiking": ["SpikingLearner"],
        "theory": [
            "FlatNetwork",
            "asymmetry",
            "exact_gradient",
            "theorem_direction",
            "two_phase_update",
        ],
    },
)
