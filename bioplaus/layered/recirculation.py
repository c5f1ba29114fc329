"""Recirculation: a loop of visible and hidden units that learns to come back to what it saw."""

from __future__ import annotations

from bioplaus.layered.units import Array, Unit

__all__ = ["recirculate"]


def recirculate(w: Array, v: Array, x: Array, rate: float, unit: Unit, keep: float = 0.75) -> float:
    """One step of both matrices, by activity before and its change behind a synapse.

    ``h1 = f(x W)``, ``x2 = keep x + (1 - keep) f(h1 V)``, ``h3 = f(x2 W)``; then ``W += rate x2^T
    (h1 - h3)`` and ``V += rate h1^T (x - x2)``, means over the batch (Hinton and McClelland 1988).

    Parameters
    ----------
    w, v
        (pixels, hidden) and (hidden, pixels), changed in place.
    x
        (batch, pixels).

    Returns
    -------
    Squared error of the reconstruction before the step, summed over pixels, mean over the batch.
    """

    def f(drive: Array) -> Array:
        return unit.rate(drive, None)  # type: ignore[arg-type]  # units of a loop draw nothing

    h1 = f(x @ w)
    back = f(h1 @ v)
    x2 = keep * x + (1 - keep) * back
    h3 = f(x2 @ w)
    w += rate * (x2.T @ (h1 - h3)) / len(x)
    v += rate * (h1.T @ (x - x2)) / len(x)
    return float(((x - back) ** 2).sum(axis=1).mean())
