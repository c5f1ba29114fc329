"""FOLLOW experiments: to the bit after a break, and learning at full length (slow)."""

from __future__ import annotations

import brian2
import numpy as np
import pytest

from bioplaus.experiments.follow import arm as follow_arm
from bioplaus.experiments.follow.arm import FollowArm
from bioplaus.experiments.follow.inverse_arm import FollowInverseArm
from bioplaus.experiments.follow.linear import FollowLinear
from bioplaus.experiments.follow.lorenz import FollowLorenz
from bioplaus.models import follow
from bioplaus.parameters import ParameterError, replace
from bioplaus.records.checkpoint import read_checkpoint, write_checkpoint
from bioplaus.reproduction.table import results
from bioplaus.training.backend import Backend


@pytest.fixture(autouse=True)
def restored_target():
    yield
    brian2.prefs.codegen.target = "auto"


def make(kind, **changes):
    experiment = kind(replace(kind.Parameters(), changes), 3)
    experiment.setup()
    return experiment


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (FollowArm, {"neurons": 40, "segment": "2 second", "tests": 1}),
        (FollowInverseArm, {"neurons": 40, "command_neurons": 40, "segment": "2 second"}),
    ],
)
def test_continued_run_equals_an_unbroken_one(kind, changes, tmp_path, monkeypatch):
    """The state goes through a file, and the arm has been tested before it."""
    monkeypatch.setattr(follow_arm, "CHECKPOINTS", (2.0,))
    Backend(name="numpy").select(3)
    whole = make(kind, **changes)
    whole.advance(0)
    write_checkpoint(tmp_path / "first", whole.state())
    state, generator = read_checkpoint(tmp_path / "first"), whole.rng.bit_generator.state
    expected = whole.advance(1)
    resumed = make(kind, **changes)
    resumed.restore(state)
    resumed.rng.bit_generator.state = generator
    np.testing.assert_equal(resumed.advance(1), expected)
    assert getattr(resumed, "checked", None) == getattr(whole, "checked", None)
    for name, weights in whole.model.weights().items():
        assert (resumed.model.weights()[name] == weights).all()


def test_sixteen_results_are_listed():
    numbers = {int(row.id.split("-")[0].removeprefix("h")) for row in results("follow")}
    assert numbers == set(range(1, 17))
    assert all(row.full.band_source for row in results("follow"))


def test_times_must_fit():
    for changes, complaint in (
        ({"segment": "3 second"}, "segment = 3 second is not two or more whole trials of 2 s"),
        ({"segment": "2 second"}, "segment = 2 second is not two"),
        ({"duration": "150 second"}, "duration = 150 second is not a whole number of segments"),
    ):
        with pytest.raises(ParameterError, match=complaint):
            make(FollowLinear, **changes)


def test_learning_ends_slowly_where_asked():
    Backend(name="numpy").select(3)
    experiment = make(FollowLorenz, neurons=40, duration="1500 second", settling="500 second")
    assert [experiment.share(n) for n in range(3)] == [1.0, 1.0, 0.1]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_learning_keeps_ideal_weights():
    """From ideal weights, 200 s of learning do not raise the error (10 % for its own noise)."""
    Backend(name="numba").select(3)
    experiment = make(FollowLinear, neurons=300)
    ideal = follow.ideal_weights(
        experiment.model,
        lambda x: x @ np.array([[-0.2, 1.0], [-1.0, -0.2]]) / 0.05,
        lambda u: u / 0.02,
        np.random.default_rng(1),
    )
    experiment.model.set_weights(ideal)
    experiment.show(experiment.tracking.training(2.0), gain=10.0)
    before = experiment.learn(50.0, share=0.0)["raw_error"]
    experiment.learn(200.0, share=1.0)
    after = experiment.learn(50.0, share=0.0)["raw_error"]
    assert after < 1.1 * before


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_quick_check_of_the_linear_task():
    """300 neurons at five times the rate: open-loop error of 40 s below 0.05 after 1000 s."""
    Backend(name="numba").select(1)
    experiment = make(FollowLinear, **FollowLinear.quick)
    for segment in range(experiment.segments()):
        experiment.advance(segment)
    final = experiment.finish()
    assert final["learning_ratio"] < 1 / 200
    assert final["open_loop_error"] < 0.05
    assert 0.006 < 300 * experiment._latest["raw_error"] < 0.024  # spike noise, as 1/N


def test_weights_are_recorded_at_the_time_at_which_they_stand():
    """20,000 of them at one moment: an export gives no times that were not simulated."""
    Backend(name="numpy").select(3)
    experiment = make(FollowLinear, neurons=40)
    experiment.model.set_weights({"recurrent_learning": np.full((40, 2), 2.0)})
    experiment._keep_weights()
    trace = experiment.take_recording().traces["weights", "recurrent"]
    assert trace.t.tolist() == [experiment.simulated_time]
    assert trace.value.shape == (20_000, 1)
    post = np.random.default_rng(experiment.seed).integers(40, size=(2, 20_000))[0]
    expected = 2e3 * experiment.model.state_tuning.encoders[post].sum(axis=1)
    np.testing.assert_allclose(trace.value[:, 0], expected)


def test_reference_outside_the_radius_is_told():
    """Noise of R1/6 moves the reference by about 0.1, ten times a radius of 0.01."""
    Backend(name="numpy").select(3)
    experiment = make(FollowLinear, neurons=40, radius=0.01)
    with pytest.warns(UserWarning, match=r"outside the represented radius of 0.01 for \d+ %"):
        assert experiment.learn(1.0, share=0.0)["outside"] > 0.1
