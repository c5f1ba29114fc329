"""Pairs of error neurons: one for too little, one for too much.

For each class, E+ (``side = 1``) integrates label spikes minus prediction spikes and E-
(``side = -1``) the opposite (Neftci 2017).  No leak, no refractory period; a spike takes the
threshold away, and the potential cannot sink below rest, else the silent member of a pair would
build up a debt that survives from image to image.

A population of pairs has twice as many neurons as the layer it judges: first all E+, then all E-.
"""

from __future__ import annotations

__all__ = ["COPY_SIGNAL", "FLOOR", "RESET", "THRESHOLD", "error_pair"]


def error_pair(*, judges_dendrite: bool = False, learning_feedback: bool = False) -> str:
    """Equations of a population of pairs.

    Parameters
    ----------
    judges_dendrite
        Integrate the gated dendritic error of a hidden layer (``error_above``, linked) instead of
        spikes: for feedback that goes layer by layer.
    learning_feedback
        Give the feedback synapses the ``learning_signal`` of the layer judged
        (``judged_signal``, linked; see :data:`COPY_SIGNAL`).
    """
    drift = (
        "dbalance/dt = side*error_above/tau_dendrite : volt"
        if judges_dendrite
        else "balance : volt"
    )
    error = "error_above : volt (linked)" if judges_dendrite else ""
    signal = "learning_signal : volt\njudged_signal : volt (linked)" if learning_feedback else ""
    return f"""
    {drift}
    side : 1 (constant)
    spike_count : 1
    {error}
    {signal}
    """


THRESHOLD = "balance > error_threshold"
RESET = "balance -= error_threshold; spike_count += 1"
COPY_SIGNAL = "learning_signal = judged_signal"
"""Once per step, after the layer judged has computed its own; only where feedback learns."""
FLOOR = "balance *= int(balance > 0*volt)"
"""At the start of each step."""
