"""e-prop: learning signals times eligibility traces (Bellec and others 2020)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "eligibility": ["Traces", "presynaptic", "traces"],
        "learner": ["Learner", "first_weights"],
        "network": ["EpropModel", "build", "gradients", "live", "spike_input"],
        "online": ["Online", "OnlineLearner"],
        "parameters": ["Eprop", "Evidence", "check_network"],
        "trial": ["Constants", "Trial"],
    },
)
