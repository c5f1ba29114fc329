"""A Numba backend for Brian2: whole networks, time loop included, as one compiled function.

Importing this package adds the code-generation target ``numba``; nothing changes for scripts that
use another.  One line switches it on::

    import bioplaus.engine
    from brian2 import prefs

    prefs.codegen.target = "numba"

Preferences stand under ``prefs.codegen.runtime.numba``.

For who reads the code: rooms, each of which imports only from those below it (``setup.cfg`` holds
the contract).

============= =====================================================================================
``running``   the compiled loop of a network, entering ``run()`` again, progress, explanation
``brian``     what touches Brian2: device, code objects and their templates, synapses, event queues
``functions`` functions in equations, the user's Python functions above all, as text
``rewrites``  ways to make a step cheaper: a module for each, and their order
``program``   kernels, the loops that they are, steps, and the module that is written of them
``compiler``  that module to machine code, through llvmlite
``machine``   what compiled text calls: support functions, random numbers, the cable equation
============= =====================================================================================

``cache`` is what is kept on disk, ``preferences`` what users may choose.  A new rewrite is a module
in ``rewrites``, and its place in ``rewrites.ORDER``.
"""

from __future__ import annotations

from . import preferences  # noqa: F401  (registers them)
from .brian import device, integration
from .program.compilation import compilation_seconds, compiling
from .running import externals, fused
from .running.explanation import explain, fallbacks
from .running.fused import fused_runs

__all__ = ["compilation_seconds", "compiling", "explain", "fallbacks", "fused_runs"]

device.install(fused.run)
externals.install()
integration.install()
