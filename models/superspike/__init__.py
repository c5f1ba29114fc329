"""SuperSpike: errors of spike trains times voltage-based eligibility (Zenke and Ganguli 2018)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "layer": ["Layer", "Shown", "eligibility", "layer_of"],
        "learner": ["Learner", "Seen", "first_weights"],
        "network": ["SuperSpikeModel", "build", "live", "spike_input"],
        "parameters": ["SuperSpike", "check_network", "sizes"],
    },
)
