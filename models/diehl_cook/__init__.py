"""Digits told apart by competing cells and spike timing alone (Diehl and Cook 2015)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "network": ["DiehlCookModel", "build", "live", "pixels"],
        "parameters": ["DiehlCook", "check_network"],
        "labels": ["answers", "assigned"],
    },
)
