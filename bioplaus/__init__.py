"""bioplaus: published models of biologically plausible learning, on Brian2, fast.

The command line is ``bioplaus``; from a notebook, ``bioplaus.run("erbp-images")`` runs an
experiment and returns its record.  A script of one's own says
``for turn in bioplaus.steps(n)``, ``bioplaus.keep``, ``log`` and ``record``, which do nothing
outside of ``bioplaus run``.  ``bioplaus.engine`` stands alone: a Numba backend for any Brian2
script.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "notebook": ["Run", "open_run", "run"],
        "runs.scripts.current": ["keep", "log", "record", "steps"],
    },
)
__all__ += ["__version__"]
