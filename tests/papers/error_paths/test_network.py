"""The Brian2 network of error paths against the batched form, one example at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bioplaus.layered.control import Predictive
from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.feedback import Signs, Transported
from bioplaus.layered.network import Layered
from bioplaus.models.error_paths import network, rows
from bioplaus.models.error_paths.parameters import OneExample
from bioplaus.parameters import ParameterError, replace
from bioplaus.tasks import presentations
from tests.papers import showing

SIZES = (6, 8, 7, 4)
WITH_NETWORK = [
    name
    for name, path in rows.ROWS.items()
    if not network.why_not(path) and "coding" not in name and ", 8" not in name
]
ALIKE = ("sparse FA, 1", "DFA without slope", "backprop, decay", "FA, 1 bit", "DFA, 3 bits")
"""Rows of parts that others have."""


pytestmark = pytest.mark.usefixtures("engine_target")


def task(shown: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    images = rng.uniform(-1, 1, (10, SIZES[0]))
    return images, np.eye(SIZES[-1])[rng.integers(0, 4, 10)], rng.integers(0, 10, shown)


def gap(changes: dict[str, Any], shown: int = 5) -> tuple[float, float]:
    """Largest gap of any weight or bias, and how far weights moved, after some presentations."""
    p = replace(OneExample(), {"layers": "6-8-7-4", "learning_rate": 0.3} | changes)
    clocks, (images, targets, order) = network.time(p), task(shown)
    inputs = {"input": network.examples(p, clocks)}
    model = network.build(p, np.random.default_rng(1), inputs, clocks)
    before, frame = model.weights(), float(clocks.frame.dt_)
    tables = {"images": images, "targets": targets}
    once = presentations(order, tables, presentation=frame, frame=frame, strength=1.0)
    showing.run(model, once)
    rng = np.random.default_rng(1)
    net = Layered(SIZES, rng, p.units, p.output, np.float64)
    taught = Taught(net, rows.row(p.row), rng, 0.3)
    for k in order:
        taught.learn(images[k : k + 1], targets[k : k + 1])
    found, expected = model.weights(), taught.weights()
    moved = max(np.abs(found[name] - before[name]).max() for name in expected)
    return max(np.abs(found[name] - expected[name]).max() for name in expected), moved


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n in ALIKE else n for n in WITH_NETWORK],
)
def test_at_one_step_a_time_constant_the_network_is_the_batched_form(name: str) -> None:
    """Double precision, weights that move by tenths: equal to rounding."""
    largest, moved = gap({"row": name})
    assert largest < 1e-14
    assert moved > 0.05


@pytest.mark.parametrize("units", ["logistic", "clipped", "rectified", "linear"])
def test_so_it_is_with_other_units(units: str) -> None:
    largest, moved = gap({"row": "ASRBP", "units": units})
    assert largest < 1e-14
    assert moved > 0.05


def test_signs_that_are_turned_round_stay_so(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ErrorPath(feedback=Signs("fixed", 0.7))
    monkeypatch.setitem(rows.ROWS, "turned", path)
    assert gap({"row": "turned"})[0] < 1e-14


def test_shorter_steps_approach_it_with_the_length_of_a_presentation() -> None:
    gaps = [gap({"row": "FA", "steps_per_tau": 5, "presentation": taus}, 2)[0] for taus in (8, 40)]
    assert gaps[0] > 1e-3
    assert gaps[1] < 1e-12


@pytest.mark.parametrize("precision", [1.0, pytest.param(0.1, marks=pytest.mark.slow)])
def test_predictive_coding_approaches_its_settled_form(
    precision: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = ErrorPath(Predictive(1500, 0.2, precision), Transported())
    monkeypatch.setitem(rows.ROWS, "settled", settled)
    gaps = [
        gap({"row": "settled", "steps_per_tau": 5, "presentation": taus}, 2)[0]
        for taus in (10, 160)
    ]
    assert gaps[0] > 1e-6
    assert gaps[1] < 1e-13


def test_nothing_moves_where_nothing_is_learnt() -> None:
    """Test presentations: no step, and no decay."""
    p = replace(OneExample(), {"row": "Kolen-Pollack", "layers": "6-8-7-4"})
    clocks, (images, targets, order) = network.time(p), task()
    inputs = {"input": network.examples(p, clocks)}
    model = network.build(p, np.random.default_rng(1), inputs, clocks)
    before, frame = model.weights(), float(clocks.frame.dt_)
    tables = {"images": images, "targets": targets}
    showing.run(model, presentations(order, tables, presentation=frame, frame=frame))
    for name, values in model.weights().items():
        np.testing.assert_array_equal(values, before[name])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"row": "deep targets"}, "no network form: its errors take passes"),
        ({"row": "weight mirror"}, "drawn or learnt by noise"),
        ({"row": "BFA"}, "a network of its own"),
        ({"row": "FA, limit"}, "the length of a whole matrix"),
        ({"row": "FAA"}, "unknown row 'FAA'|no row 'FAA'|'FAA'"),
        ({"units": "winner"}, "winner units have no network form"),
        ({"layers": "6-x"}, "such as 64-100-10"),
    ],
)
def test_what_has_no_network_says_why(changes: dict[str, Any], said: str) -> None:
    p = replace(OneExample(), {"layers": "6-8-4"} | changes)
    with pytest.raises(ParameterError, match=said):
        network.build(p, np.random.default_rng(1), {}, None)
