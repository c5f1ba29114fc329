"""Spike timing in networks: competition, triplets, rewards that come late (several papers)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "parameters": ["Competition", "Distal", "ExclusiveOr", "Triplets", "Voltage", "Walk"],
        "sums": ["triplet_sum"],
    },
    submodules=["actor", "competition", "distal", "exclusive_or", "pairing", "voltage"],
)
