"""The backward scan beside forward traces, closed forms and forward sensitivities."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.models.eprop import Learner, traces
from bioplaus.models.eprop.eligibility import gradient
from bioplaus.models.eprop.factorised import add_gradients
from bioplaus.models.eprop.trial import Constants
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import ParameterError
from tests.papers.eprop import small

PLASTIC = ["input_to_cells", "cells_to_cells", "cells_to_output"]


def shown(seed: int, **changes):
    p = small.parameters(**changes)
    learner = Learner(p, np.random.default_rng(seed))
    x, target = small.trials(p, seed)
    seen = learner.trial(x[0], target[0])
    assert seen.spikes.sum() > 10
    return learner, x, target, seen


def acting_spikes(seen):
    return np.vstack([np.zeros_like(seen.spikes[:1]), seen.spikes[:-1]])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_scan_equals_traces(seed: int) -> None:
    """Two ways to one sum, to rounding; half of the cells adapt."""
    learner, x, target, seen = shown(seed)
    _, found = learner.gradients(x, target)
    signal = seen.error @ learner.arrays()["output_to_cells"]
    for name, acting in (("input_to_cells", x[0]), ("cells_to_cells", acting_spikes(seen))):
        made = traces(acting, seen.psi, learner.beta, learner.constants)
        by_traces = gradient(made, signal, seen.spikes, learner.constants)
        if name == "cells_to_cells":
            np.fill_diagonal(by_traces, 0.0)
        scale = np.abs(by_traces).max()
        assert np.abs(found[name] - by_traces).max() < 1e-13 * scale


def test_backpropagation_through_time_equals_forward_sensitivities() -> None:
    """dE/dw by the tangent of every single weight, psi in place of the step's derivative."""
    learner, x, target, seen = shown(4, feedback="through time")
    _, found = learner.gradients(x, target)
    w, c, beta = learner.weights(), learner.constants, learner.beta
    steps, cells = seen.psi.shape
    rate = c.rate_strength * (seen.spikes.sum(axis=0) / steps - c.goal) / steps
    for name, acting in (("input_to_cells", x[0]), ("cells_to_cells", acting_spikes(seen))):
        n = acting.shape[1] * cells
        direction = np.eye(n).reshape(n, acting.shape[1], cells)
        dv, da, dz = np.zeros((3, n, cells))
        dy, total = np.zeros((n, 2)), np.zeros(n)
        for s in range(steps):
            drive = acting[s] @ direction + dz @ w["cells_to_cells"]
            dv = c.alpha * dv + c.zeta * drive - c.threshold * dz
            da = c.rho * da + dz
            dz = seen.psi[s] * (dv - beta * da)
            dy = c.kappa * dy + c.zeta_out * dz @ w["cells_to_output"]
            total += dy @ seen.error[s] + dz @ rate
        expected = total.reshape(-1, cells)
        if name == "cells_to_cells":
            np.fill_diagonal(expected, 0.0)
        assert np.allclose(found[name], expected, rtol=1e-11, atol=1e-12 * np.abs(expected).max())


def test_what_is_left_out_is_the_way_through_other_cells_and_the_reset() -> None:
    """Without recurrent weights and reset the whole gradient is that of symmetric e-prop."""
    found = []
    for feedback in ("symmetric", "through time"):
        learner, x, target, _ = shown(5, feedback=feedback)
        learner.set_weights({"cells_to_cells": np.zeros((8, 8))})
        learner.constants = learner.constants._replace(slope=1e-9)  # second order in psi is nothing
        found.append(learner.gradients(x, target)[1]["input_to_cells"])
    assert np.abs(found[0] - found[1]).max() < 1e-7 * np.abs(found[0]).max()


def test_truncated_is_the_sum_over_blocks_of_what_happens_within_them() -> None:
    """Each block alone, by the whole gradient: no error after it, and nothing before it moves."""
    learner, x, target, seen = shown(4, feedback="truncated", truncation="20 ms", rate_strength=0.0)
    _, found = learner.gradients(x, target)
    w = learner.weights()
    sums = [np.zeros_like(w[name]) for name in PLASTIC]
    for begin in range(0, small.STEPS, 20):
        within = slice(begin, begin + 20)
        shown_x, psi, error = (np.zeros_like(a) for a in (x[0], seen.psi, seen.error))
        shown_x[within], psi[within], error[within] = (
            x[0][within],
            seen.psi[within],
            seen.error[within],
        )
        spikes = seen.spikes.copy()
        spikes[: max(begin - 1, 0)] = 0
        parts = [np.zeros_like(a) for a in sums]
        add_gradients(
            shown_x, psi, spikes, error, w["cells_to_cells"], w["cells_to_output"].T.copy(),
            small.STEPS, learner.beta, learner.constants, tuple(parts),
        )  # fmt: skip
        for total, part in zip(sums[:2], parts):
            total += part
    for name, total in zip(PLASTIC[:2], sums):
        assert np.allclose(found[name], total, rtol=1e-11, atol=1e-13 * np.abs(total).max())
    whole = [
        shown(4, feedback=feedback, truncation="60 ms")[0].gradients(x, target)[1]
        for feedback in ("truncated", "through time")
    ]
    assert all(np.array_equal(whole[0][name], whole[1][name]) for name in PLASTIC)
    assert not np.allclose(found["input_to_cells"], whole[0]["input_to_cells"], rtol=0.1)


