"""Gradients of recurrent rate networks: through time, in real time, local, and unbiased online."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batched": ["Judge", "Learner", "projections"],
        "network": ["RateNetwork", "Trajectory"],
        "online": ["in_real_time", "local_online", "unbiased_online"],
        "through_time": ["replayed", "through_time"],
    },
)
