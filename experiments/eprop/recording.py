"""What a page keeps of one trial of the batched form, for its figures."""

from __future__ import annotations

import numpy as np

from bioplaus.models import eprop
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run

__all__ = ["put_trial"]

SYNAPSES = 3


def put_trial(
    run: Run, learner: eprop.Learner, x: np.ndarray, target: np.ndarray, begin: float
) -> None:
    """Spikes, readout and target; of the liveliest cell of the last kind (adaptive, if there are
    any) membrane, threshold and learning signal, and the eligibility of its liveliest inputs.

    x : (steps, inputs); target : (steps, outputs); begin : time of the first step [s].
    """
    p, c = learner.p, learner.constants
    seen = learner.trial(x, target)
    t = begin + float(to_quantity(p.time_step)) * np.arange(len(x))
    for population, spikes in (("input", x), ("cells", seen.spikes)):
        when, who = np.nonzero(spikes)
        run.put_spikes(population, t[when], who)
    kind = slice(p.regular, None) if p.adaptive else slice(None)
    cell = int(seen.spikes[:, kind].sum(axis=0).argmax()) + (kind.start or 0)
    a = np.zeros(len(x))
    a[1:] = eprop.presynaptic(seen.spikes[:-1, [cell]], c.rho, 1.0)[:, 0]
    signal = seen.error @ learner.arrays()["output_to_cells"][:, cell]
    inputs = np.argsort(-x.sum(axis=0), kind="stable")[:SYNAPSES]
    found = eprop.traces(x[:, inputs], seen.psi[:, [cell]], learner.beta[[cell]], c)
    for population, variable, values in (
        ("output", "y", seen.y.T),
        ("output", "target", target.T),
        ("cells", "v", seen.v[None, :, cell]),
        ("cells", "level", (c.threshold + learner.beta[cell] * a)[None]),
        ("cells", "signal", signal[None]),
        ("synapses", "eligibility", found.filtered[:, :, 0].T),
    ):
        run.put_trace(population, variable, t, values, "1")
