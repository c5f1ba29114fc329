"""Membrane and compartment equations that several models share."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cell": ["Cell", "Clocks"],
        "counting": ["forget_responses", "read_responses"],
        "given_spikes": ["given_spikes"],
    },
)
