"""Event-driven random back-propagation (Neftci, Augustine, Paul and Detorakis 2017)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "network": [
            "ErbpModel",
            "build",
            "fan_out",
            "last_feedback",
            "live",
            "pixels",
            "spikes_so_far",
        ],
        "rate_reference": ["RateNetwork"],
        "parameters": ["OneHiddenLayer", "check_network"],
    },
)
