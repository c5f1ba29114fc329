"""Error paths: every way of telling a layered network what to change, as rows of one table."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batched": ["learner", "products"],
        "network": ["build", "examples", "live", "time", "why_not"],
        "parameters": ["Layers", "OneExample", "layer_sizes"],
        "rows": ["BOLTZMANN", "ROWS", "SETTLING", "row", "varied"],
    },
)
