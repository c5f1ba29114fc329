"""Many runs of one experiment: search and workers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cluster": ["SchedulerUnreachable", "workers"],
        "plan": ["SweepPlan"],
        "search": ["Sweep"],
        "space": ["Axis", "read_axis"],
    },
)
