"""Neurons that wait for a time are not looked at before, and not one bit is different."""

import numpy as np
import pytest
from brian2 import Network, NetworkOperation, NeuronGroup, SpikeMonitor, Synapses, ms, prefs, second

import bioplaus.engine
from bioplaus.engine.program.blocks import Blocks
from bioplaus.engine.rewrites import threads
from bioplaus.engine.running.plan import last_plan, plan

assert bioplaus.engine

REWRITES = "codegen.runtime.numba.rewrites"
THREADS = "codegen.runtime.numba.threads"
pytestmark = pytest.mark.usefixtures("on_the_engine")

NEURONS = 150  # two blocks of 64, and a rest
MODEL = """
due : second
period : second (constant)
other : second
"""


def network(threshold="t >= due", reset="due += period", neurons=NEURONS, **options):
    """Neurons that fire at times of their own, from 0.3 to 12.7 ms apart."""
    group = NeuronGroup(neurons, MODEL, threshold=threshold, reset=reset, name="group", **options)
    rng = np.random.default_rng(1)
    group.due = rng.uniform(-0.2, 5, neurons) * ms
    group.period = rng.uniform(0.3, 12.7, neurons) * ms
    return Network(group, SpikeMonitor(group, name="spikes"))


def fired(made, rewrites):
    """Whether blocks waited; spikes of three runs, between which times are set by hand."""
    prefs[REWRITES] = rewrites
    made.run(7.4 * ms)
    made["group"].due["i % 5 == 0"] = "t + 0.1*ms"
    made["group"].due[60] = np.nan * second
    made["group"].due[61] = np.inf * second
    made.run(5 * ms)
    made["group"].due[61] = -1 * second
    made.run(12 * ms)
    notes = [note for step in last_plan(made).steps for note in step.notes]
    spikes = made["spikes"]
    waited = any(note.startswith("not_yet") for note in notes)
    return waited, spikes.i[:].tolist(), spikes.t_[:].tolist()


def slowly(made, change="due = clip(due, t, inf*second) - 0.3*ms", dt=0.7):
    made["group"].run_regularly(change, dt=dt * ms, when="end", name="change")
    return made


@pytest.mark.parametrize(
    "build",
    [
        network,
        lambda: network("due <= t and i % 3 != 0"),
        lambda: network("due < t", refractory=2 * ms),
        lambda: slowly(network()),
        lambda: slowly(network(), "other += 1*ms", dt=0.1),
    ],
)
def test_the_same_neurons_fire_at_the_same_times(build):
    waited, *spikes = fired(build(), ("all_at_once", "not_yet"))
    assert waited
    plainly, *expected = fired(build(), ())
    assert not plainly
    assert len(expected[0]) > NEURONS
    assert spikes == expected


def another_event():
    made = network(events={"late": "t > 3*ms and i > 100"})
    made["group"].run_on_event("late", "due = t")
    return made


def from_python():
    made = network()
    made.add(NetworkOperation(lambda: None, dt=1 * ms))
    return made


def through_synapses():
    made = network()
    synapses = Synapses(made["group"], made["group"], on_pre="due_post += 1*ms", name="push")
    synapses.connect(j="(i + 1) % N_post")
    made.add(synapses)
    return made


@pytest.mark.parametrize(
    "build",
    [
        lambda: slowly(network(), dt=0.1),
        lambda: network("t >= due or i == 3"),
        lambda: network(neurons=63),
        another_event,
        from_python,
        through_synapses,
    ],
)
def test_times_that_may_change_at_any_step_are_looked_at_in_every_step(build):
    waited, *_ = fired(build(), ("all_at_once", "not_yet"))
    assert not waited


def test_a_block_that_is_not_due_is_not_looked_at():
    made = network()
    made["group"].due = 1 * second
    prefs[REWRITES] = ("all_at_once", "not_yet")
    made.run(0.2 * ms)
    plan = last_plan(made)
    waiting = next(step.loop for step in plan.steps if isinstance(step.loop, Blocks))
    due, unsure = (waiting.memory[name].fetch() for name in ("_nb_due", "_nb_unsure"))
    assert due.tolist() == [1.0, 1.0]
    due[:] = 2.0, 0.0
    unsure[0] = 0
    made["group"].due_[:] = 0.0
    plan.begin_run = lambda anew: None  # nobody tells it that the times have been set
    made.run(0.1 * ms)
    assert sorted(made["spikes"].i[:]) == list(range(64, NEURONS))


def test_who_sets_times_says_so_where_loops_are_divided_among_threads(monkeypatch):
    """A division would make its kernel anew, from the loop, without what comes before."""
    monkeypatch.setattr(threads, "_WORTHWHILE", 1)
    made = slowly(network(), change="due = clip(due, t, t + 3*ms)")
    made._clocks = {thing.clock for thing in made.sorted_objects}
    made.before_run({})
    kept = prefs[THREADS]
    prefs[THREADS] = 2
    try:
        steps = plan(made).steps
    finally:
        prefs[THREADS] = kept
    assert any(note.startswith("not_yet") for step in steps for note in step.notes)
    (setter,) = (step for step in steps if "due" in str(step.origin) and "clip" in step.origin)
    keys = [getattr(argument, "key", None) for argument in setter.kernel.arguments]
    assert any(isinstance(key, tuple) and key[1] == "_nb_unsure" for key in keys)
