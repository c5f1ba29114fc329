"""FOLLOW: the protocol, and learning at full length (slow)."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.experiments.follow import lorenz
from bioplaus.experiments.follow.linear import Settings
from bioplaus.experiments.follow.linear_training import LinearTraining
from bioplaus.experiments.follow.protocol import slow_at_the_end
from bioplaus.models import follow
from bioplaus.papers import papers
from bioplaus.parameters import ParameterError, replace
from bioplaus.reproduction.table import results
from bioplaus.runs.backend import Backend
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.run import Run, Segment
from tests.papers import entering


def make(training, settings, **changes):
    """A training of a page, set up; its run keeps nothing."""
    p = replace(settings(), changes)
    return training(p, Run(p, 3, Journal()))


def linear(**changes):
    return make(LinearTraining, Settings, **changes)


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
            linear(**changes)


def test_learning_ends_slowly_where_asked():
    p = replace(lorenz.Settings(), {"duration": "1500 second", "settling": "500 second"})
    assert [slow_at_the_end(p, Segment(n, 4)) for n in range(3)] == [1.0, 1.0, 0.1]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_learning_keeps_ideal_weights():
    """From ideal weights, 200 s of learning do not raise the error (10 % for its own noise)."""
    Backend(name="numba").select(3)
    experiment = linear(neurons=300)
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
    quick = papers()["follow"].setting("linear", "default").quick
    rows, final = entering.execute(entering.page("follow.linear"), "numba", **quick)
    assert final["learning_ratio"] < 1 / 200
    assert final["open_loop_error"] < 0.05
    assert 0.006 < 300 * rows.rows[-2]["raw_error"] < 0.024  # spike noise, as 1/N


def test_a_sample_of_the_weights_is_an_array():
    """20,000 of them, no trace: an export gives no times that were not simulated."""
    Backend(name="numpy").select(3)
    experiment = linear(neurons=40)
    experiment.model.set_weights({"recurrent_learning": np.full((40, 2), 2.0)})
    experiment._keep_weights()
    recording = experiment.run._take_recording()
    sample = recording.arrays["recurrent weights, sample"]
    assert not recording.traces
    assert (sample.unit, sample.value.shape) == ("ms", (20_000,))
    post = np.random.default_rng(experiment.run.seed).integers(40, size=(2, 20_000))[0]
    expected = 2e3 * experiment.model.state_tuning.encoders[post].sum(axis=1)
    np.testing.assert_allclose(sample.value, expected)


def test_reference_outside_the_radius_is_told():
    """Noise of R1/6 moves the reference by about 0.1, ten times a radius of 0.01."""
    Backend(name="numpy").select(3)
    experiment = linear(neurons=40, radius=0.01)
    with pytest.warns(UserWarning, match=r"outside the represented radius of 0.01 for \d+ %"):
        assert experiment.learn(1.0, share=0.0)["outside"] > 0.1