def test_one_spike_has_the_closed_form() -> None:
    """One presynaptic spike in step 0, psi held: geometric series, after 12 steps."""
    alpha, kappa, rho = np.exp(-1 / 20), np.exp(-1 / 15), np.exp(-1 / 200)
    c = Constants(alpha, kappa, rho, 1.0, 1 - kappa, 1.0, 1.0, 0, 12, False, 0.0, 0.0)
    spikes = np.zeros((12, 1), np.uint8)
    spikes[0] = 1
    found = traces(spikes, np.full((12, 1), 0.3), np.array([0.17]), c)
    assert found.e[11, 0, 0] == pytest.approx(0.07479137183132382, rel=1e-13)
    assert found.filtered[11, 0, 0] == pytest.approx(0.08596602504618436, rel=1e-13)
    zeta = 1 - alpha
    plain = traces(spikes, np.full((12, 1), 0.3), np.zeros(1), c._replace(zeta=zeta))
    series = (1 - kappa) * 0.3 * zeta * (alpha**12 - kappa**12) / (alpha - kappa)
    assert plain.filtered[11, 0, 0] == pytest.approx(series, rel=1e-12)


def test_without_adaptation_its_time_constant_does_nothing() -> None:
    found = []
    for tau in ("20 ms", "2 s"):
        learner, x, target, _ = shown(6, adaptation=0.0, tau_adaptation=tau)
        found.append(learner.gradients(x, target)[1])
    assert all(np.array_equal(found[0][name], found[1][name]) for name in PLASTIC)


def test_what_does_not_learn_stays_to_the_bit() -> None:
    """No rate: nothing moves.  No feedback and no rate term: the readout alone does."""
    for changes, moving in (({"learning_rate": 0.0}, []),
                            ({"feedback": "none", "rate_strength": 0.0}, PLASTIC[2:])):  # fmt: skip
        learner, x, target, _ = shown(7, **changes)
        before = learner.weights()
        learner.learn(x, target)
        moved = [
            name for name, w in learner.weights().items() if not np.array_equal(w, before[name])
        ]
        assert moved == moving


def test_before_the_window_nothing_is_judged() -> None:
    """A window of the last 10 steps; a readout of 1 ms has forgotten all spikes before."""
    learner, x, target, seen = shown(8, window="10 ms", tau_readout="1 ms")
    assert not seen.error[:-10].any()
    assert seen.error[-10:].any()
    silenced = x.copy()
    silenced[:, :] = 0
    _, found = learner.gradients(silenced, target)
    assert not found["cells_to_output"].any()


def test_the_state_that_is_kept_is_all_that_the_next_update_needs() -> None:
    p = small.parameters(optimiser="adam", feedback="adaptive", feedback_decay=0.01)
    one, other = (Learner(p, np.random.default_rng(seed)) for seed in (1, 2))
    one.learn(*small.trials(p, 1))
    other.restore(one.state())
    for learner in (one, other):
        learner.learn(*small.trials(p, 2))
    assert all(np.array_equal(w, other.arrays()[name]) for name, w in one.arrays().items())


def test_symmetric_feedback_stays_the_transposed_readout() -> None:
    p = small.parameters(feedback="symmetric", optimiser="adam")
    learner = Learner(p, np.random.default_rng(1))
    for seed in range(3):
        learner.learn(*small.trials(p, seed))
    assert np.array_equal(
        learner.arrays()["output_to_cells"], learner.weights()["cells_to_output"].T
    )


def test_misfits_are_told() -> None:
    p = small.parameters()
    learner = Learner(p, np.random.default_rng(1))
    x, target = small.trials(p, 1)
    with pytest.raises(ShapeError, match=r"\(1, 60, 6\)"):
        learner.learn(x[..., :5], target)
    with pytest.raises(ShapeError, match="shorter than the window of 60"):
        learner.learn(x[:, :50], target[:, :50])
    for changes, message in (
        ({"regular": 0, "adaptive": 0}, "needs recurrent cells"),
        ({"loss": "cross entropy", "outputs": 1}, "two at least"),
        ({"refractory": "2.5 ms"}, "no whole number of steps"),
        ({"feedback": "truncated", "truncation": "2.5 ms"}, "no whole number of steps"),
    ):
        with pytest.raises(ParameterError, match=message):
            Learner(small.parameters(**changes), np.random.default_rng(1))
