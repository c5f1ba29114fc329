"""Equilibrium propagation in prototypical discrete time, with two-phase and continual updates.

Ernoult et al. (2019): P-EP and C-EP with tied weights; Ernoult et al. (2020): C-VF without.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={"learner": ["Learner"], "parameters": ["DiscreteEP", "check_discrete"]},
)
