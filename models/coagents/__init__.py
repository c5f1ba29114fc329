"""Coagents: stochastic units with a policy gradient each (Kostas, Nota and Thomas 2020)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "network": ["Coagents", "Outcome"],
        "theory": ["exact_update", "expected_reward", "variance"],
    },
)
