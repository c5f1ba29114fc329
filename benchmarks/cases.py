"""The catalogue of benchmark cases and targets."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from brian2 import Network

from benchmarks.networks import (
    cobahh,
    cuba,
    event_driven,
    microcircuit,
    plastic_layers,
    published,
    recurrent,
)


@dataclass(frozen=True)
class Case:
    """One network, the simulated time that is measured [s], and the ratios aimed at.

    ``goal`` maps a floating type to (times cython, times C++ standalone): what the best
    hand-written loops reach, in CPU time of the loop against Brian2 in float64; empty where there
    are no such goals. ``all_weights``: a step moves all weights, so that memory sets a floor.
    """

    title: str
    build: Callable[[], Network]
    seconds: float
    goal: dict[str, tuple[float, float]]
    all_weights: bool = False


CASES = {
    "B1": Case("event-driven plastic", event_driven.network, 1.0, {"float64": (6, 1.5)}),
    "B2": Case("dendritic microcircuit", microcircuit.network, 0.1, {"float64": (9, 3)}),
    "B2-full": Case(
        "dendritic microcircuit, 784-500-500-10",
        partial(microcircuit.network, (784, 500, 500, 10)),
        0.005,
        {"float32": (20, 7)},
        all_weights=True,
    ),
    "B3": Case(
        "recurrent, plastic every step",
        recurrent.network,
        0.1,
        {"float64": (2.5, 2.5), "float32": (5, 5)},
        all_weights=True,
    ),
    "B3-others": Case(
        "recurrent, plastic every step, no self-connections",
        partial(recurrent.network, self_connections=False),
        0.1,
        {"float64": (2.5, 2.5), "float32": (5, 5)},
        all_weights=True,
    ),
    "B3-4000": Case(
        "recurrent, plastic every step, 4000 neurons",
        partial(recurrent.network, 4000),
        0.02,
        {},
        all_weights=True,
    ),
    "B4": Case("CUBA", cuba.network, 0.5, {"float64": (5, 1.8)}),
    "COBAHH": Case("COBAHH", cobahh.network, 0.1, {}),
    "eRBP-0.1": Case("eRBP 784-100-10, 0.1 ms", partial(published.images, 100, "0.1 ms"), 2.0, {}),
    "eRBP-0.5": Case("eRBP 784-100-10, 0.5 ms", partial(published.images, 100, "0.5 ms"), 5.0, {}),
    "eRBP-200": Case("eRBP 784-200-10, 0.5 ms", partial(published.images, 200, "0.5 ms"), 5.0, {}),
    "BurstCCN": Case("BurstCCN, five times 500 cells, 1 ms", published.patterns, 1.0, {}),
    "S": Case("ten objects, three plastic projections", plastic_layers.network, 1.0, {}),
}


@dataclass(frozen=True)
class Target:
    """Where a network runs: Brian2's target or device, the floating type, rewrites, threads.

    rewrites : ``"default"``, ``"none"`` or ``"all"``, with those that are used on demand only.
    """

    device: str
    dtype: str = "float64"
    rewrites: str = "default"
    threads: int = 1


TARGETS = {
    "numpy": Target("numpy"),
    "cython": Target("cython"),
    "standalone": Target("cpp_standalone"),
    "engine": Target("numba"),
    "engine-plain": Target("numba", rewrites="none"),
    "engine-float32": Target("numba", "float32"),
    "engine-low-rank": Target("numba", rewrites="all"),
    "engine-low-rank-float32": Target("numba", "float32", rewrites="all"),
    "engine-2-threads": Target("numba", threads=2),
}
