"""How the error reaches the dendrites: error neurons, and six choices of feedback weights.

``direct random`` (the paper) and ``sparse`` send the output's error straight to every hidden
layer.  The other four go layer by layer: each hidden layer has error pairs of its own that
integrate its gated dendritic error and project to the layer below.  In these the feedback weights
may learn with the mirrored rule: ``adaptive`` from a random start, ``symmetric`` from the
transposed forward weights (and then stay equal to them), ``sign concordant`` keeps a random
magnitude and takes only the sign of the mirror.  With one hidden layer, ``layer by layer`` and
``direct random`` are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
from brian2 import NeuronGroup, Synapses, linked_var, volt

from bioplaus.layered.feedback import Mirrored, Signs
from bioplaus.models.erbp.parameters import FEEDBACK, mirrored
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.error_pair import dendrite_pair, error_pair
from bioplaus.plasticity.event_driven_random_backprop import Mirror
from bioplaus.plasticity.rule import Projection, connect

__all__ = ["ErrorCircuit", "error_circuit", "on_grid", "uniform_weights"]

Array = npt.NDArray[np.float64]

FEEDBACK_LEVELS_RANGE = 2.0
"""Initial and feedback weights of the fixed-point network lie on a grid over +-2 V."""


@dataclass
class ErrorCircuit:
    """What carries the error down.

    judges : error neurons, of the output first; mirrors : feedback that learns, by name; fixed :
    other synapses.
    """

    judges: list[NeuronGroup]
    fixed: list[Synapses]
    mirrors: dict[str, Projection] = field(default_factory=dict)


def uniform_weights(rng: np.random.Generator, fan: int, shape: tuple[int, int]) -> Array:
    """Initial weights (pre, post) [V], uniform in +-sqrt(7/fan) (released code)."""
    return rng.uniform(-1.0, 1.0, shape) * np.sqrt(7.0 / fan)


def on_grid(w: Array, levels: int) -> Array:
    """Round to ``levels`` values over +-2 V; ``levels = 0`` leaves weights continuous."""
    if not levels:
        return w
    step = 2 * FEEDBACK_LEVELS_RANGE / levels
    return np.round(w / step) * step


def feedback_weights(q: SimpleNamespace, rng: np.random.Generator, fan: int, pre: int) -> Array:
    """Random feedback (pre, hidden) [V] whose mean over ``pre`` is zero for each hidden neuron.

    A uniform error over all classes then cancels in the hidden layer.  Sparse feedback keeps
    ``feedback_fan_in`` classes per hidden neuron, as they were drawn (their mean is not zero).
    """
    g = uniform_weights(rng, fan, (pre, q.hidden))
    if q.feedback == "sparse":
        heard = rng.permuted(np.tile(np.arange(pre)[:, None], q.hidden), axis=0)
        g = np.where(heard < q.feedback_fan_in, g, 0.0)
    else:
        g -= g.mean(axis=0)
    return q.feedback_scale * on_grid(g, q.levels)


def error_circuit(
    q: SimpleNamespace,
    clocks: Clocks,
    label: NeuronGroup,
    forward: Sequence[Projection],
    rng: np.random.Generator,
) -> ErrorCircuit:
    """Label and output to the error neurons, and these to all dendrites.

    ``forward`` are the plastic projections from the first to the last.
    """
    output = forward[-1].synapses.target
    hidden = [each.synapses.target for each in forward[:-1]]
    judge = _judge(q, clocks, output, "error")
    path = ErrorCircuit([judge], _around_the_output(q, clocks, label, output, judge))
    if FEEDBACK[q.feedback].route == "direct":
        g = feedback_weights(q, rng, q.classes + sum(len(h) for h in hidden), q.classes)
        path.fixed += [_random(q, clocks, judge, layer, g) for layer in hidden]
        return path
    for layer, above in zip(reversed(hidden), reversed(forward[1:]), strict=True):
        pairs = len(judge) // 2
        g = feedback_weights(q, rng, pairs + len(layer), pairs)
        if mirrored(q.feedback):
            made = _mirror(q, clocks, judge, layer, g, above.weights.T)
            path.mirrors[made.synapses.name] = made
        else:
            path.fixed.append(_random(q, clocks, judge, layer, g))
        if layer is not hidden[0]:
            judge = _judge(q, clocks, layer, f"{layer.name}_error")
            path.judges.append(judge)
    return path


def _judge(q: SimpleNamespace, clocks: Clocks, judged: NeuronGroup, name: str) -> NeuronGroup:
    """Error pairs for a layer: of spikes for the output, of dendrites for a hidden layer."""
    hidden = judged.name != "output"
    common = {"threshold": q.error_threshold, "floor": q.error_floor}
    if hidden:
        cell = dendrite_pair(len(judged), tau=q.tau_dendrite, **common)
    else:
        cell = error_pair(len(judged), **common)
    learning = Mirror().pre() if mirrored(q.feedback) else Cell()
    group = (cell + learning).group(2 * len(judged), name, clocks)
    both = np.tile(np.arange(len(judged)), 2)
    if hidden:
        group.error_above = linked_var(judged, "gated_error", index=both)
    if mirrored(q.feedback):
        group.judged_signal = linked_var(judged, "learning_signal", index=both)
    return group


def _around_the_output(
    q: SimpleNamespace, clocks: Clocks, label: NeuronGroup, output: NeuronGroup, error: NeuronGroup
) -> list[Synapses]:
    """Neuron c to both error neurons of class c, with opposite signs, and these to its dendrite."""
    balance, pair = "balance_post += effect*side_post*error_weight", "i + k*N_pre for k in range(2)"
    return [
        _fixed(q, clocks, label, error, balance, pair, effect=+1),
        _fixed(q, clocks, output, error, balance, pair, effect=-1),
        _fixed(q, clocks, error, output, "u_post += side_pre*error_weight", "i % N_post"),
    ]


def _fixed(
    q: SimpleNamespace,
    clocks: Clocks,
    pre: NeuronGroup,
    post: NeuronGroup,
    code: str,
    j: str,
    **constants: Any,
) -> Synapses:
    made = Synapses(
        pre,
        post,
        on_pre=code,
        delay=q.delay,
        clock=clocks.step,
        namespace={"error_weight": q.error_weight, **constants},
        name=f"{pre.name}_to_{post.name}",
    )
    made.connect(j=j)
    return made


def _random(
    q: SimpleNamespace, clocks: Clocks, error: NeuronGroup, layer: NeuronGroup, g: Array
) -> Synapses:
    """Fixed feedback; g (pairs, layer) serves both signs."""
    made = Synapses(
        error,
        layer,
        "g : volt (constant)",
        on_pre="u_post += side_pre*g",
        delay=q.delay,
        clock=clocks.step,
        name=f"{error.name}_to_{layer.name}",
    )
    made.connect()
    made.g = np.tile(g, (2, 1)).ravel() * volt
    return made


def _mirror(
    q: SimpleNamespace,
    clocks: Clocks,
    judge: NeuronGroup,
    layer: NeuronGroup,
    g: Array,
    transposed: Array,
) -> Projection:
    """Feedback that learns; ``transposed`` (pairs, layer) are the forward weights."""
    kind = FEEDBACK[q.feedback].feedback
    rule = Mirror(signs=isinstance(kind, Signs))
    made = connect(rule, judge, layer, clocks, delay={"pre": q.delay, "post": q.delay})
    made.set_weights(np.tile(g if isinstance(kind, Mirrored) else transposed, (2, 1)))
    if rule.signs:
        made.synapses.magnitude = abs(np.tile(g, (2, 1)).ravel()) * volt
    return made
