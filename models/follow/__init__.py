"""FOLLOW: feedback-based online local learning of weights (Gilra and Gerstner 2017)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "control": ["Control", "add_control"],
        "field": ["learned_field"],
        "ideal": ["ideal_weights"],
        "network": ["FollowModel", "build", "commands", "learning", "live"],
        "parameters": [
            "Arm",
            "Follow",
            "InverseArm",
            "Linear",
            "Lorenz",
            "VanDerPol",
            "VanDerPolLowRate",
            "acting_rate",
        ],
        "reader": ["Reader", "add_reader"],
        "stability": ["delay_margin", "loop_growth"],
    },
)
