"""Preferences of the engine, registered with Brian2 under ``codegen.runtime.numba``."""

from __future__ import annotations

from brian2.core.preferences import BrianPreference, prefs

from .machine.settings import SECTION
from .rewrites import ORDER

__all__ = ["ON_DEMAND", "REWRITES"]

#: Rewrites that make a network cheaper, each described in the module of its name.
REWRITES = tuple(r.name for r in ORDER if r.named and r.keeps != "rounding")

#: A rewrite that is equal to the plain form up to rounding is used on demand only.
ON_DEMAND = tuple(r.name for r in ORDER if r.keeps == "rounding")

prefs.register_preferences(
    SECTION,
    "Preferences of the Numba engine",
    fuse=BrianPreference(
        default=True,
        docs="""
        Whether to compile the objects of a network, time loop included, into one function. If
        not, every object is a compiled function that Brian2's own loop calls.
        """,
    ),
    compiler=BrianPreference(
        default="direct",
        validator=lambda name: name in ("direct", "numba"),
        docs="""
        What compiles networks: ``"direct"``, a compiler of the engine's own, or ``"numba"``, which
        takes many times as long. Numba also compiles what the direct compiler does not know, and
        `explain` says so. Results are the same bits.
        """,
    ),
    fastmath=BrianPreference(
        default=False,
        docs="""
        Whether to let the compiler reorder and contract floating-point operations. Values that are
        not a number are still recognised.
        """,
    ),
    nan_check=BrianPreference(
        default=False,
        docs="""
        Whether to stop a run with an error at the first value that is not a number, naming the
        variable, its index and the simulated time.
        """,
    ),
    chunk=BrianPreference(
        default=0,
        validator=lambda steps: isinstance(steps, int) and steps >= 0,
        docs="""
        Number of steps between two looks at the keyboard, the clock and `stop`; 0 chooses it so
        that a chunk takes about a tenth of a second. Results do not depend on it.
        """,
    ),
    rewrites=BrianPreference(
        default=REWRITES,
        validator=lambda names: (
            not isinstance(names, str) and set(names) <= {*REWRITES, *ON_DEMAND}
        ),
        docs="""
        Names of the exact rewrites that may be used; an empty tuple runs every equation as it
        stands. `explain` tells which were. To the default may be added ``low_rank``, which is
        exact up to rounding.
        """,
    ),
    threads=BrianPreference(
        default=1,
        validator=lambda number: isinstance(number, int) and number >= 1,
        docs="""
        Number of threads among which large loops over neurons or synapses are divided. Results do
        not depend on it.
        """,
    ),
    cache_dir=BrianPreference(
        default="",
        validator=lambda folder: isinstance(folder, str),
        docs="""
        Folder for compiled modules. Empty: ``bioplaus/engine`` in the user's cache folder.
        """,
    ),
    cache_size=BrianPreference(
        default=512,
        validator=lambda megabytes: isinstance(megabytes, int) and megabytes >= 0,
        docs="""
        Megabytes that compiled modules may take on disk; the ones unused for longest are removed.
        """,
    ),
)
