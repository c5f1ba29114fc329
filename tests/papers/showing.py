"""Running a model through a schedule, without an experiment around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import second

from bioplaus.neurons.counting import forget_responses, read_responses
from bioplaus.runs.pages.presenting import namespace


def run(model: Any, schedule: Any) -> np.ndarray:
    """Present; returns ``shown`` in the network's time."""
    began = float(model.network.t)
    names = namespace(schedule, model.network.t)
    model.network.run(schedule.duration * second, namespace=names)
    return schedule.shown + np.array([began, began, 0])


def responses(model: Any, schedule: Any) -> tuple[np.ndarray, np.ndarray]:
    """Counts (presentation, frame, class) and first spikes of the output."""
    forget_responses(model.responses)
    return read_responses(model.responses, run(model, schedule), schedule.frame)
