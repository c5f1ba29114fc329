"""References of other papers, whose loops are compiled, are rows of the family."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.feedback import Transported
from bioplaus.layered.network import Layered
from bioplaus.models import burstccn, sacramento
from bioplaus.parameters import replace

SIZES = (9, 8, 8, 4)
PATHS = {True: ErrorPath(feedback=Transported()), False: ErrorPath()}


def taught(transposed: bool, weights: list, biases: list, feedback: list) -> Taught:
    """Logistic layers in double precision with given weights (post, pre) and feedback."""
    net = Layered(SIZES, np.random.default_rng(0), "logistic", "logistic", np.float64)
    made = Taught(net, PATHS[transposed], np.random.default_rng(0), 0.5)
    for array, values in zip(
        (*net.w, *net.b, *made.way.B), (*(w.T for w in weights), *biases, *feedback)
    ):
        array[...] = values
    return made


@pytest.mark.parametrize("transposed", [True, False])
def test_controls_of_the_microcircuit_are_backpropagation_and_feedback_alignment(
    transposed: bool,
) -> None:
    """Ten updates, to rounding."""
    rng = np.random.default_rng(1)
    p = replace(
        sacramento.TwoSweep(),
        {"areas": "-".join(map(str, SIZES)), "transfer": "logistic", "base_rates": "0.5",
         "weight_scale": "1"},
    )  # fmt: skip
    x, wanted = rng.uniform(size=(50, 9)), rng.normal(size=(50, 4))
    start = (p, rng, x, np.zeros(4))
    circuit = sacramento.LayeredNetwork(*start, transposed=transposed, dtype=np.float64)
    feedback = [down.T for down in circuit.top_down]
    family = taught(transposed, circuit.forward, circuit.forward_bias, feedback)
    before = [w.copy() for w in circuit.forward]
    for k in range(10):
        rows = slice(5 * k, 5 * k + 5)
        circuit.learn(x[rows], wanted[rows])
        family.learn(x[rows], 1 / (1 + np.exp(-wanted[rows])))
    for w, ours, old in zip(circuit.forward, family.net.w, before):
        np.testing.assert_allclose(w, ours.T, atol=1e-13)
        assert np.abs(w - old).max() > 1e-3
    for b, ours in zip(circuit.forward_bias, family.net.b):
        np.testing.assert_allclose(b, ours, atol=1e-13)


@pytest.mark.parametrize("transposed", [True, False])
def test_references_of_burst_rates_are_rows_whose_output_error_is_that_of_squared_cost(
    transposed: bool,
) -> None:
    """The family's error is rate minus target: a target moved by the slope stands for the cost."""
    rng = np.random.default_rng(2)
    p = replace(burstccn.Discrete(), {"hidden": 8, "hidden_layers": 2, "precision": "float64"})
    bursts = burstccn.BatchedNetwork(p, 9, 4, rng)
    x, targets = rng.uniform(size=(6, 9)), rng.uniform(size=(6, 4))
    carriers = bursts.W[1:] if transposed else bursts.Y
    answers = bursts.forward(x)
    errors = bursts.references(targets, carriers)
    family = taught(transposed, bursts.W, bursts.c, bursts.Y)
    moved = answers - (answers - targets) * answers * (1 - answers)
    seen = family.net.up(x)
    found = family.path.carrier.errors(family.way, seen, moved)
    for ours, theirs in zip(found, errors):
        np.testing.assert_allclose(-ours, theirs, atol=1e-14)
        assert np.abs(ours).max() > 1e-4
