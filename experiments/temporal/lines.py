"""How many lines of code a rule is, as written once beside its network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bioplaus.experiments.temporal.rules import RULES
from bioplaus.leaderboard.lines import code_lines
from bioplaus.models.eprop.eligibility import gradient, presynaptic, traces
from bioplaus.models.eprop.factorised import add_gradients
from bioplaus.models.eventprop.adjoint import backward
from bioplaus.models.eventprop.losses import first_of_each, loss_of_first_spikes
from bioplaus.models.normad.update import change, errors
from bioplaus.models.normad.update import traces as heard
from bioplaus.models.recurrent_gradients.online import local_online, ratio, unbiased_online
from bioplaus.models.recurrent_gradients.through_time import swept_back, through_time
from bioplaus.models.superspike.layer import backwards
from bioplaus.models.superspike.learner import Learner

__all__ = ["lines"]

_TRACES = (presynaptic, traces, gradient)
_SWEEP = (through_time, swept_back)
_SUPERSPIKE = (backwards, Learner.gradients, Learner.feedback, Learner.descend)
_ADJOINT = (backward, loss_of_first_spikes, first_of_each)

PARTS: dict[tuple[str, str], tuple[Callable[..., Any], ...]] = {
    **{("spiking", how): (add_gradients,) for how in ("through time", "truncated")},
    **{("spiking", how): _TRACES for how in ("symmetric", "random", "adaptive")},
    **{("rates", how): _SWEEP for how in ("through time", "truncated")},
    **{("rates", how): (local_online,) for how in ("local", "random local")},
    ("rates", "unbiased"): (unbiased_online, ratio),
    **{("layered", how): _SUPERSPIKE for how in ("symmetric", "random", "uniform", "none")},
    **{("events", how): _ADJOINT for how in ("transposed", "random")},
    ("wanted", "output"): (change, errors, heard),
}


def lines(rule: str) -> int:
    """Lines of what the rule does after the way forward, in its plain form; 0 for a control whose
    readout learns by the error itself.

    Docstrings, comments, blank lines and the optimiser do not count.
    """
    given = RULES[rule]
    return sum(map(code_lines, PARTS.get((given.network, given.how), ())))
