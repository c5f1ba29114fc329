"""Burst-multiplexed credit assignment in cortico-cortical networks (Greedy 2022, Payeur 2021)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batched": ["BatchedNetwork"],
        "continuous": ["build_continuous", "signals"],
        "network": ["build", "live", "scaled_wiring", "time"],
        "poisson": ["build_poisson"],
        "parameters": ["Continuous", "Discrete", "PoissonPairs", "Spiking"],
    },
)
