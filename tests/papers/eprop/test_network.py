"""The Brian2 network beside the batched form: losses and weights are the same numbers."""

from __future__ import annotations

import brian2
import numpy as np
import pytest

from bioplaus.models import eprop
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import ParameterError
from bioplaus.tasks import Schedule, stretch
from tests.papers import showing
from tests.papers.eprop import small

CLASSES = {
    "loss": "cross entropy", "window": "30 ms", "averaged": True, "optimiser": "adam", "batch": 2,
    "learning_rate": 2e-2,
}  # fmt: skip


def built(p, traces=True):
    brian2.prefs.codegen.target = "numpy"
    clocks = Clocks.of(1e-3, 1e-3 * small.STEPS)
    inputs = {"input": eprop.spike_input(p, clocks)}
    return eprop.build(p, np.random.default_rng(3), inputs, clocks, traces=traces)


def schedule(x, target, learns=1.0) -> Schedule:
    """Trials one after another; an input acts one step after its spike."""
    steps, emitted = x.shape[0] * x.shape[1], np.roll(x.reshape(-1, x.shape[2]), -1, axis=0)
    targets = target.reshape(steps, -1)
    return stretch(1e-3, stimulus=emitted, target=targets, plasticity=np.full(steps, learns))


def dense(w):
    return w.toarray() if hasattr(w, "toarray") else w


def loss_of(model) -> float:
    return float(np.sum(model.populations["output"].loss))


@pytest.mark.parametrize(
    "changes",
    [{"feedback": "adaptive", "feedback_decay": 0.1}, {"feedback": "symmetric", **CLASSES}],
)
def test_the_network_learns_as_the_batched_form(changes) -> None:
    """Three updates, to rounding; what is shown without plasticity in between leaves no trace."""
    p = small.parameters(**changes)
    model, learner = built(p), eprop.Learner(p, np.random.default_rng(3))
    for update in range(3):
        x, target = small.trials(p, update, p.batch)
        before = loss_of(model)
        showing.run(model, schedule(x, target))
        assert (loss_of(model) - before) / p.batch == pytest.approx(
            learner.learn(x, target).loss, rel=1e-10
        )
        if update == 0:
            weights = model.weights()
            showing.run(model, schedule(*small.trials(p, 9), learns=0.0))
            assert all((dense(w) == dense(weights[n])).all() for n, w in model.weights().items())
    for name, w in learner.weights().items():
        assert np.abs(dense(model.weights()[name]) - w).max() < 1e-12


def test_without_traces_the_scan_finds_the_same() -> None:
    """A recorded run, psi, error and spikes, then backwards: the gradient of the batched form."""
    p = small.parameters(batch=2)
    model, learner = built(p, traces=False), eprop.Learner(p, np.random.default_rng(3))
    for update in range(2):
        x, target = small.trials(p, update, p.batch)
        showing.run(model, schedule(x, target))
        found, (_, expected) = eprop.gradients(model, p), learner.gradients(x, target)
        for name, each in expected.items():
            assert np.abs(found[name] - each).max() < 1e-12 * np.abs(each).max()
        learner.descend(found)
        weights = learner.weights()
        model.set_weights({name: weights[name] for name in model.plastic})


@pytest.mark.parametrize("feedback", ["through time", "truncated"])
def test_no_trace_goes_through_time(feedback: str) -> None:
    with pytest.raises(ParameterError, match="the Learner has it"):
        built(small.parameters(feedback=feedback))
