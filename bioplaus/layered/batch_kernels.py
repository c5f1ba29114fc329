"""Compiled steps on batches of rates, (batch, n) a layer, that several rules are made of."""

from __future__ import annotations

from numba import njit

from .two_way import Array, TwoWay

__all__ = [
    "add",
    "add_sum",
    "copy",
    "copy_rows",
    "copy_states",
    "input_drive",
    "input_step",
    "nudge",
]


@njit(cache=True)
def input_drive(images: Array, weight: Array, drive: Array) -> None:
    """Drive of the first layer, ``x W``; constant while the input is clamped.

    images : (batch, n_in); weight : (n_in, n); drive : (batch, n), overwritten.  Pixels of
    value zero are skipped: four fifths of a handwritten digit are.  Pixels are the outer loop, so
    that each row of weights is fetched once for the whole batch.
    """
    batch, n_in = images.shape
    drive[:] = 0.0
    for pixel in range(n_in):
        row = weight[pixel]
        for k in range(batch):
            x = images[k, pixel]
            if x != 0.0:
                sums = drive[k]
                for unit in range(row.size):
                    sums[unit] += x * row[unit]


@njit(cache=True)
def input_step(weights: TwoWay, images: Array, change: Array, scale: float) -> None:
    """Input weights; a pixel of value zero teaches nothing and is skipped."""
    weight = weights.forward[0]
    scaled = change * change.dtype.type(scale)
    for pixel in range(images.shape[1]):
        row = weight[pixel]
        for k in range(images.shape[0]):
            x = images[k, pixel]
            if x != 0.0:
                step = scaled[k]
                for unit in range(row.size):
                    row[unit] += x * step[unit]


@njit(cache=True)
def add(weight: Array, step: Array, scale: float) -> None:
    """``weight += scale step``, in the weight's precision."""
    gain = weight.dtype.type(scale)
    for pre in range(weight.shape[0]):
        for post in range(weight.shape[1]):
            weight[pre, post] += gain * step[pre, post]


@njit(cache=True)
def add_sum(bias: Array, change: Array, scale: float) -> None:
    """Add the scaled sum of the changes (batch, n) to the biases."""
    gain = bias.dtype.type(scale)
    for k in range(change.shape[0]):
        for unit in range(bias.size):
            bias[unit] += gain * change[k, unit]


@njit(cache=True)
def nudge(states: Array, field: Array, target: Array, influence: float) -> None:
    """Add ``beta (d - s)`` to what moves the outputs."""
    beta = states.dtype.type(influence)
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            field[k, unit] += beta * (target[k, unit] - states[k, unit])


@njit(cache=True)
def copy_states(source: tuple[Array, ...], destination: tuple[Array, ...]) -> None:
    """Overwrite the states of all layers."""
    for layer in range(len(source)):
        copy(source[layer], destination[layer])


@njit(cache=True)
def copy(source: Array, destination: Array) -> None:
    """Overwrite (batch, n); where a slice is assigned, Numba compiles the words of its error."""
    for k in range(destination.shape[0]):
        for unit in range(destination.shape[1]):
            destination[k, unit] = source[k, unit]


@njit(cache=True)
def copy_rows(source: Array, chosen: Array, destination: Array) -> None:
    """Overwrite (batch, n) with the rows of the source that are chosen, (batch,)."""
    for k in range(destination.shape[0]):
        for unit in range(destination.shape[1]):
            destination[k, unit] = source[chosen[k], unit]
