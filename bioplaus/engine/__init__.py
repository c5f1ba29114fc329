"""A Numba backend for Brian2: whole networks, time loop included, as one compiled function.

Importing this package adds the code-generation target ``numba``; nothing changes for scripts that
use another.  One line switches it on::

    import bioplaus.engine
    from brian2 import prefs

    prefs.codegen.target = "numba"

Preferences stand under ``prefs.codegen.runtime.numba``.
"""

from __future__ import annotations

from . import device, externals, integration
from .compilation import compilation_seconds, compiling
from .explanation import explain, fallbacks
from .fused import fused_runs

__all__ = ["compilation_seconds", "compiling", "explain", "fallbacks", "fused_runs"]

device.install()
externals.install()
integration.install()
