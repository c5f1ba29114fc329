"""Units of layered networks: rate of a drive, and its slope, for arrays and as text for Brian2."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bioplaus.neurons.rate_transfer import logistic
from bioplaus.parameters import ParameterError, unknown_name

__all__ = ["UNITS", "Array", "Unit", "quantised", "unit"]

Array: TypeAlias = NDArray[np.floating[Any]]

BLOCK = 2
"""Units that compete in winner-take-all."""


@dataclass(frozen=True)
class Unit:
    """What a unit makes of its drive.

    Attributes
    ----------
    rate
        Of drives (batch, n), and a generator where the unit is random.
    slope
        Of drives and the rates they gave, (batch, n); a stand-in where there is no derivative.
    expression, slope_expression
        The same as text: of ``x``, and of ``x`` and ``rate``; empty where a unit has none.
    """

    rate: Callable[[Array, np.random.Generator], Array]
    slope: Callable[[Array, Array], Array]
    expression: str = ""
    slope_expression: str = ""

    def text(self, drive: str) -> str:
        """Write the rate of ``drive``, any expression, for an equation."""
        return re.sub(r"\bx\b", f"({drive})", self.expression)

    def slope_text(self, drive: str) -> str:
        """Write the slope at ``drive``, where ``rate`` is what it gives."""
        return re.sub(r"\bx\b", f"({drive})", self.slope_expression)


def _winners(a: Array) -> Array:
    """One where a unit is the most driven of its block, the first of equals; else zero.

    Units beyond the last whole block never win.
    """
    whole = a.shape[1] // BLOCK * BLOCK
    blocks = a[:, :whole].reshape(len(a), -1, BLOCK)
    won = np.zeros_like(a)
    first = np.arange(BLOCK) == blocks.argmax(axis=2)[..., None]
    won[:, :whole] = first.reshape(len(a), whole)
    return won


def _softmax(a: Array) -> Array:
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _no_slope(a: Array, h: Array) -> Array:
    raise ParameterError("softmax is a unit of the output: its slope is not that of one unit")


UNITS = {
    "tanh": Unit(lambda a, _: np.tanh(a), lambda a, h: 1 - h * h, "tanh(x)", "(1 - rate**2)"),
    "logistic": Unit(
        lambda a, _: logistic.evaluate(a),
        lambda a, h: h * (1 - h),
        logistic.expression,
        "rate*(1 - rate)",
    ),
    "linear": Unit(lambda a, _: a, lambda a, h: np.ones_like(a), "x", "1"),
    "clipped": Unit(
        lambda a, _: np.clip(a, 0, 1),
        lambda a, h: ((a > 0) & (a < 1)).astype(a.dtype),
        "clip(x, 0, 1)",
        "int(x > 0)*int(x < 1)",
    ),
    "rectified": Unit(
        lambda a, _: np.maximum(a, 0),
        lambda a, h: (a > 0).astype(a.dtype),
        "x*int(x > 0)",
        "int(x > 0)",
    ),
    "winner": Unit(lambda a, _: a * _winners(a), lambda a, h: _winners(a)),
    "sign": Unit(
        lambda a, _: np.where(a > 0, 1, -1).astype(a.dtype),
        lambda a, h: np.maximum(1 - np.abs(a), 0),
        "(2*int(x > 0) - 1)",
        "clip(1 - abs(x), 0, 1)",
    ),
    "bernoulli": Unit(
        lambda a, rng: (rng.random(a.shape, np.float32) < logistic.evaluate(a)).astype(a.dtype),
        lambda a, h: logistic.slope(a),
    ),
    "softmax": Unit(lambda a, _: _softmax(a), _no_slope),
}
"""``winner``: one of two passes its drive on; ``sign``: -1 or 1; ``bernoulli``: 1 by chance."""


def unit(name: str) -> Unit:
    """The unit of this name.

    Raises
    ------
    ParameterError
        For a name that no unit has.
    """
    if name not in UNITS:
        raise ParameterError(unknown_name("unit", name, list(UNITS)))
    return UNITS[name]


def quantised(error: Array, bits: int) -> Array:
    """Errors rounded to ``bits`` bits between -1 and 1, of the same shape; one bit is the sign.

    The levels stand symmetrically around zero, which is none of them: 3 bits are odd sevenths.
    """
    if bits == 1:
        return np.sign(error)
    half = 2 ** (bits - 1) - 0.5
    return ((np.floor(np.clip(error, -1, 1) * half) + 0.5) / half).astype(error.dtype)
