"""NormAD: normalised approximate descent (Anwani and Rajendran 2015, 2018)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "learner": ["Learner", "Seen"],
        "maps": ["feature_trains", "kernels"],
        "network": ["build"],
        "parameters": ["Digits", "NormAD"],
    },
)
