"""A delta rule for spikes: ``digits`` is a page, ``rule`` the network in which it learns."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["rule"])
