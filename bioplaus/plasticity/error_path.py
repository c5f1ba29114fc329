"""Rules of error paths: forward weights learn by rates and local errors, feedback mirrors them.

All act at the event ``learn`` at the end of a presentation, on cells with ``rate`` and ``u``
(:mod:`bioplaus.neurons.error_compartment`); everything is dimensionless.  ``decay`` is the share by
which a weight shrinks whenever it learns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import Rule

__all__ = ["DecoderRule", "ErrorBias", "ForwardRule", "MirroredRule", "SignRule"]

SHARE = "plasticity(t - onset)"


@dataclass(frozen=True)
class _AtLearn(Rule):
    """``dw = -rate forward error`` and decay, with rate and error on the sides that ``text`` says.

    ``learning_rate`` is shared by the projection.
    """

    decay: float = 0.0
    more: ClassVar[str] = ""
    product: ClassVar[str] = "rate_pre*u_post"

    def pre(self) -> Cell:
        """The event at the end of a presentation."""
        return Cell(events={"learn": "step == steps - 1"})

    def synapses(self) -> dict[str, Any]:
        """What ``learn`` does."""
        w, kept = self.weight, f"(1 - decay*int({SHARE} > 0))"
        return {
            "model": f"{w} : 1\nlearning_rate : 1 (shared)\n{self.more}",
            "on_pre": {"learn": f"{w} = {kept}*{w} - {SHARE}*learning_rate*{self.product}"},
            "on_event": {"learn": "learn"},
            "namespace": {"decay": self.decay},
        }


@dataclass(frozen=True)
class ForwardRule(_AtLearn):
    """dw = -eta rate_pre u_post - decay w (the forward step of every error path).

    w : (n_pre, n_post).
    Reads ``rate`` and ``u``, ``plasticity`` of the schedule.
    """

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """Per ``learn``, without decay; pre: ``rate``; post: ``u``, ``learning_rate``."""
        return -post["learning_rate"] * pre["rate"] * post["u"]


@dataclass(frozen=True)
class MirroredRule(_AtLearn):
    """dB = -eta u_pre rate_post - decay B: the forward step where feedback ends.

    Adaptive random backpropagation (Baldi, Sadowski and Lu 2018), with decay Kolen and Pollack
    (1994); a mirror that starts as the transpose stays it.

    B : (n_pre, n_post).
    Reads ``u`` and ``rate``, ``plasticity`` of the schedule.
    """

    weight: ClassVar[str] = "B"
    product: ClassVar[str] = "u_pre*rate_post"

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """Per ``learn``, without decay; pre: ``u``; post: ``rate``, ``learning_rate``."""
        return -post["learning_rate"] * pre["u"] * post["rate"]


@dataclass(frozen=True)
class SignRule(MirroredRule):
    """A mirror of the forward weight, of which only the sign acts: ``size sign(mirror)``.

    Liao, Leibo and Poggio (2016), without reading a weight across the network.

    mirror : (n_pre, n_post); size : constant, negative where a sign is turned round.
    Reads ``u`` and ``rate``, ``plasticity`` of the schedule.
    """

    weight: ClassVar[str] = "mirror"
    more: ClassVar[str] = "size : 1 (constant)"


@dataclass(frozen=True)
class DecoderRule(Rule):
    """dB = eta wanted_pre rate_post/(1 + exp(label_post rate_post)): BDFA.

    The label's prediction ``label`` of a layer climbs ``log sigma(label rate)`` (Luo, Fu and Glass
    2017, their gradient); it is sent by the same weights.

    B : (classes, n_post).
    Reads ``wanted`` of the output; ``rate`` and ``label``; ``plasticity`` of the schedule.
    """

    weight: ClassVar[str] = "B"

    def pre(self) -> Cell:
        """The event at the end of a presentation."""
        return Cell(events={"learn": "step == steps - 1"})

    def post(self) -> Cell:
        """What the label predicts."""
        return Cell("label : 1")

    def synapses(self) -> dict[str, Any]:
        """``learn``, and the label's way down."""
        step = "learning_rate*wanted_pre*rate_post/(1 + exp(label_post*rate_post))"
        return {
            "model": "B : 1\nlearning_rate : 1 (shared)\nlabel_post = B*wanted_pre : 1 (summed)",
            "on_pre": {"learn": f"B += {SHARE}*{step}"},
            "on_event": {"learn": "learn"},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """Per ``learn``; pre: ``wanted``; post: ``rate``, ``label``, ``learning_rate``."""
        unlike = 1 / (1 + math.exp(post["label"] * post["rate"]))
        return post["learning_rate"] * pre["wanted"] * post["rate"] * unlike


@dataclass(frozen=True)
class ErrorBias:
    """The forward step of one bias ``b`` a cell: a part of the cell; ``bias_rate`` is shared."""

    def post(self) -> Cell:
        """Change at the last step of a presentation, after the synapses."""
        code = f"b -= int(step == steps - 1)*{SHARE}*bias_rate*u"
        return Cell(
            "bias_rate : 1 (shared)", operations={"learn_bias": Operation(code, when="end")}
        )
