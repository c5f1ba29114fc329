"""e-prop beside what NEST 3.10 computed: first losses of its tests, and two small recorded runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bioplaus.models.eprop import Learner
from tests.papers import entering
from tests.papers.eprop import small

ORACLE = Path(__file__).parent / "oracle"


@pytest.mark.parametrize(("case", "tolerance"), [("pattern", 1e-12), ("evidence", 1e-11)])
def test_first_losses_are_those_of_nest(case: str, tolerance: float) -> None:
    """Twelve digits are printed of the losses of evidence accumulation."""
    journal, finals = entering.execute(entering.page("eprop.reference"), case=case)
    assert finals["largest_difference"] < tolerance
    assert len(journal.rows) == 5


@pytest.mark.parametrize(
    ("case", "tolerance"),
    [
        ("leaky-adam", 1e-12),
        ("adaptive", 1e-10),
        ("hard-reset", 1e-12),
        ("hard-reset-adaptive", 1e-12),
    ],
)
def test_losses_of_the_online_form_are_those_of_nest(case: str, tolerance: float) -> None:
    """Five trials with a change in every step; the second is sensitive: losses of 4e-4."""
    _, finals = entering.execute(entering.page("eprop.online"), case=case)
    assert finals["largest_difference"] < tolerance


@pytest.mark.slow
def test_first_losses_of_pairs_are_those_of_nest() -> None:
    """The rate term is each trial's own, not that of the batch's mean rate."""
    _, finals = entering.execute(entering.page("eprop.reference"), case="evidence-pairs")
    assert finals["largest_difference"] < 1e-11


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mse", {}),
        (
            "ce",
            {
                "loss": "cross entropy", "optimiser": "adam", "learning_rate": 2e-2, "batch": 2,
                "window": "30 ms", "averaged": True,
            },
        ),
    ],
)  # fmt: skip
def test_a_recorded_run_is_repeated(name: str, changes: dict) -> None:
    """Potentials, pseudo-derivatives, outputs, learning signals and weights, to 1e-12."""
    with np.load(ORACLE / f"eprop_nest_{name}.npz") as file:
        o = {key: file[key] for key in file}
    p = small.parameters(**changes)
    weights = {
        "input_to_cells": o["w_in"].T.copy(),
        "cells_to_cells": o["w_rec"].T.copy(),
        "cells_to_output": o["w_out"].T.copy(),
        "output_to_cells": o["B"].T.copy(),
    }
    learner = Learner(p, np.random.default_rng(1), weights)
    x = np.unpackbits(o["x"], axis=-1)[..., : p.inputs]
    seen, before = [], {}
    for begin in range(0, len(x), p.batch):
        part = slice(begin, begin + p.batch)
        seen += [learner.trial(*pair) for pair in zip(x[part], o["target"][part])]
        before = learner.weights()
        learner.learn(x[part], o["target"][part])
    v, psi, spikes = (np.concatenate([getattr(s, k) for s in seen]) for k in ("v", "psi", "spikes"))
    assert spikes.sum() == len(o["spikes"]) > 300
    assert np.abs(v - o["v"]).max() < 1e-12
    assert np.abs(psi - o["psi"]).max() < 1e-12
    signal = np.concatenate([s.error for s in seen]) @ weights["output_to_cells"]
    assert np.abs(signal[:-3] - o["learning_signal"][3:]).max() < 1e-12  # NEST records it late
    for ours, theirs in (("input_to_cells", "w_in_now"), ("cells_to_cells", "w_rec_now"),
                         ("cells_to_output", "w_out_now")):  # fmt: skip
        now = o[theirs].T  # NEST moves a weight when its cell spikes next: before or after the last
        near = np.minimum(abs(before[ours] - now), abs(learner.weights()[ours] - now))
        assert near.max() < 1e-12
