"""Equilibrium propagation: two-phase fixed-point learning without symmetric weights.

Vector-field rule (Scellier et al. 2018), beside the energy-based rule (Scellier and Bengio 2017).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batched": ["Learner", "Report", "build_batched", "centre"],
        "network": ["build", "by_layer", "live", "pixels", "time"],
        "parameters": ["VectorField"],
        "theory": [
            "FlatNetwork",
            "asymmetry",
            "exact_gradient",
            "theorem_direction",
            "two_phase_update",
        ],
    },
)
