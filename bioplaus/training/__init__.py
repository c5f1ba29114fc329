"""Running an experiment: segments, progress, checkpoints, resuming."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "backend": ["Backend"],
        "progress": ["LineProgress", "Progress", "TerminalProgress", "progress_for"],
        "recorded": ["Recorded", "Spikes", "Trace", "read_record"],
    },
)
