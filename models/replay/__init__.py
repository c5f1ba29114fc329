"""Replay of what has happened, in one order or another, to give credit for a reward."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"track": ["ORDERS", "sweep", "true_values"]}
)
