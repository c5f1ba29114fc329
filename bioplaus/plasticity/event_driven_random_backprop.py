"""Event-driven random back-propagation (Neftci, Augustine, Paul, Detorakis 2017).

The rule and its variants are those of the paper and of the authors' released simulator code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import Rule

__all__ = ["EventDrivenRandomBackprop", "Mirror"]


@dataclass(frozen=True)
class EventDrivenRandomBackprop(Rule):
    """dw = eta u_post [gate_low < current_post < gate_high] at each presynaptic spike.

    w : (n_pre, n_post) [V]; u : dendritic error [V], a leaky sum of error spikes that came through
    fixed random weights; current : synaptic current [V] before this spike, which then adds w.
    Sign: u rises when the label fires more than the prediction; then w grows.

    All but the addition depends on the postsynaptic neuron alone and is computed there once per
    step (``learning_signal`` [V]).  ``gate_open`` counts the frames at whose end the gate was open.

    Reads ``u`` and ``current`` of the postsynaptic cell; ``plasticity`` (and, to forget, ``label``)
    of the schedule.  ``learning_rate`` is shared by the postsynaptic population.

    Attributes
    ----------
    gate_low, gate_high
        [V]: the boxcar that stands for the derivative of the activation function.
    transmission
        Probability of an event (peRBP); one that is not transmitted changes nothing.
    levels, largest
        Weights on a grid of so many levels over +-largest [V], rounded at random to one of the two
        neighbours so that the mean is kept; 0 levels leave them continuous.
    decay
        Share of a weight that is lost per second while a label is shown [Hz].
    """

    gate_low: Any
    gate_high: Any
    transmission: float = 1.0
    levels: int = 0
    largest: Any = None
    decay: Any = None

    def post(self) -> Cell:
        """Gate, and the change that one presynaptic spike makes, before spikes arrive."""
        signal = """
        gated_error = u*gate
        learning_signal = learning_rate*plasticity(t - onset)*gated_error
        """
        return Cell(
            equations="""
            gate = int(gate_low < current)*int(current < gate_high) : 1
            learning_rate : 1 (shared)
            gated_error : volt
            learning_signal : volt
            gate_open : 1
            """,
            operations={
                "learning_signal": Operation(signal, when="before_synapses"),
                "open_gates": Operation("gate_open += gate", "frame"),
            },
            constants={"gate_low": self.gate_low, "gate_high": self.gate_high},
        )

    def synapses(self) -> dict[str, Any]:
        """An event changes the weight, then adds it to the current."""
        constants: dict[str, Any] = {}
        draw, passed, change = "", "", "learning_signal_post"
        if self.transmission < 1:
            draw, passed = "passed = int(rand() < transmission)\n", "passed*"
            constants["transmission"] = self.transmission
        if self.levels:
            rounded = "weight_step*floor((w + learning_signal_post)/weight_step + rand())"
            change = f"(clip({rounded}, weight_low, -weight_low - weight_step) - w)"
            constants["weight_low"] = -self.largest
            constants["weight_step"] = 2 * self.largest / self.levels
        if self.decay:
            constants["weight_decay"] = self.decay
        return {
            "model": "w : volt",
            "on_pre": f"{draw}w += {passed}{change}\ncurrent_post += {passed}w\n",
            "namespace": constants,
        }

    def operations(self) -> Mapping[str, Operation]:
        """Decay, frame by frame."""
        if not self.decay:
            return {}
        forget = "w *= exp(-weight_decay*frame*int(label(t - onset) >= 0))"
        return {"decay": Operation(forget, "frame")}

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``u``, ``current``, ``learning_rate``.  [V/s]"""
        gate = float(self.gate_low) < post["current"] < float(self.gate_high)
        return pre["rate"] * self.transmission * post["learning_rate"] * post["u"] * gate


@dataclass(frozen=True)
class Mirror(Rule):
    """The same change in a feedback synapse, when its postsynaptic (hidden) neuron spikes.

    mirror : (n_error, n_hidden) [V].  The feedback from error neuron c to hidden neuron h then
    receives exactly the increments of the forward weight from h to c (Kolen and Pollack 1994;
    adaptive random back-propagation of Baldi, Sadowski and Lu 2016).  With ``signs`` a fixed random
    ``magnitude`` acts, with the mirror's sign.

    Reads ``side`` of the presynaptic cell and ``u`` of the postsynaptic one.  ``judged_signal`` is
    to be linked to ``learning_signal`` of the layer that the error neurons judge.
    """

    signs: bool = False
    weight = "mirror"

    def pre(self) -> Cell:
        """The learning signal of the layer judged, copied when that has computed its own."""
        copy = Operation("learning_signal = judged_signal", when="before_synapses", order=1)
        return Cell(
            equations="learning_signal : volt\njudged_signal : volt (linked)",
            operations={"copy_signal": copy},
        )

    def synapses(self) -> dict[str, Any]:
        """An error spike pushes the dendrite; a spike of the hidden neuron learns."""
        acting = "magnitude*sign(mirror)" if self.signs else "mirror"
        return {
            "model": "mirror : volt" + ("\nmagnitude : volt" if self.signs else ""),
            "on_pre": f"u_post += side_pre*{acting}",
            "on_post": "mirror += learning_signal_pre",
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``judged_signal``; post: ``rate``.  [V/s]"""
        return pre["judged_signal"] * post["rate"]
