"""Weights that change in every step: losses of five trials beside NEST's (Korcsak-Gorzo 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus.models import eprop
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

STEPS, CELLS, DELAY = 100, 100, 2
LOSSES = {
    "leaky-adam": (
        0.14000491891386, 0.28735818029752, 0.22263713699860, 0.23015072431384, 0.17565248170694,
    ),
    "adaptive": (
        0.02242584487453, 0.01916753791522, 0.00571493935652, 0.00037875376195, 0.00037823157578,
    ),
    "hard-reset": (
        0.27039631749159, 0.51390204375229, 0.53473859833866, 0.53608474802202, 0.49323580244201,
    ),
    "hard-reset-adaptive": (
        0.16416646182675, 0.27952159282830, 0.29937515524341, 0.26160957500433, 0.26384514215024,
    ),
}  # fmt: skip
"""Of NEST's tests of eprop_iaf, eprop_iaf_adapt, eprop_iaf_psc_delta, eprop_iaf_psc_delta_adapt.

Their target is 0 (their sines have no whole turn), so they check plasticity, not learning.
"""
SCALE = 1 - 0.97


@dataclass(frozen=True)
class Settings:
    """The network, weights and inputs of NEST's tests, drawn as there."""

    case: str = parameter("leaky-adam", "which test", choices=tuple(LOSSES))


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Five trials in one go; the largest relative difference of a loss."""
    draws = np.random.RandomState(1)  # the tests know no other seed
    hard = p.case.startswith("hard")
    learner = eprop.OnlineLearner(_numbers(p.case), _weights(draws, hard))
    x = draws.random((STEPS, CELLS)) < 0.05
    losses: list[float] = []
    run.keep(losses=losses)
    for _ in run.segments(1):
        for _ in range(DELAY):  # until the first input has come through NEST's delays
            learner.step(np.zeros(CELLS), np.zeros(1))
        for _ in LOSSES[p.case]:
            errors = [learner.step(now.astype(float), np.zeros(1)) for now in x]
            losses.append(0.5 * float(np.sum(np.square(errors))))
        run.log(loss=losses[-1])
    pairs = zip(losses, LOSSES[p.case], strict=True)
    return {"largest_difference": max(abs(ours / theirs - 1) for ours, theirs in pairs)}


def _numbers(case: str) -> eprop.Online:
    cases: dict[str, dict[str, Any]] = {
        "leaky-adam": {"optimiser": "adam"},
        "adaptive": {"adaptation": 0.0174},
        "hard-reset": {},
        "hard-reset-adaptive": {"adaptation": 1.0, "tau_adaptation": 10.0},
    }
    changes = cases[case]
    rate: dict[str, Any] = {"learning_rate": 1e-4 * SCALE**2}
    if not case.startswith("hard"):
        return eprop.Online(**{**rate, **changes})
    strength = 2.0 / STEPS / SCALE**2
    reset: dict[str, Any] = {"reset": "to a potential", "threshold": 0.5, "rate_strength": strength}
    return eprop.Online(**{**rate, **reset, **changes})


def _weights(draws: np.random.RandomState, hard: bool) -> dict[str, np.ndarray]:
    """As drawn, in single precision, and scaled in it."""
    into, within = (_normal(draws, CELLS) for _ in range(2))
    np.fill_diagonal(within, 0)
    out, back = (_normal(draws, 1) for _ in range(2))
    scale = np.float32(SCALE)
    scaled = {
        "input_to_cells": into if hard else into * scale,
        "cells_to_cells": within if hard else within * scale,
        "cells_to_output": out * scale,
        "output_to_cells": back.T / scale if hard else back.T * scale,
    }
    return {name: w.astype(np.float64) for name, w in scaled.items()}


def _normal(draws: np.random.RandomState, post: int) -> np.ndarray:
    return (draws.standard_normal((CELLS, post)) / np.sqrt(CELLS)).astype(np.float32)


FORM = "batched"
FIGURES: dict[str, object] = {}
