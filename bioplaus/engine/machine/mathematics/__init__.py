"""Elementary functions of our own: the same bits on every machine and at any vector width.

Each is a text of sums, products and quotients, which every processor rounds alike, of choices, and
of the bits of numbers.  There are no branches, so that LLVM vectorises the loops around it, and no
calls of the C library.  Arguments of any type are made double, and so are results.  Errors:
docs/results/engine/mathematics.md.

A number that must be known better than to 53 bits is kept in two parts, ``high + rest``.  The sum
``total = a + b`` leaves out ``(a - total) + b``, exactly, where a is zero or the larger one (Dekker
1971); products of numbers of 26 bits are exact.  Coefficients are those of ``mpmath.chebyfit``, and
polynomials are evaluated in few steps that wait for each other (Estrin 1960).
"""

from .circular import _nb_cos, _nb_sin, _nb_tan
from .exponential import (
    _nb_cosh,
    _nb_exp,
    _nb_exp_alone,
    _nb_expm1,
    _nb_exprel,
    _nb_sinh,
    _nb_tanh,
)
from .logarithm import _nb_log, _nb_log1p, _nb_log10
from .power import _nb_power, _nb_power_alone

__all__ = [
    "_nb_cos",
    "_nb_cosh",
    "_nb_exp",
    "_nb_exp_alone",
    "_nb_expm1",
    "_nb_exprel",
    "_nb_log",
    "_nb_log1p",
    "_nb_log10",
    "_nb_power",
    "_nb_power_alone",
    "_nb_sin",
    "_nb_sinh",
    "_nb_tan",
    "_nb_tanh",
]
