"""EventProp: exact gradients of spiking networks (Wunderlich and Pehle 2021)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "learner": ["Learner", "first_weights", "random_feedback"],
        "network": ["ClockedGradient", "build", "change", "on_clock", "read_samples"],
        "parameters": ["EventProp", "LatencyImages"],
        "presenting": ["Seen"],
    },
)
