"""Random numbers that are functions of a counter have the law of the plain form."""

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonInput,
    SpikeGeneratorGroup,
    StateMonitor,
    Synapses,
    defaultclock,
    ms,
    prefs,
    seed,
)
from scipy import stats

import bioplaus.engine
from bioplaus.engine.rewrites.counted_random import _levels
from tests.engine.alone import notes

assert bioplaus.engine

NUMBA = "codegen.runtime.numba"


@pytest.fixture(autouse=True)
def _engine():
    names = ("codegen.target", f"{NUMBA}.rewrites", f"{NUMBA}.fuse", f"{NUMBA}.chunk")
    kept = {name: prefs[name] for name in names}
    prefs.codegen.target = "numba"
    defaultclock.dt = 1 * ms
    seed(5)
    yield
    for name, value in kept.items():
        prefs[name] = value


def assert_binomial(numbers, n, p):
    """Chi-square of the counts of every value with at least ten expected."""
    expected = len(numbers) * stats.binom.pmf(np.arange(n + 1), n, p)
    seen = np.bincount(numbers, minlength=n + 1).astype(float)
    common = expected >= 10
    assert seen[~common].sum() < 10 + 5 * expected[~common].sum()
    # The total over the common values is compared by the line above.
    expected *= seen[common].sum() / expected[common].sum()
    assert stats.chisquare(seen[common], expected[common]).pvalue > 1e-3


@pytest.mark.parametrize(("n", "rate"), [(20, 25), (20, 200), (2, 450), (300, 12), (1, 300)])
def test_private_inputs_are_binomial(n, rate):
    group = NeuronGroup(101, "g : 1")
    private = PoissonInput(group, "g", N=n, rate=rate * Hz, weight=1)
    record = StateMonitor(group, "g", record=True)
    Network(group, private, record).run(400 * ms)
    steps = np.diff(np.array(record.g), axis=1).astype(int)
    assert "counted_random" in notes(private.codeobj)
    assert_binomial(steps.ravel(), n, rate * 1e-3)
    # Neighbours in space and in time know nothing of each other.
    for one, other in ((steps[1:], steps[:-1]), (steps[:, 1:], steps[:, :-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)


@pytest.mark.parametrize(("n", "rate"), [(3000, 450), (1000, 800), (12, 950)])
def test_many_events_or_probable_ones_are_left_to_rejection(n, rate):
    """Their probability of no event may be below the smallest number."""
    group = NeuronGroup(60, "g : 1")
    private = PoissonInput(group, "g", N=n, rate=rate * Hz, weight=1)
    record = StateMonitor(group, "g", record=True)
    Network(group, private, record).run(300 * ms)
    assert "counted_random" not in notes(private.codeobj)
    steps = np.diff(np.array(record.g), axis=1).astype(int)
    assert_binomial(steps.ravel(), n, rate * 1e-3)


@pytest.mark.parametrize("n", [1, 20, 400, 3000, 20000])
@pytest.mark.parametrize("p", [0.0, 1e-20, 1e-4, 0.025, 0.3, 0.5])
def test_levels_are_the_distribution_function(n, p):
    levels = _levels(n, p) / 2.0**64
    expected = stats.binom.cdf(np.arange(len(levels)), n, p)
    np.testing.assert_allclose(levels, expected, rtol=1e-10, atol=2.0**-63)
    # What is left above the last level is less than what a number of 53 bits can tell from 1.
    assert 1 - stats.binom.cdf(len(levels), n, p) < 1e-12


def blanked_out(sources=40, targets=30, dense=True):
    """Every source spikes at every step, and half of the events are transmitted."""
    times, indices = np.meshgrid(np.arange(50), np.arange(sources))
    pre = SpikeGeneratorGroup(sources, indices.ravel(), times.ravel() * ms, name="pre")
    post = NeuronGroup(targets, "x : 1\nnoise : 1", name="post")
    post.run_regularly("noise = rand()", name="draw")
    events = Synapses(
        pre, post, "w : 1", on_pre="w += int(rand() < 0.3)\nx_post += 1", name="events"
    )
    events.connect(p=1 if dense else 0.5)
    return Network(pre, post, events)


@pytest.mark.parametrize("dense", [True, False])
def test_uniform_numbers_of_synapses(dense):
    network = blanked_out(dense=dense)
    network.run(50 * ms)
    events = network["events"]
    assert_binomial(np.array(events.w).astype(int), 50, 0.3)
    synapses = len(events)
    assert "counted_random" in notes(network["events"].pre.codeobj) or synapses == 0
    table = np.array(events.w[:1200] if dense else events.w[:500])
    assert abs(np.corrcoef(table[1:], table[:-1])[0, 1]) < 4 / np.sqrt(len(table))


def test_uniform_numbers_of_neurons():
    group = NeuronGroup(500, "x : 1")
    group.run_regularly("x = rand()", name="draw")
    record = StateMonitor(group, "x", record=True)
    Network(group, record).run(40 * ms)
    x = np.array(record.x)[:, 1:]
    assert x.min() >= 0
    assert x.max() < 1
    assert stats.kstest(x.ravel(), "uniform").pvalue > 1e-3
    assert len(np.unique(x)) == x.size


def outcome(runs, fuse=True, chunk=0):
    prefs[f"{NUMBA}.fuse"], prefs[f"{NUMBA}.chunk"] = fuse, chunk
    seed(9)
    network = blanked_out()
    for duration in runs:
        network.run(duration * ms)
    return np.concatenate([network["events"].w[:], network["post"].noise[:]]).tobytes()


def test_bits_do_not_depend_on_fusing_or_chunks_or_where_runs_end():
    assert len({outcome((50,)), outcome((50,), fuse=False), outcome((20, 30), chunk=7)}) == 1


def test_stored_and_restored_with_the_random_state():
    network = blanked_out()
    network.run(20 * ms)
    network.store()
    network.run(20 * ms)
    first = network["events"].w[:].tobytes()
    network.restore(restore_random_state=True)
    network.run(20 * ms)
    assert network["events"].w[:].tobytes() == first
    network.restore()
    network.run(20 * ms)
    assert network["events"].w[:].tobytes() != first


def test_normal_numbers_and_the_switch_keep_the_plain_form():
    group = NeuronGroup(10, "x : 1")
    mixed = group.run_regularly("x = rand() + randn()", name="mixed")
    network = Network(group)
    network.run(2 * ms)
    assert "counted_random" not in notes(mixed.codeobj)
    prefs[f"{NUMBA}.rewrites"] = ()
    other = blanked_out()
    other.run(2 * ms)
    assert "counted_random" not in notes(other["events"].pre.codeobj)
