"""Reservoirs: fixed recurrent networks, linear readouts (Jaeger 2001; Maass and others 2002)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "echo_state": ["EchoState"],
        "liquid": ["Liquid", "build"],
        "parameters": ["LiquidSettings"],
        "readout": ["memory_capacity", "ridge"],
    },
)
