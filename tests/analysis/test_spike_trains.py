"""Spike statistics against clocks, Poisson processes and cases counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus import analysis


def test_intervals_belong_to_their_neuron_whatever_the_order() -> None:
    t = [0.9, 0.1, 0.4, 0.2]
    i = [1, 0, 1, 0]
    interval, neuron = analysis.intervals(t, i)
    assert interval == pytest.approx([0.1, 0.5])
    assert neuron.tolist() == [0, 1]
    with pytest.raises(ValueError, match="2 spike times but 1 neuron numbers"):
        analysis.intervals([0.1, 0.2], [0])


def test_a_clock_has_no_variation_and_poisson_has_one() -> None:
    """Both measures are 0 for a clock and 1 for a Poisson process.

    With n = 20,000 exponential intervals the standard error of CV is about 1/sqrt(n) = 0.007 and
    that of LV about 0.01 (its terms are 3 u^2 with u uniform, of variance 4/5, and neighbours are
    correlated); the tolerance 0.05 is more than four of them.  Seed 1.
    """
    clock = np.arange(100) * 0.01
    poisson = np.cumsum(np.random.default_rng(1).exponential(0.02, 20_000))
    t = np.concatenate([clock, poisson])
    i = np.repeat([0, 1], [len(clock), len(poisson)])
    for measure in (analysis.cv, analysis.local_variation):
        values = measure(t, i, 3)
        assert values[0] == pytest.approx(0.0, abs=1e-9)
        assert values[1] == pytest.approx(1.0, abs=0.05)
        assert np.isnan(values[2])


def test_local_variation_is_blind_to_slow_changes_of_rate() -> None:
    """A clock that slows down by half: CV sees it, LV hardly."""
    t = np.cumsum(np.linspace(0.01, 0.02, 1_000))
    i = np.zeros(1_000, int)
    # Intervals uniform on [10, 20] ms: CV = (10 / sqrt(12)) / 15.
    assert analysis.cv(t, i, 1)[0] == pytest.approx(10 / np.sqrt(12) / 15, rel=1e-2)
    assert analysis.local_variation(t, i, 1)[0] < 1e-5


def test_bursts_counted_by_hand() -> None:
    t = np.array([0.000, 0.010, 0.020, 0.100, 0.200, 0.216, 0.005])
    i = np.array([0, 0, 0, 0, 0, 0, 1])
    events = analysis.find_bursts(t, i)
    # An interval of exactly 16 ms separates; neuron 1's spike does not join neuron 0's burst.
    assert events.neuron.tolist() == [0, 0, 0, 0, 1]
    assert events.spikes.tolist() == [3, 1, 1, 1, 1]
    assert events.start == pytest.approx([0.0, 0.1, 0.2, 0.216, 0.005])
    assert events.end == pytest.approx([0.02, 0.1, 0.2, 0.216, 0.005])
    probability = analysis.burst_probability(events, 3)
    assert probability[:2].tolist() == [0.25, 0.0]
    assert np.isnan(probability[2])


def test_events_of_a_poisson_process() -> None:
    """Of a Poisson process at rate r, an event is a burst with probability 1 - exp(-r T).

    20 Hz and 16 ms give 0.274; with 20,000 events the standard error is 0.003, four of them are
    allowed.  Seed 2.
    """
    t = np.cumsum(np.random.default_rng(2).exponential(1 / 20, 28_000))
    events = analysis.find_bursts(t, np.zeros(len(t), int))
    assert events.spikes.sum() == len(t)
    expected = 1 - np.exp(-20 * 16e-3)
    assert analysis.burst_probability(events, 1)[0] == pytest.approx(expected, abs=0.0125)


def test_no_spikes_is_no_error() -> None:
    assert len(analysis.find_bursts([], []).start) == 0
    assert len(analysis.intervals([], [])[0]) == 0
    assert analysis.spike_counts([], [], 3, 0.0, 1.0).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="must be positive"):
        analysis.find_bursts([0.1], [0], longest_interval=0.0)


def test_rates_count_the_window_with_its_start_and_without_its_end() -> None:
    t, i = [0.0, 0.5, 1.0, 1.0], [0, 0, 0, 1]
    assert analysis.spike_counts(t, i, 2, 0.0, 1.0).tolist() == [2, 0]
    assert analysis.spike_rates(t, i, 2, 1.0, 1.5).tolist() == [2.0, 2.0]
    with pytest.raises(ValueError, match="is empty"):
        analysis.spike_counts(t, i, 2, 1.0, 1.0)


def test_population_rate_keeps_the_number_of_spikes() -> None:
    t = np.random.default_rng(3).uniform(0.0, 1.0, 500)
    centre, rate = analysis.population_rate(t, 10, 0.0, 1.0, 0.1)
    assert centre == pytest.approx(np.arange(0.05, 1.0, 0.1))
    assert np.sum(rate * 0.1 * 10) == pytest.approx(500)
    with pytest.raises(ValueError, match="no bin"):
        analysis.population_rate(t, 10, 0.0, 0.001)


def test_silent_and_saturated_cells() -> None:
    # A refractory period of 4 ms allows 250 spikes in a second; 225 is nine tenths of it.
    silent, saturated = analysis.silent_and_saturated([0, 10, 224, 225], 1.0, 4e-3)
    assert (silent, saturated) == (0.25, 0.25)
    assert analysis.silent_and_saturated([500], 1.0, 0.0) == (0.0, 0.0)
