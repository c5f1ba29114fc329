"""Transfer functions of rate neurons: somatic potential to firing rate.

Each is a :class:`Transfer`, which writes itself as text for Brian2 equations and evaluates itself
on arrays, so that a network and its steady state use one definition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TRANSFERS", "Transfer", "identity", "logistic", "soft_rectifier", "softplus"]


@dataclass(frozen=True)
class Transfer:
    """A strictly increasing function of the potential, with inverse and slope.

    Attributes
    ----------
    expression
        Text in ``x``, as Brian2 reads it.
    evaluate, invert, slope
        The same on arrays of any shape: rate of a potential, potential of a rate, and the
        derivative as a function of the potential.
    steepest
        Largest slope anywhere, the figure that stability bounds need.
    """

    name: str
    expression: str
    evaluate: Callable[[Any], NDArray[np.floating[Any]]]
    invert: Callable[[Any], NDArray[np.floating[Any]]]
    slope: Callable[[Any], NDArray[np.floating[Any]]]
    steepest: float

    def text(self, argument: str) -> str:
        """Write the rate of ``argument`` (any expression) for an equation."""
        return re.sub(r"\bx\b", f"({argument})", self.expression)

    def __call__(self, potential: Any) -> NDArray[np.floating[Any]]:
        """Rate of each potential."""
        return self.evaluate(potential)


def _sigmoid(x: Any) -> NDArray[np.floating[Any]]:
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x)))


def _sigmoid_slope(x: Any) -> NDArray[np.floating[Any]]:
    rate = _sigmoid(x)
    return rate * (1.0 - rate)


# tanh instead of exp: the same function, and no potential is large enough to overflow it.
logistic = Transfer(
    name="logistic",
    expression="0.5*(1 + tanh(0.5*x))",
    evaluate=_sigmoid,
    invert=lambda rate: np.log(rate) - np.log1p(-np.asarray(rate)),
    slope=_sigmoid_slope,
    steepest=0.25,
)

softplus = Transfer(
    name="softplus",
    expression="(0.5*(x + abs(x)) + log(1 + exp(-abs(x))))",
    evaluate=lambda x: np.logaddexp(0.0, x),
    invert=lambda rate: np.asarray(rate) + np.log(-np.expm1(-np.asarray(rate))),
    slope=_sigmoid,
    steepest=1.0,
)

soft_rectifier = Transfer(
    name="soft rectifier",
    expression="0.1*(0.5*(x - 3 + abs(x - 3)) + log(1 + exp(-abs(x - 3))))",
    evaluate=lambda x: 0.1 * np.logaddexp(0.0, np.asarray(x) - 3.0),
    invert=lambda rate: 3.0 + 10.0 * np.asarray(rate) + np.log(-np.expm1(-10.0 * np.asarray(rate))),
    slope=lambda x: 0.1 * _sigmoid(np.asarray(x) - 3.0),
    steepest=0.1,
)
"""0.1 ln(1 + exp(u - 3)): Sacramento 2018, nonlinear regression."""

identity = Transfer(
    name="identity",
    expression="x",
    evaluate=np.asarray,
    invert=np.asarray,
    slope=np.ones_like,
    steepest=1.0,
)

TRANSFERS = {each.name: each for each in (logistic, softplus, soft_rectifier, identity)}
