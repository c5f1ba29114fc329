"""SuperSpike: the scan beside traces of every synapse, single cells by hand, the Brian2 network."""

from __future__ import annotations

from typing import Any

import brian2
import numpy as np
import pytest

from bioplaus import tasks
from bioplaus.models import superspike
from bioplaus.models.superspike import Learner, SuperSpike, eligibility
from bioplaus.models.superspike.layer import constants, filtered_error, layer_of
from bioplaus.neurons.cell import Clocks, ShapeError
from bioplaus.parameters import ParameterError, replace
from tests.papers import showing
from tests.papers.learning import keeps_its_promises

STEPS = 600


def settings(**changes: Any) -> SuperSpike:
    return replace(SuperSpike(), {"layers": "6-4-2", "first_spread": "120 mV", **changes})


def trial(p: SuperSpike, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    inputs, *_, outputs = superspike.sizes(p)
    x = tasks.frozen_noise(rng, inputs, STEPS, 0.02)
    return x, tasks.spaced_spikes(rng, STEPS, 3, outputs)


def test_the_response_to_one_spike() -> None:
    """The difference of exponentials, as Euler sums it: s = a^k, psp the low-pass of that."""
    c = constants(settings())
    before = np.zeros((50, 1), np.uint8)
    before[3] = 1
    _, potential, _, psp = layer_of(before, np.array([[2.0]]), c)
    expected, s = np.zeros(50), 0.0
    for t in range(4, 50):
        s = 1.0 if t == 4 else s * c.synapse
        expected[t] = expected[t - 1] + c.membrane * (s - expected[t - 1])
    assert psp[:, 0] == pytest.approx(expected, rel=1e-12)
    assert potential[:, 0] == pytest.approx(c.rest + 2.0 * expected, rel=1e-12)


def test_a_cell_that_is_driven_keeps_its_refractoriness() -> None:
    """A large current at once: 50 steps held, then one step to threshold."""
    c = constants(settings())
    z = layer_of(np.ones((300, 1), np.uint8), np.array([[1e4]]), c)[0][:, 0]
    assert list(np.diff(np.flatnonzero(z))) == [c.refractory + 1] * (int(z.sum()) - 1)


def test_the_loss_of_a_spike_that_is_missing() -> None:
    """The integral of (e^(-t/10) - e^(-t/5))^2 over ms, for time constants of 5 and 10 ms.

    A step is wrong by as much as it is long, so that two steps foretell the limit.
    """
    losses = []
    for step in (0.1, 0.05):
        c = constants(settings(time_step=f"{step} ms"))
        target = np.zeros((round(300 / step), 1), np.uint8)
        target[0] = 1
        losses.append(float(filtered_error(np.zeros_like(target), target, c)[1][0]))
        assert not filtered_error(target, target, c)[0].any()
    limit = 10 / 2 - 2 / (1 / 10 + 1 / 5) + 5 / 2
    assert 2 * losses[1] - losses[0] == pytest.approx(limit, rel=1e-3)


@pytest.mark.parametrize("feedback", ["symmetric", "random", "uniform", "none"])
def test_the_scan_finds_what_the_traces_of_all_synapses_would(feedback: str) -> None:
    p = settings(feedback=feedback)
    learner = Learner(p, np.random.default_rng(2))
    shown = learner.show(*trial(p, 1))
    c, found = learner.constants, learner.gradients(shown)
    backs = learner.feedback()
    for (name, gradient), layer, back in zip(found.items(), shown.layers, backs):
        signal = shown.error if back is None else shown.error @ back.T
        expected = np.zeros_like(gradient)
        for j in range(gradient.shape[1]):
            traces = eligibility(layer.psp, layer.sigma[:, j], c)
            expected[:, j] = c.dt * signal[:, j] @ traces
        scale = np.abs(expected).max()
        assert np.abs(gradient - expected).max() <= 1e-12 * scale, name
        assert (scale > 0) == (feedback != "none" or back is None)


def test_the_first_step_has_the_size_of_the_rate_whatever_the_gradient() -> None:
    p = settings(learning_rate="0.3 mV")
    learner = Learner(p, np.random.default_rng(2))
    before = learner.weights()
    found = learner.gradients(learner.show(*trial(p, 1)))
    learner.descend(found)
    for name, w in learner.weights().items():
        steps = 0.3 * np.sign(found[name])  # none from a cell that is silent
        assert w - before[name] == pytest.approx(steps, rel=1e-6)
        assert steps.any()


def test_nothing_is_learned_where_spikes_are_in_place() -> None:
    p = settings(layers="6-2")
    learner = Learner(p, np.random.default_rng(2))
    x, _ = trial(p, 1)
    target = learner.show(x, np.zeros((STEPS, 2), np.uint8)).layers[-1].z
    before = learner.weights()["input_to_output"]
    assert learner.learn(x[np.newaxis], target[np.newaxis]).loss == 0
    assert np.array_equal(learner.weights()["input_to_output"], before)


@pytest.mark.parametrize(
    ("layers", "feedback"), [("6-4-2", "symmetric"), ("6-4-2", "random"), ("6-3-3-1", "uniform")]
)
def test_the_network_learns_as_the_batched_form(layers: str, feedback: str) -> None:
    """Two blocks: the same spikes' losses, and weights to rounding."""
    brian2.prefs.codegen.target = "numpy"
    p = settings(layers=layers, feedback=feedback)
    clocks = Clocks.of(1e-4, 1e-4 * STEPS)
    inputs = {"input": superspike.spike_input(p, clocks)}
    model = superspike.build(p, np.random.default_rng(2), inputs, clocks)
    learner = Learner(p, np.random.default_rng(2))
    lost = 0.0
    for block in range(2):
        x, target = trial(p, block)
        showing.run(model, tasks.stretch(1e-4, stimulus=x, target=target))
        lost += learner.learn(x[np.newaxis], target[np.newaxis]).loss[0]
        loss = 1e3 * float(np.sum(model.populations["output"].loss))
        assert loss == pytest.approx(lost, rel=1e-9)
        assert lost > 0
        for name, w in learner.weights().items():
            assert 1e3 * model.weights()[name] == pytest.approx(w, rel=1e-7, abs=1e-7), name


@pytest.mark.parametrize("feedback", ["symmetric", "random"])
def test_a_learner_as_all_are(feedback: str) -> None:
    p = settings(feedback=feedback)
    keeps_its_promises(
        Learner(p, np.random.default_rng(2)), *(each[np.newaxis] for each in trial(p, 1))
    )


def test_trials_are_learned_one_by_one() -> None:
    p = settings()
    together, alone = (Learner(p, np.random.default_rng(2)) for _ in range(2))
    shown = [trial(p, seed) for seed in (1, 2)]
    seen = together.learn(*(np.stack(each) for each in zip(*shown)))
    for n, (x, target) in enumerate(shown):
        found = alone.learn(x[np.newaxis], target[np.newaxis])
        assert seen.loss[n] == found.loss[0]
        assert np.array_equal(seen.outputs[n], found.outputs[0])
    for name, w in alone.weights().items():
        assert np.array_equal(together.weights()[name], w)


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(ParameterError, match="32-32-1"):
        superspike.check_network(settings(layers="6"))
    p = settings(layers="6-4-4-1")
    clocks = Clocks.of(1e-4, 1e-2)
    inputs = {"input": superspike.spike_input(p, clocks)}
    with pytest.raises(ParameterError, match="random or uniform"):
        superspike.build(p, np.random.default_rng(0), inputs, clocks)
    learner = Learner(settings(), np.random.default_rng(0))
    with pytest.raises(ShapeError, match="where"):
        learner.show(np.zeros((10, 5), np.uint8), np.zeros((10, 2), np.uint8))
    with pytest.raises(ValueError, match="do not fit"):
        tasks.spaced_spikes(np.random.default_rng(0), 3, 5, 1)
