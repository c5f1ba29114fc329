"""The exact gradient beside the hybrid one: the same weights and spikes, in continuous time.

Counts have no gradient.  Taken instead is the loss of the largest output potentials, in units of
the output threshold, of the network whose cells are those of HM2-BP without a clock: time
constants, hidden threshold, and how long a potential is held; output cells do not spike there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.analysis import angles_to_halves
from bioplaus.models import eventprop, hm2bp
from bioplaus.models.hm2bp.parameters import HybridMacroMicro
from bioplaus.parameters import quantities, replace
from bioplaus.tasks import StepTrains

__all__ = ["exact_angles", "in_continuous_time"]


def in_continuous_time(p: HybridMacroMicro, weights: Any) -> eventprop.Learner:
    """The event-driven network of the same cells and weights."""
    q = quantities(p)
    settings = replace(
        eventprop.LatencyImages(),
        {
            "layers": f"{p.inputs}-{p.hidden}-{p.classes}",
            "tau_membrane": p.tau_membrane,
            "tau_synapse": p.tau_synapse,
            "threshold": p.hidden_threshold,
            "refractory": str(q.refractory - q.time_step),
        },
    )
    learner = eventprop.Learner(settings, np.random.default_rng(0))
    # v' = -v/tau_m + I/tau_s here, tau_m v' = -v + I there.
    current = float(q.tau_membrane / q.tau_synapse)
    hidden, output = (np.asarray(w, np.float64) for w in weights.values())
    learner.set_weights(
        {
            "input_to_hidden": current * hidden,
            "hidden_to_output": current * output / p.output_threshold,
        }
    )
    return learner


def exact_angles(
    p: HybridMacroMicro, learner: hm2bp.Learner, trains: StepTrains, labels: Any
) -> dict[str, float]:
    """Angles between the hybrid gradient, without its regularisation, and the exact one; and
    between the exact ones of the two halves of the images."""
    step = float(quantities(p).time_step)
    times = (trains.start, trains.step * step, trains.i.astype(np.int64))
    halves = in_continuous_time(p, learner.weights()).halves(times, labels)
    return angles_to_halves(learner.gradient(trains, labels), *halves)
