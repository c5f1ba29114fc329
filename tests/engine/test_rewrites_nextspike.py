"""Next-spike sampling draws other numbers than one trial per neuron and step, from the same law.

Expected counts and intervals are those of Bernoulli trials, on paper. Tolerances are 4.5 standard
errors: each comparison fails by chance once in 150,000 seeds, and the seeds are fixed.
"""

import gc

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    SpikeMonitor,
    StateMonitor,
    TimedArray,
    defaultclock,
    ms,
    prefs,
    seed,
)

import bioplaus.engine
from bioplaus.engine.program.kernel import ArrayArgument, Kernel, ValueArgument
from bioplaus.engine.rewrites.drawn_ahead import Basis
from tests.engine.alone import notes

assert bioplaus.engine

STANDARD_ERRORS = 4.5


@pytest.fixture(autouse=True)
def _engine():
    kept = {k: prefs[k] for k in ("codegen.target", *_PREFERENCES)}
    prefs.codegen.target = "numba"
    defaultclock.dt = 0.1 * ms
    seed(11)
    yield
    for name, value in kept.items():
        prefs[name] = value
    defaultclock.dt = 0.1 * ms


_PREFERENCES = [f"codegen.runtime.numba.{n}" for n in ("fuse", "chunk", "rewrites")]


def spikes_of(group, duration):
    monitor = SpikeMonitor(group)
    network = Network(group, monitor)
    network.run(duration)
    steps = np.round(np.asarray(monitor.t_[:]) / defaultclock.dt_).astype(int)
    return np.array(monitor.i[:]), steps


def is_drawn_ahead(group):
    return "next_spike" in notes(group.thresholder["spike"].codeobj)


def assert_binomial(count, trials, p):
    assert abs(count - trials * p) <= STANDARD_ERRORS * np.sqrt(trials * p * (1 - p)) + 1e-9


@pytest.mark.parametrize("form", ["poisson group", "neuron group", "reversed"])
def test_counts_of_every_rate_are_binomial(form):
    rates = np.repeat([0.0, 20.0, 100.0, 400.0], 100)
    if form == "poisson group":
        group = PoissonGroup(400, rates=rates * Hz)
    else:
        threshold = "rand() < rates*dt" if form == "neuron group" else "rates*dt > rand()"
        group = NeuronGroup(400, "rates : Hz", threshold=threshold)
        group.rates = rates * Hz
    i, _ = spikes_of(group, 400 * ms)
    assert is_drawn_ahead(group)
    for k, rate in enumerate(np.unique(rates)):
        assert_binomial(np.sum((i >= 100 * k) & (i < 100 * (k + 1))), 100 * 4000, rate * 1e-4)


def test_intervals_are_geometric_and_neurons_independent():
    p, neurons, steps = 0.02, 200, 20_000
    group = PoissonGroup(neurons, rates=p / defaultclock.dt)
    i, step = spikes_of(group, steps * defaultclock.dt)
    order = np.lexsort((step, i))
    gaps = np.diff(step[order])[np.diff(i[order]) == 0]
    # A geometric variable has mean 1/p, standard deviation sqrt(1-p)/p and fourth central moment
    # below 10/p^4: the standard error of its variance is below 3/p^2 over the root of the number.
    # Gaps longer than the rest of the run are missing, a share of 1/(p*steps) = 0.0025; it may
    # take some times that share from the variance, for which 0.02 is allowed.
    missing = 1 / (p * steps) / p
    assert abs(gaps.mean() - 1 / p) < STANDARD_ERRORS / p / np.sqrt(gaps.size) + missing
    variance = (1 - p) / p**2
    assert abs(gaps.var() / variance - 1) < STANDARD_ERRORS * 3 / np.sqrt(gaps.size) + 0.02
    raster = np.zeros((neurons, steps), dtype=bool)
    raster[i, step] = True
    for coincident in (raster[:-1] & raster[1:], raster[:, :-1] & raster[:, 1:]):
        assert_binomial(coincident.sum(), coincident.size, p**2)
    # Neuron 0 follows neuron N-1 in the line of trials: the seam must not show.
    seam = raster[-1, :-1] & raster[0, 1:]
    assert_binomial(seam.sum(), seam.size, p**2)


