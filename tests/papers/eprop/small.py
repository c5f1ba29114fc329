"""A network of six inputs, eight cells and two outputs, and trials for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.models.eprop.parameters import Eprop

STEPS = 60


def parameters(**changes: Any) -> Eprop:
    """The constants of the stored runs of NEST; descent on the squared error unless changed."""
    small = {
        "inputs": 6, "regular": 4, "adaptive": 4, "outputs": 2, "tau_membrane": "20 ms",
        "tau_readout": "15 ms", "tau_adaptation": "200 ms", "adaptation": 0.17, "threshold": 0.6,
        "refractory": "3 ms", "normalised": False, "window": "60 ms", "rate_strength": 30.0,
        "learning_rate": 3e-3,
    }  # fmt: skip
    return Eprop(**{**small, **changes})


def trials(p: Eprop, seed: int, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Dense input, none in the first step, and targets of both kinds of loss."""
    rng = np.random.default_rng(seed)
    x = (rng.random((count, STEPS, p.inputs)) < 0.3).astype(np.uint8)
    x[:, 0] = 0
    if p.loss == "squared error":
        return x, rng.normal(size=(count, STEPS, p.outputs))
    labels = rng.integers(0, p.outputs, count)
    return x, np.repeat(np.eye(p.outputs)[labels][:, None], STEPS, axis=1)
