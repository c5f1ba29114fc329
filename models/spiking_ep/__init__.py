"""Equilibrium propagation with units that send bits (O'Connor et al. 2019)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={"learner": ["Learner"], "parameters": ["Spiking"]},
)
