"""Given spikes on both sides of single synapses: many protocols in one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import Network, TimedArray, second

from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.plasticity.rule import Projection, Rule, connect

__all__ = ["learned", "weights"]

Trains = Sequence[Sequence[float]]


def learned(
    rule: Rule,
    pre: Trains,
    post: Trains,
    *,
    step: float = 1e-4,
    start: float = 0.5,
    live: Mapping[str, float] | None = None,
    signals: Mapping[str, Any] | None = None,
    seconds: float | None = None,
    post_has: str = "",
    delay: Any = None,
) -> Projection:
    """The projection after the spikes: cell k is connected with cell k alone.

    pre, post : spike times [s] of each cell, whole steps; live : shared variables of the
    postsynaptic cell or the synapses; signals : name to value, held, or to a timed array;
    post_has : equations that the postsynaptic cell has; delay : of the presynaptic spikes.
    """
    clocks = Clocks.of(step, 0.05)
    last = max((t for train in (*pre, *post) for t in train), default=0.0)
    steps = round((last + 2e-3 if seconds is None else seconds) / step)
    made, names = [], {}
    for side, trains, part in (("a", pre, rule.pre()), ("b", post, rule.post())):
        table = np.zeros((steps, len(trains)))
        for cell, train in enumerate(trains):
            table[np.rint(np.asarray(train) / step).astype(int), cell] = 1
        names[f"spikes_{side}"] = TimedArray(table, dt=step * second, name=f"spikes_{side}")
        has = f"heard : 1\n{post_has}" if side == "b" else ""
        cell = Cell(has, threshold=f"spikes_{side}(t, i) > 0.5", method="euler")
        made.append((cell + part).group(len(trains), side, clocks))
    projection = connect(rule, *made, clocks, delay=delay, condition="i == j")
    rule.write(projection.synapses, np.full(len(pre), start))
    for owner in (*made, projection.synapses):
        for name, value in (live or {}).items():
            if name in owner.variables and not owner.variables[name].read_only:
                getattr(owner, f"{name}_")[:] = value
    held = {"plasticity": 1.0, "fresh": 0.0, **(signals or {})}
    for name, value in held.items():
        given = isinstance(value, TimedArray)
        names[name] = value if given else TimedArray([value], dt=1e6 * second, name=name)
    names |= {"onset": 0 * second, "frame": 0.05 * second}
    Network(*made, projection.synapses).run(steps * step * second, namespace=names)
    return projection


def weights(projection: Projection) -> np.ndarray:
    """The weights in the order of the protocols."""
    return np.asarray(projection.rule.read(projection.synapses))
