"""The echo state network (Jaeger 2001): random rates that remember what came in.

a_t = (1 - l) a_{t-1} + l f(a_{t-1} W + u_t w_in + b)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EchoState"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EchoState:
    """A reservoir with one input.

    recurrent : (n, n) pre and post; from_input : (n,); leak : l; bias : b; linear : whether f is
    the identity and not tanh.
    """

    recurrent: Floats
    from_input: Floats
    leak: float = 1.0
    bias: float = 0.0
    linear: bool = False

    @classmethod
    def drawn(
        cls,
        units: int,
        radius: float,
        scale: float,
        rng: np.random.Generator,
        *,
        density: float = 0.1,
        bias: float = 0.0,
        linear: bool = False,
    ) -> EchoState:
        """Sparse normal weights of this spectral radius; input weights uniform in +-scale.

        Raises
        ------
        ValueError
            If all recurrent weights happen to be zero, so that no radius can be given to them.
        """
        recurrent = rng.standard_normal((units, units)) * (rng.random((units, units)) < density)
        largest = float(np.abs(np.linalg.eigvals(recurrent)).max())
        if largest == 0:
            raise ValueError(
                f"none of {units} units reaches itself at density {density}; take more of either"
            )
        from_input = rng.uniform(-scale, scale, units)
        return cls(recurrent * (radius / largest), from_input, bias=bias, linear=linear)

    def states(self, u: Floats) -> Floats:
        """(times, n) after each of the inputs (times,), from rest."""
        a, found = np.zeros(len(self.from_input)), np.empty((len(u), len(self.from_input)))
        for t, value in enumerate(u):
            drive = a @ self.recurrent + value * self.from_input + self.bias
            a = (1 - self.leak) * a + self.leak * (drive if self.linear else np.tanh(drive))
            found[t] = a
        return found
