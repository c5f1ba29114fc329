"""Showing samples to a layered network and collecting the exact gradient, compiled.

What goes from layer to layer is compiled as a part of :func:`descend`; called from Python it is
Python, with compiled layers, whatever their number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable

from bioplaus.layered.adam import adam
from bioplaus.models.eventprop.adjoint import backward, backward_from_maxima, shallow
from bioplaus.models.eventprop.events import Array, Spikes, Whole, fire, largest
from bioplaus.models.eventprop.losses import (
    first_of_each,
    loss_of_first_spikes,
    loss_of_maxima,
)

__all__ = ["Seen", "descend", "gradient_of_spikes", "seen", "show"]

GRAZING = 0.01
"""A spike whose slope I - threshold is below this is counted as grazing [units of V]."""


class Seen(NamedTuple):
    """What a stretch of samples showed.

    outputs : (samples, classes) first spikes [s], or largest potentials; loss : mean over the
    samples whose label cell fired; error : share of wrong answers; silent : share of samples
    without a gradient, the label cell being silent; grazing : share of spikes with a slope below
    0.01; spikes, active : (spiking layers,) spikes and cells that spiked, a sample.
    """

    outputs: Array
    loss: float
    error: float
    silent: float
    grazing: float
    spikes: Array
    active: Array


@register_jitable(error_model="numpy")
def show(weights, t, i, c, maximum):  # type: ignore[no-untyped-def]
    """Spikes of every spiking layer, the input first, from the input alone."""
    trains = [Spikes(t, i, np.zeros(0), np.zeros(0))]
    for layer in range(len(weights) - 1 if maximum else len(weights)):
        trains.append(fire(weights[layer], trains[layer].t, trains[layer].i, np.inf, c))
    return trains


@register_jitable(error_model="numpy")
def gradient_of_spikes(  # type: ignore[no-untyped-def]
    weights, back, trains, label, c, p, maximum, scale, gradients
):
    """Loss, whether the answer is right, and the answer (classes,).

    Adds ``scale`` dL/dw to ``gradients`` unless it is 0.
    trains : as :func:`show` returns them, or read from a network.
    """
    top = len(weights) - 1
    t, i = trains[top].t, trains[top].i
    error_in = np.zeros(len(t))
    if maximum:
        maxima = largest(weights[top], t, i, np.inf, c)
        answer = maxima.value
        loss, right, error = loss_of_maxima(answer, label)
        if scale != 0.0:
            error *= scale
            backward_from_maxima(
                back[top], weights[top], t, i, maxima, error, c, gradients[top], error_in
            )
        layer = top - 1
    else:
        answer, number = first_of_each(trains[top + 1], weights[top].shape[1])
        loss, right, of_first = loss_of_first_spikes(answer, label, p)
        error_in = np.zeros(len(trains[top + 1].t))
        for j in range(len(answer)):
            if number[j] >= 0:
                error_in[number[j]] = scale * of_first[j]
        layer = top
    if scale == 0.0 or np.isnan(loss):
        return loss, right, answer
    while layer >= 0:
        error, error_in = error_in, np.zeros(len(trains[layer].t) if layer > 0 else 0)
        t, i = trains[layer].t, trains[layer].i
        backward(back[layer], t, i, trains[layer + 1], error, c, gradients[layer], error_in)
        layer -= 1
    return loss, right, answer


@njit(cache=True, error_model="numpy")
def descend(  # type: ignore[no-untyped-def]
    weights,
    back,
    gradients,
    means,
    squares,
    start,
    t,
    i,
    labels,
    batch,
    rate,
    step,
    c,
    p,
    maximum,
    outputs,
):
    """Show samples, and after each batch take a step of Adam (``rate`` > 0).

    start : (samples + 1,) where each begins in t and i; outputs : (samples, classes), filled.
    Returns sums of loss, wrong and silent samples, grazing spikes, spikes and active cells
    (layers,); the number of the next step.
    """
    loss, wrong, silent, grazing = 0.0, 0, 0, 0
    layers = len(weights) - 1 if maximum else len(weights)
    spikes, active = np.zeros(layers), np.zeros(layers)
    for first in range(0, len(labels), batch):
        behind = min(first + batch, len(labels))
        for g in gradients:
            g[:] = 0.0
        for k in range(first, behind):
            here = slice(start[k], start[k + 1])
            trains = show(weights, t[here], i[here], c, maximum)
            scale = 1.0 / (behind - first) if rate > 0.0 else 0.0
            one, right, answer = gradient_of_spikes(
                weights, back, trains, labels[k], c, p, maximum, scale, gradients
            )
            for j in range(len(answer)):
                outputs[k, j] = answer[j]
            if np.isnan(one):
                silent += 1
            else:
                loss += one
            wrong += not right
            for layer in range(layers):
                of_layer = trains[layer + 1]
                spikes[layer] += len(of_layer.t)
                active[layer] += _different(of_layer.i, weights[layer].shape[1])
                grazing += shallow(of_layer, c.threshold, GRAZING)
        if rate > 0.0:
            for layer in range(len(weights)):
                adam(weights[layer], gradients[layer], means[layer], squares[layer], rate, step)
            step += 1
    return loss, wrong, silent, grazing, spikes, active, step


@njit(cache=True)
def _different(i: Whole, cells: int) -> int:
    seen, found = np.zeros(cells, np.bool_), 0
    for j in i:
        found += not seen[j]
        seen[j] = True
    return found


def seen(outputs: Array, found: tuple[Any, ...]) -> Seen:
    """Outputs of :func:`descend`, and its sums as means."""
    samples = len(outputs)
    loss, wrong, silent, grazing, spikes, active, _ = found
    return Seen(
        outputs,
        loss / max(samples - silent, 1),
        wrong / samples,
        silent / samples,
        grazing / max(spikes.sum(), 1.0),
        spikes / samples,
        active / samples,
    )
