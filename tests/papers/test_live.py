"""What ``live`` says is what a build does: a model that is set equals one that is built so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brian2
import numpy as np
import pytest

from bioplaus.models import burstccn, diehl_cook, eprop, erbp, follow, sacramento, vector_field_ep
from bioplaus.models.burstccn.parameters import Spiking
from bioplaus.models.reward_stdp import actor, competition, distal, exclusive_or, pairing
from bioplaus.models.reward_stdp.parameters import (
    Competition,
    Distal,
    ExclusiveOr,
    Triplets,
    Walk,
)
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import quantities, replace


def _erbp(p: Any) -> Any:
    clocks = Clocks.of(quantities(p).time_step, 0.1)
    return erbp.build(p, np.random.default_rng(1), {"pixel": erbp.pixels(p, clocks)}, clocks)


def _diehl_cook(p: Any) -> Any:
    clocks = Clocks.of(quantities(p).time_step, 0.05)
    inputs = {"pixel": diehl_cook.pixels(p, clocks)}
    return diehl_cook.build(p, np.random.default_rng(1), inputs, clocks)


def _eprop(p: Any) -> Any:
    clocks = Clocks.of(1e-3, 0.06)
    inputs = {"input": eprop.spike_input(p, clocks)}
    return eprop.build(p, np.random.default_rng(1), inputs, clocks)


def _competition(p: Any) -> Any:
    clocks, rate = Clocks.of(1e-4, 1.0), quantities(p).rate
    inputs = {name: competition.poisson(2, rate, name, clocks) for name in ("many", "few")}
    return competition.build(p, np.random.default_rng(1), inputs, clocks)


def _pairing(p: Any) -> Any:
    clocks = Clocks.of(1e-3, 1.0)
    return pairing.build(p, np.random.default_rng(1), {"pre": pairing.told(2, clocks)}, clocks)


def _distal(p: Any) -> Any:
    return distal.build(p, np.random.default_rng(1), {}, Clocks.of(1e-3, 1.0))


def _exclusive_or(p: Any) -> Any:
    clocks = Clocks.of(1e-3, 0.5)
    inputs = {"input": exclusive_or.bits(p, clocks)}
    return exclusive_or.build(p, np.random.default_rng(1), inputs, clocks)


def _walk(p: Any) -> Any:
    clocks = Clocks.of(1e-3, 0.05)
    inputs = {"place": actor.place_cells(p, clocks)}
    return actor.build(p, np.random.default_rng(1), inputs, clocks)


def _follow(p: Any) -> Any:
    clocks = Clocks.of(1e-3, 1e-3)
    return follow.build(p, np.random.default_rng(1), follow.commands(p, clocks), clocks)


def _sacramento(p: Any) -> Any:
    clocks = Clocks.of(1e-4, 0.1)
    inputs = {"input": sacramento.rates(p, clocks)}
    return sacramento.build(p, np.random.default_rng(1), inputs, clocks)


def _burstccn(p: Any) -> Any:
    brian2.seed(1)
    return burstccn.build(p, np.random.default_rng(1), {}, burstccn.time(p))


def _vector_field_ep(p: Any) -> Any:
    clocks = vector_field_ep.time(p)
    inputs = {"pixels": vector_field_ep.pixels(p, clocks)}
    return vector_field_ep.build(p, np.random.default_rng(1), inputs, clocks)


CASES: dict[str, tuple[Any, Any, Callable[[Any], Any], dict[str, Any], dict[str, Any]]] = {
    "erbp": (
        erbp, erbp.OneHiddenLayer(), _erbp,
        {"inputs": 6, "hidden": 4, "classes": 3, "layers": 2, "feedback": "adaptive"},
        {"learning_rate": 0.5},
    ),
    "eprop": (
        eprop, eprop.Eprop(), _eprop,
        {"inputs": 4, "regular": 3, "adaptive": 2, "window": "60 ms"}, {"learning_rate": 0.5},
    ),
    "diehl_cook": (
        diehl_cook, diehl_cook.DiehlCook(), _diehl_cook,
        {"inputs": 6, "cells": 3, "total": 2.0}, {"learning_rate": 0.5, "depression": 0.25},
    ),
    "competition": (competition, Competition(), _competition, {}, {"learning_rate": 0.5}),
    "triplets": (pairing, Triplets(), _pairing, {}, {"learning_rate": 0.5}),
    "distal reward": (
        distal, Distal(), _distal,
        {"excitatory": 4, "inhibitory": 2, "targets": 2}, {"learning_rate": 0.5},
    ),
    "exclusive or": (
        exclusive_or, ExclusiveOr(), _exclusive_or,
        {"inputs": 8, "hidden": 3}, {"learning_rate": 0.25},
    ),
    "walk": (actor, Walk(), _walk, {"places": 3, "cells": 2}, {"learning_rate": 0.5}),
    "follow": (
        follow, follow.Linear(), _follow,
        {"neurons": 30, "rate_convention": "article"},
        {"learning_rate": "7e-3 second", "gain": 5.0},
    ),
    "follow, every weight": (
        follow, follow.Linear(), _follow,
        {"neurons": 30, "weights": "masked"}, {"learning_rate": "7e-3 second"},
    ),
    "sacramento": (
        sacramento, sacramento.Dynamics(), _sacramento,
        {"areas": "4-3-3-2", "bias_rate": 1.0, "lateral_rate": "0.001 / ms"},
        {"learning_rate": "0.002 / ms", "lateral_rate": "0.003 / ms"},
    ),
    "burstccn": (
        burstccn, Spiking(), _burstccn,
        {"cells": 5, "step": "1 ms", "integration": "exponential_euler"},
        {"learning_rate_hidden": 0.5, "learning_rate_output": 0.25},
    ),
    "vector_field_ep": (
        vector_field_ep, vector_field_ep.VectorField(), _vector_field_ep,
        {"layers": "5-4-4-3", "learning_rates": "0.1, 0.2, 0.3", "batch": 1, "examples": 2},
        {"learning_rates": "0.4, 0.5, 0.7", "feedback_rate": 0.5},
    ),
}  # fmt: skip


def values(model: Any, names: Any) -> dict[str, float]:
    found = {}
    for path in names:
        owner, _, variable = path.partition(".")
        plastic = model.plastic.get(owner)
        group = plastic.synapses if plastic else model.populations[owner]
        found[path] = group.variables[variable].get_value().item()
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_model_that_is_set_equals_one_that_is_built_so(name: str) -> None:
    brian2.prefs.codegen.target = "numpy"
    module, parameters, build, small, change = CASES[name]
    p = replace(parameters, small)
    changed = replace(p, change)
    set_later, built_so = build(p), build(changed)
    assert module.live(p).keys() == module.live(changed).keys()
    wanted = values(built_so, module.live(changed))
    before = values(set_later, wanted)
    assert any(before[path] != value for path, value in wanted.items())
    set_later.set(module.live(changed))
    assert values(set_later, wanted) == wanted
    for projection, weights in set_later.weights().items():  # nothing else was moved
        other = built_so.weights()[projection]
        equal = weights != other if hasattr(weights, "nnz") else np.array_equal(weights, other)
        assert not equal.nnz if hasattr(equal, "nnz") else equal