def test_rates_that_change_take_effect_at_once():
    group = PoissonGroup(500, rates=10 * Hz)
    group.run_regularly("rates = (10 + 490*int(t > 99.95*ms))*Hz", dt=50 * ms)
    _, step = spikes_of(group, 200 * ms)
    assert_binomial(np.sum(step < 1000), 500 * 1000, 1e-3)
    assert_binomial(np.sum((step >= 1000) & (step < 1020)), 500 * 20, 0.05)
    assert_binomial(np.sum(step >= 1000), 500 * 1000, 0.05)


@pytest.mark.parametrize("nested", [False, True])
def test_rates_from_a_table_count_by_rows(nested):
    table = TimedArray(np.array([[0, 50], [400, 0], [100, 100]]) * Hz, dt=20 * ms)  # noqa: F841
    order = TimedArray([2, 0, 1], dt=20 * ms)  # noqa: F841
    rates = "table(order(t)*20*ms, i % 2)" if nested else "table(t, i % 2)"
    group = PoissonGroup(1000, rates=rates)
    monitor = SpikeMonitor(group)
    Network(group, monitor).run(60 * ms)
    assert is_drawn_ahead(group)
    step = np.round(np.asarray(monitor.t_[:]) / 1e-4).astype(int)
    expected = np.array([[0, 50], [400, 0], [100, 100]])[[2, 0, 1] if nested else [0, 1, 2]]
    for k in range(3):
        for parity in range(2):
            count = np.sum((step // 200 == k) & (np.asarray(monitor.i[:]) % 2 == parity))
            assert_binomial(count, 500 * 200, expected[k, parity] * 1e-4)


def test_private_inputs_are_binomial_sums():
    group = NeuronGroup(400, "g : 1")
    private = PoissonInput(group, "g", N=50, rate=8 * Hz, weight=0.5)
    record = StateMonitor(group, "g", record=True)
    Network(group, private, record).run(200 * ms)
    assert "next_spike" in notes(private.codeobj)
    events = np.asarray(group.g[:]) / 0.5
    trials, p = 50 * 2000, 8e-4
    assert_binomial(events.sum(), 400 * trials, p)
    variance = trials * p * (1 - p)
    assert abs(events.var() / variance - 1) < STANDARD_ERRORS * np.sqrt(2 / 400)
    jumps = np.diff(np.asarray(record.g), axis=1).ravel() / 0.5
    assert_binomial(np.sum(jumps == 2), jumps.size, 50 * 49 / 2 * p**2 * (1 - p) ** 48)


def random_inputs():
    group = PoissonGroup(50, rates=np.linspace(0, 300, 50) * Hz, name="inputs")
    private = NeuronGroup(20, "v : 1", name="targets")
    inputs = PoissonInput(private, "v", N=20, rate=30 * Hz, weight=1)
    network = Network(group, private, inputs, SpikeMonitor(group, name="spikes"))

    def outcome():
        spikes = network["spikes"]
        return np.concatenate([spikes.i[:], spikes.t_[:], private.v[:]]).tobytes()

    return network, outcome


def same_spikes_with(fuse=True, chunk=0, runs=(30, 20)):
    prefs["codegen.runtime.numba.fuse"] = fuse
    prefs["codegen.runtime.numba.chunk"] = chunk
    seed(5)
    network, outcome = random_inputs()
    for duration in runs:
        network.run(duration * ms)
    return outcome()


def test_bits_do_not_depend_on_fusing_or_chunks_or_where_runs_end():
    reference = same_spikes_with()
    assert same_spikes_with(fuse=False) == reference
    assert same_spikes_with(chunk=7) == reference
    assert same_spikes_with(runs=(50,)) == reference
    assert same_spikes_with(runs=(0.1, 20.3, 0, 4.6, 25)) == reference
    assert same_spikes_with(fuse=False, runs=(50,)) == reference


def outcome_after_a_store(**place):
    seed(6)
    network, outcome = random_inputs()
    network.run(15 * ms)
    network.store(**place)
    network.run(35 * ms)
    expected = outcome()
    network.restore(**place, restore_random_state=True)
    network.run(20 * ms)
    network.run(15 * ms)
    assert outcome() == expected
    return expected


def test_events_drawn_ahead_are_stored_and_restored(tmp_path):
    outcome_after_a_store()
    expected = outcome_after_a_store(filename=tmp_path / "state")
    older = []
    for living in range(3):  # Brian2 counts on in the names of parts while older networks live
        gc.collect()
        network, outcome = random_inputs()  # as if made by another process
        assert (
            any(thing.name == f"poissoninput_{living}" for thing in network.objects) or not living
        )
        seed(7)
        network.restore(filename=tmp_path / "state", restore_random_state=True)
        network.run(35 * ms)
        assert outcome() == expected
        older.append(network)


def test_parts_of_one_name_are_told_apart_by_their_order():
    """Two regular operations of one group draw two streams, whatever the names count from."""

    def events(*older):
        seed(3)
        group = NeuronGroup(30, "a : 1\nb : 1", name="counts")
        group.run_regularly("a += int(rand() < 0.01)")
        group.run_regularly("b += int(rand() < 0.01)")
        network = Network(group)
        network.run(5 * ms)
        network.store()
        network.run(20 * ms)
        reached = group.a[:].tobytes(), group.b[:].tobytes()
        network.restore(restore_random_state=True)
        network.run(20 * ms)
        assert reached == (group.a[:].tobytes(), group.b[:].tobytes())
        assert reached[0] != reached[1]
        return reached, group, network

    first, *kept = events()
    assert events(*kept)[0] == first


def test_a_seed_forgets_what_was_drawn_ahead():
    seed(8)
    network, outcome = random_inputs()
    network.store()
    network.run(15 * ms)
    first = outcome()
    network.restore()
    seed(8)
    network.run(15 * ms)
    assert outcome() == first


def test_another_probability_between_runs_takes_effect_at_once():
    """Of an array that no step looks at because it is constant, and of a number by name."""
    p = 0.001
    group = NeuronGroup(500, "share : 1 (constant)", threshold="rand() < share*p")
    group.share = 1
    monitor = SpikeMonitor(group)
    network = Network(group, monitor)
    counts = []
    for p, share in ((0.001, 1), (0.001, 40), (0.1, 1)):
        group.share = share
        network.run(50 * ms, namespace={"p": p})
        counts.append(monitor.num_spikes - sum(counts))
    for count, probability in zip(counts, (0.001, 0.04, 0.1), strict=True):
        assert_binomial(count, 500 * 500, probability)


def test_an_unsuitable_condition_and_the_switch_keep_the_plain_form():
    noisy = NeuronGroup(5, "v : 1", threshold="v > rand() + rand()")
    group = PoissonGroup(5, rates=10 * Hz)
    network = Network(noisy, group)
    prefs["codegen.runtime.numba.rewrites"] = ()
    network.run(1 * ms)
    assert not is_drawn_ahead(group)
    prefs["codegen.runtime.numba.rewrites"] = ("next_spike",)
    network.run(1 * ms)
    assert is_drawn_ahead(group)
    assert not is_drawn_ahead(noisy)


def test_probabilities_that_change_every_step_leave_the_plain_bits():
    def spikes():
        seed(3)
        group = NeuronGroup(
            40, "dp/dt = -p/(20*ms) : 1", threshold="rand() < 0.1*p", reset="p += 1", method="exact"
        )
        group.p = "i/10.0"
        monitor = SpikeMonitor(group)
        Network(group, monitor).run(20 * ms)
        return np.asarray(monitor.i[:]).tobytes()

    with_rewrite = spikes()
    prefs["codegen.runtime.numba.rewrites"] = ()
    assert spikes() == with_rewrite


def test_what_was_drawn_holds_for_the_same_kernel_and_arguments():
    """Each change of a number, a size or what stays in a run is told, and so is going back."""
    rates = PoissonGroup(3, rates=[1, 2, 3] * Hz).variables["rates"]
    assert rates.constant is False
    fixed = PoissonGroup(3, rates=[1, 2, 3] * Hz).variables["i"]
    assert fixed.constant
    number, arrays = [0.5], {rates: np.zeros(3), fixed: np.arange(3)}
    resolve = {
        "p": ValueArgument(lambda: number[0]),
        "r": ArrayArgument(rates, lambda: arrays[rates]),
        "i": ArrayArgument(fixed, lambda: arrays[fixed]),
    }
    basis = Basis(Kernel.from_body("x = p + r[0] + i[1]", resolve.__getitem__))
    first = basis.digest()
    arrays[rates][1] = 7  # may change while a run lasts
    assert basis.digest() == first
    number[0] = 0.25
    second = basis.digest()
    arrays[fixed][1] = 5
    third = basis.digest()
    arrays[rates] = np.zeros(4)
    assert len({first, second, third, basis.digest()}) == 4
    number[0], arrays[fixed][1], arrays[rates] = 0.5, 1, np.zeros(3)
    assert basis.digest() == first
