"""HM2-BP: hybrid macro/micro level backpropagation (Jin, Zhang and Li 2018)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "learner": ["Learner", "Seen", "first_weights", "reweighted"],
        "network": ["build"],
        "parameters": ["HybridMacroMicro"],
    },
)
