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

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
from brian2 import NeuronGroup, Synapses, linked_var, volt

from bioplaus.models.erbp.parameters import LEARNING
from bioplaus.neurons import error_pair
from bioplaus.plasticity.event_driven_random_backprop import MIRRORED

__all__ = ["error_neurons", "error_populations", "on_grid", "uniform_weights", "wire"]

Array = npt.NDArray[np.float64]

DIRECT = ("direct random", "sparse")
FEEDBACK_LEVELS_RANGE = 2.0
"""Initial and feedback weights of the fixed-point network lie on a grid over +-2 V."""


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


def error_neurons(q: SimpleNamespace, judged: NeuronGroup, name: str) -> NeuronGroup:
    """Error pairs for ``judged``: of spikes for the output, of dendrites for a hidden layer."""
    hidden = judged.name != "output"
    learning = q.feedback in LEARNING
    group = NeuronGroup(
        2 * len(judged),
        error_pair.error_pair(judges_dendrite=hidden, learning_feedback=learning),
        threshold=error_pair.THRESHOLD,
        reset=error_pair.RESET,
        method="euler",
        clock=q.clock,
        namespace={"error_threshold": q.error_threshold, "tau_dendrite": q.tau_dendrite},
        name=name,
    )
    group.side = np.repeat([1.0, -1.0], len(judged))
    both = np.tile(np.arange(len(judged)), 2)
    if hidden:
        group.error_above = linked_var(judged, "gated_error", index=both)
    if learning:
        group.judged_signal = linked_var(judged, "learning_signal", index=both)
        group.run_regularly(
            error_pair.COPY_SIGNAL,
            when="before_synapses",
            order=1,
            name=f"{name}_copy_signal",
        )
    if q.error_floor:
        group.run_regularly(error_pair.FLOOR, when="start", name=f"{name}_floor")
    return group


def wire(
    q: SimpleNamespace,
    populations: Mapping[str, NeuronGroup],
    plastic: Sequence[Synapses],
    rng: np.random.Generator,
) -> list[Any]:
    """Label and output to the error neurons, and these to all dendrites.

    ``plastic`` are the forward projections from the first to the last.  Returns everything that
    was made (synapses, and error neurons of hidden layers).
    """
    error, output = populations["error"], populations["output"]
    hidden = [projection.target for projection in plastic[:-1]]
    made: list[Any] = [
        _one_to_pair(q, populations["label"], error, +1),
        _one_to_pair(q, output, error, -1),
        _pair_to_one(q, error, output),
    ]
    if q.feedback in DIRECT:
        g = feedback_weights(q, rng, q.classes + sum(len(h) for h in hidden), q.classes)
        return [*made, *(_feedback(q, error, layer, g) for layer in hidden)]
    judge = error
    for layer, forward in zip(reversed(hidden), reversed(plastic[1:]), strict=True):
        pairs = len(judge) // 2
        g = feedback_weights(q, rng, pairs + len(layer), pairs)
        transposed = np.asarray(forward.w_).reshape(len(layer), pairs).T
        made.append(_feedback(q, judge, layer, g, transposed))
        if layer is not hidden[0]:
            judge = error_neurons(q, layer, f"{layer.name}_error")
            made.append(judge)
    return made


def error_populations(made: Sequence[Any]) -> dict[str, NeuronGroup]:
    """The error neurons of hidden layers among what :func:`wire` made, by name."""
    return {item.name: item for item in made if isinstance(item, NeuronGroup)}


def _one_to_pair(q: SimpleNamespace, pre: NeuronGroup, error: NeuronGroup, effect: int) -> Synapses:
    """Neuron c to both error neurons of class c, with opposite signs."""
    synapses = Synapses(
        pre,
        error,
        on_pre="balance_post += effect*side_post*error_weight",
        delay=q.delay,
        clock=q.clock,
        namespace={"effect": effect, "error_weight": q.error_weight},
        name=f"{pre.name}_to_{error.name}",
    )
    synapses.connect(j="i + k*N_pre for k in range(2)")
    return synapses


def _pair_to_one(q: SimpleNamespace, error: NeuronGroup, output: NeuronGroup) -> Synapses:
    synapses = Synapses(
        error,
        output,
        on_pre="u_post += side_pre*error_weight",
        delay=q.delay,
        clock=q.clock,
        namespace={"error_weight": q.error_weight},
        name=f"{error.name}_to_{output.name}",
    )
    synapses.connect(j="i % N_post")
    return synapses


def _feedback(
    q: SimpleNamespace,
    error: NeuronGroup,
    layer: NeuronGroup,
    g: Array,
    transposed: Array | None = None,
) -> Synapses:
    """Error pairs to the dendrites of a hidden layer; g (pairs, layer) serves both signs.

    ``transposed`` (pairs, layer) are the forward weights, given where feedback may learn.
    """
    learning = transposed is not None and q.feedback in LEARNING
    model, weight = {
        "adaptive": ("mirror : volt", "mirror"),
        "symmetric": ("mirror : volt", "mirror"),
        "sign concordant": ("mirror : volt\nmagnitude : volt", "magnitude*sign(mirror)"),
    }.get(q.feedback, ("g : volt (constant)", "g"))
    synapses = Synapses(
        error,
        layer,
        model,
        on_pre=f"u_post += side_pre*{weight}",
        on_post=MIRRORED if learning else None,
        delay={"pre": q.delay, "post": q.delay} if learning else q.delay,
        clock=q.clock,
        name=f"{error.name}_to_{layer.name}",
    )
    synapses.connect()
    random = np.tile(g, (2, 1)).ravel() * volt
    if transposed is None or not learning:
        synapses.g = random
        return synapses
    forward = np.tile(transposed, (2, 1)).ravel() * volt
    synapses.mirror = random if q.feedback == "adaptive" else forward
    if q.feedback == "sign concordant":
        synapses.magnitude = abs(random)
    return synapses
