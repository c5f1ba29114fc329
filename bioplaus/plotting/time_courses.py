"""Membrane potentials and other quantities over time."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from bioplaus.plotting.appearance import style

__all__ = ["traces", "with_gaps", "with_prefix"]

_PREFIXES = {0: "", -3: "m", -6: "µ", -9: "n", -12: "p", 3: "k", 6: "M"}
_SIMPLE_UNITS = {"1": "", "volt": "V", "amp": "A", "siemens": "S", "second": "s", "hertz": "Hz"}


_axis_units: WeakKeyDictionary[Axes, str] = WeakKeyDictionary()
"""The unit that an axis was drawn with first: what is added later is drawn in it too."""


def with_prefix(
    values: npt.NDArray[np.floating], unit: str, scaled_unit: str = ""
) -> tuple[npt.NDArray[np.floating], str]:
    """Scale to the SI prefix that suits the largest value: 0.012 V becomes 12 mV.

    Only base units that take a prefix are changed (V, A, S, s, Hz, by symbol or Brian2's name);
    others come back as they are.

    scaled_unit : a unit of the same base to scale to instead, such as ``mV``.
    """
    symbol = _SIMPLE_UNITS.get(unit, unit)
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max(initial=0.0))
    if not symbol or symbol not in _SIMPLE_UNITS.values():
        return values, symbol
    for power, prefix in _PREFIXES.items():
        if scaled_unit == prefix + symbol:
            return values / 10.0**power, scaled_unit
    if largest == 0.0:
        return values, symbol
    power = int(3 * np.floor(np.log10(largest) / 3))
    power = min(max(power, min(_PREFIXES)), max(_PREFIXES))
    return values / 10.0**power, _PREFIXES[power] + symbol


def with_gaps(
    t: npt.NDArray[np.floating], values: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Put a not-a-number where nothing was recorded for a while, so that no line bridges it.

    Parameters
    ----------
    t
        (time,) ascending.
    values
        (cell, time).

    Returns
    -------
    The same with one point more in each gap of over five times the usual step.
    """
    if len(t) < 3:
        return t, values
    steps = np.diff(t)
    gaps = np.flatnonzero(steps > 5 * np.median(steps)) + 1
    middles = (t[gaps - 1] + t[gaps]) / 2
    return np.insert(t, gaps, middles), np.insert(values.astype(float), gaps, np.nan, axis=1)


def traces(
    ax: Axes,
    t: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    unit: str = "",
    name: str = "",
    labels: Sequence[str] = (),
    colours: Sequence[str] = (),
) -> Axes:
    """Draw one line for each cell; call it again on the same axes to add others.

    Parameters
    ----------
    t
        (time,) [s].
    values
        (cell, time) or (time,), in ``unit``.
    unit
        Of the values as given; the axis gets a fitting prefix (V becomes mV).
    name
        The quantity, for the axis.
    labels, colours
        One for each cell; without labels there is no legend.

    Raises
    ------
    ValueError
        When the shapes do not fit, or the axes show another quantity already.
    """
    times = np.asarray(t, dtype=float)
    rows = np.atleast_2d(np.asarray(values, dtype=float))
    if rows.shape[1] != times.size:
        raise ValueError(
            f"values of shape {rows.shape} do not fit {times.size} times; (cell, time) is wanted"
        )
    if labels and len(labels) != len(rows):
        raise ValueError(f"{len(labels)} labels for {len(rows)} cells")
    scaled, scaled_unit = with_prefix(rows, unit, _axis_units.get(ax, ""))
    if _axis_units.setdefault(ax, scaled_unit) != scaled_unit:
        raise ValueError(f"these axes show {_axis_units[ax] or 'a number'}, not {unit or 'one'}")
    times, scaled = with_gaps(times, scaled)
    with style():
        for cell, row in enumerate(scaled):
            ax.plot(
                times,
                row,
                lw=0.9,
                label=labels[cell] if labels else None,
                color=colours[cell] if colours else None,
            )
        ax.margins(x=0.01)
        ax.set_xlabel("time [s]")
        ax.set_ylabel(f"{name} [{scaled_unit}]".strip() if scaled_unit else name)
        if labels:
            columns = min(len(labels), 3)
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2)
    return ax
