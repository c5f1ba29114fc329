"""Event-driven random back-propagation (Neftci, Augustine, Paul, Detorakis 2017).

When a presynaptic spike arrives, ::

    w += learning_rate * u_post * [gate_low < current_post < gate_high]
    current_post += w

``w`` : (pre, post) [V]; ``u_post`` the dendritic error [V], a leaky sum of error spikes that came
through fixed random weights; ``current_post`` [V] the synaptic current before this spike.  All
but the addition depends on the postsynaptic neuron alone and is computed there once per step
(``learning_signal``, see :mod:`bioplaus.neurons.dendritic_lif`).

Sign: ``u`` rises when the label fires more than the prediction; then weights grow.
Sources: the rule and its two variants are those of the paper and of the authors' released
simulator code; in the blank-out variant (peRBP) each event is transmitted with a probability, and
an event that is not transmitted changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MIRRORED", "EventDrivenRandomBackprop", "expected_drift"]

MIRRORED = "mirror += learning_signal_pre"
"""The same change in a feedback synapse, when its *postsynaptic* (hidden) neuron spikes.

The feedback from error neuron c to hidden neuron h then receives exactly the increments of the
forward weight from h to c (Kolen and Pollack 1994; adaptive random back-propagation of Baldi,
Sadowski and Lu 2016).
"""


@dataclass(frozen=True)
class EventDrivenRandomBackprop:
    """The rule as text for ``Synapses``.

    Attributes
    ----------
    blank_out
        Whether events are transmitted with probability ``transmission`` only (peRBP).
    quantised
        Whether weights live on a grid of ``weight_step`` from ``weight_low`` on, rounded at
        random to one of the two neighbours so that the mean is kept.
    """

    blank_out: bool = False
    quantised: bool = False

    model = "w : volt"

    @property
    def on_pre(self) -> str:
        """What an arriving spike does."""
        passed = "passed*" if self.blank_out else ""
        draw = "passed = int(rand() < transmission)\n" if self.blank_out else ""
        change = f"w += {passed}learning_signal_post\n"
        if self.quantised:
            rounded = "weight_step*floor((w + learning_signal_post)/weight_step + rand())"
            clipped = f"clip({rounded}, weight_low, -weight_low - weight_step)"
            change = f"w += {passed}({clipped} - w)\n"
        return f"{draw}{change}current_post += {passed}w\n"


def expected_drift(
    rate_pre: float,
    error_rate: float,
    *,
    learning_rate: float,
    error_weight: float,
    tau_dendrite: float,
    transmission: float = 1.0,
) -> float:
    """Mean weight change per second [V/s] while the gate is open.

    The dendrite holds ``error_rate * error_weight * tau_dendrite`` on average, and a weight
    changes by ``learning_rate`` times that at each transmitted presynaptic spike.  Rates in Hz,
    ``error_weight`` in V, ``tau_dendrite`` in s.
    """
    return rate_pre * transmission * learning_rate * error_rate * error_weight * tau_dendrite
