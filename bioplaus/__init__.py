"""bioplaus: published models of biologically plausible learning, on Brian2, fast.

The command line is ``bioplaus``; from a notebook, ``bioplaus.run("erbp-digits")`` runs an
experiment and returns its record.  ``bioplaus.engine`` stands alone: a Numba backend for any
Brian2 script.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
