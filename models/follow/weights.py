"""The forms in which FOLLOW's plastic weights can be stored, behind one interface.

``factorised`` keeps W = E M as M and is exact; ``dense`` and ``masked`` keep every weight, all of
them or those of a fixed random mask, and cost a hundred times more.  The rule itself is in
:mod:`bioplaus.plasticity.follow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from brian2 import Clock, NeuronGroup, Synapses, second

from bioplaus.plasticity import follow as rule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bioplaus.models.follow.parameters import Follow

__all__ = ["FORMS", "Explicit", "Factorised", "encoding", "rebasing"]

Groups = dict[str, NeuronGroup]


def encoding(
    source: NeuronGroup,
    layer: NeuronGroup,
    encoders: NDArray[np.floating[Any]],
    sums: dict[str, str],
    namespace: dict[str, Any],
) -> Synapses:
    """Fixed projection from vector components to a layer.

    encoders : (neurons, dimensions), in units of the threshold; sums : summed variable of the
    layer to the presynaptic expression that it sums.
    """
    model = "encoder : 1 (constant)\n" + "".join(
        f"{name}_post = encoder*({expression}) : 1 (summed)\n" for name, expression in sums.items()
    )
    synapses = Synapses(
        source, layer, model, namespace=namespace, clock=layer.clock, name=f"{source.name}_encoding"
    )
    synapses.connect()
    synapses.encoder_[:] = encoders.T.ravel()
    return synapses


def rebasing(output: NeuronGroup, plastic: list[Synapses]) -> list[Any]:
    """The slow operations that begin history and fade anew, projections first."""
    slow = Clock(rule.Factorised.rebase_every * second, name=f"{output.name}_rebasing_clock")
    operations = [
        synapses.run_regularly(
            rule.Factorised.rebase, clock=slow, when="start", name=f"{synapses.name}_rebasing"
        )
        for synapses in plastic
    ]
    operations.append(
        output.run_regularly(
            rule.Factorised.rebase_output,
            clock=slow,
            when="start",
            order=1,
            name=f"{output.name}_rebasing",
        )
    )
    return operations


@dataclass(frozen=True)
class Factorised:
    """M of (dimensions, neurons) for each projection, updated where neurons fire."""

    layer: str = ""
    recurrent: str = ""
    recurrent_inputs: tuple[str, ...] = ("current",)
    at_spike: str = ""
    output: str = rule.OUTPUT_MODEL
    output_step: str = rule.OUTPUT_STEP

    def connect(
        self,
        p: Follow,
        groups: Groups,
        encoders: NDArray[np.floating[Any]],
        namespace: dict[str, Any],
        rng: np.random.Generator,
    ) -> tuple[dict[str, Synapses], list[Any]]:
        """Plastic projections by name, and the other objects that the network needs."""
        output = groups["output"]
        output.fade = 1
        plastic = {}
        for name in p.plastic:
            plastic[name] = Synapses(
                groups[name],
                output,
                rule.Factorised.model,
                on_pre=rule.Factorised.on_pre,
                namespace=namespace,
                clock=output.clock,
                name=f"{name}_learning",
            )
            plastic[name].connect()
        sums = {"current": "drive_pre + gain_pre*feedback_pre"}
        feedback = encoding(output, groups["recurrent"], encoders, sums, namespace)
        return plastic, [feedback, *rebasing(output, list(plastic.values()))]

    def set_rate(self, groups: Groups, plastic: dict[str, Synapses], rate: float) -> None:
        """Set the learning rate [s]."""
        groups["output"].learning_rate = rate * second


@dataclass(frozen=True)
class Explicit:
    """Every weight w of each projection, with the presynaptic trace r kept by the layers."""

    layer: str = "r : Hz\n"
    recurrent: str = "error_current : 1\n"
    recurrent_inputs: tuple[str, ...] = ("current", "recurrent_input", "command_input")
    at_spike: str = "r += jump\n"
    output: str = ""
    output_step: str = ""

    def connect(
        self,
        p: Follow,
        groups: Groups,
        encoders: NDArray[np.floating[Any]],
        namespace: dict[str, Any],
        rng: np.random.Generator,
    ) -> tuple[dict[str, Synapses], list[Any]]:
        """Plastic projections by name, and the other objects that the network needs."""
        plastic, others = {}, []
        for name in p.plastic:
            synapses = Synapses(
                groups[name],
                groups["recurrent"],
                rule.Explicit(f"{name}_input").model,
                method="euler",
                namespace=namespace,
                clock=groups[name].clock,
                name=f"{name}_learning",
            )
            if p.weights == "masked":
                pre, post = (rng.random((p.neurons, p.neurons)) < p.connectivity).nonzero()
                synapses.connect(i=pre, j=post)
            else:
                synapses.connect()
            plastic[name] = synapses
            others.append(
                groups[name].run_regularly(
                    "r = decay*r", when="groups", order=1, name=f"{name}_trace"
                )
            )
        sums = {"current": "gain_pre*feedback_pre", "error_current": "learning_error_pre"}
        others.append(encoding(groups["output"], groups["recurrent"], encoders, sums, namespace))
        return plastic, others

    def set_rate(self, groups: Groups, plastic: dict[str, Synapses], rate: float) -> None:
        """Set the learning rate [s]."""
        for synapses in plastic.values():
            synapses.learning_rate = rate * second


FORMS: dict[str, Factorised | Explicit] = {
    "factorised": Factorised(),
    "dense": Explicit(),
    "masked": Explicit(),
}
