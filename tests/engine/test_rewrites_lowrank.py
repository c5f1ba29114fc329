"""Weights whose change is a sum of a few products are those of the plain form, up to rounding."""

import numpy as np
import pytest
from brian2 import (
    Network,
    NetworkOperation,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    prefs,
)

import bioplaus.engine
from bioplaus.engine.preferences import REWRITES
from bioplaus.engine.running import plan
from bioplaus.engine.running.plan import last_plan

assert bioplaus.engine

NUMBA = "codegen.runtime.numba"
pytestmark = pytest.mark.usefixtures("on_the_engine")

CELLS = """
dv/dt = (1.3 + 0.3*sin(i) + 0.1*current - v)/(5*ms) : 1
dcurrent/dt = -current/(5*ms) : 1
dr/dt = -r/(5*ms) : 1
a = sin(t/(3*ms)) : 1 (shared)
b : 1 (constant)
c : 1 (constant)
x : 1
"""


def network(change, on_pre="current_post += w", *, connect=None, sums="", **options):
    cells = NeuronGroup(
        13, CELLS, threshold="v > 1", reset="v = 0; r += 1", method="euler", name="cells"
    )
    rng = np.random.default_rng(1)
    cells.v, cells.b, cells.c, cells.x = rng.uniform(0, 1, (4, 13))
    equations = f"dw/dt = ({change})/ms : 1 (clock-driven)\n{sums}"
    synapses = Synapses(
        cells, cells, equations, on_pre=on_pre, method="euler", name="learning", **options
    )
    synapses.connect(connect)
    synapses.w = rng.normal(size=len(synapses))
    return Network(cells, synapses, SpikeMonitor(cells, name="spikes"))


def outcome(made):
    """Two runs; in between the weights of one source are set."""
    made.run(6 * ms)
    made["learning"].w["i == 2"] = 0.5
    made.run(5 * ms)
    numbers = [made["learning"].w[:], made["cells"].v[:], made["cells"].current[:]]
    return np.array(made["spikes"].i), np.concatenate(numbers)


def products(plan):
    """How many products the weights are said to be, None if the plain form is used."""
    for step in plan.steps:
        for note in step.notes:
            if note.startswith("low_rank: "):
                return int(note.split()[-2])
    return None


@pytest.mark.parametrize(
    ("change", "rank", "connect"),
    [
        ("(b_post*a_post + c_post*cos(t/ms))*r_pre", 2, None),
        ("(b_post*a_post - c_post*0.3 - b_post)*r_pre/(1 + r_pre)", 2, "i != j"),
        ("-(b_post*c_post)*(r_pre - x_pre)", 1, None),
        ("exp(-b_post)*r_pre", 1, "i != j"),
        ("0.1*r_pre*v_pre + 0.2", 1, None),
    ],
)
def test_the_weights_are_those_of_the_plain_form(change, rank, connect):
    spikes, plain = outcome(network(change, connect=connect))
    prefs[f"{NUMBA}.rewrites"] = (*REWRITES, "low_rank")
    made = network(change, connect=connect)
    same_spikes, numbers = outcome(made)
    assert products(last_plan(made)) == rank
    assert len(spikes) > 10
    np.testing.assert_array_equal(same_spikes, spikes)
    np.testing.assert_allclose(numbers, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [{"on_pre": "current_post += clip(w, 0, 1)*x_post"}, {"delay": 0.7 * ms}],
)
def test_spikes_read_what_the_weights_have_become(options):
    change = "b_post*a_post*r_pre"
    _, plain = outcome(network(change, **options))
    prefs[f"{NUMBA}.rewrites"] = (*REWRITES, "low_rank")
    made = network(change, **options)
    np.testing.assert_allclose(outcome(made)[1], plain, rtol=1e-12, atol=1e-12)
    assert products(last_plan(made)) == 1


def test_results_do_not_depend_on_the_length_of_chunks():
    prefs[f"{NUMBA}.rewrites"] = (*REWRITES, "low_rank")
    results = []
    for chunk in (0, 7):
        prefs[f"{NUMBA}.chunk"] = chunk
        results.append(outcome(network("b_post*a_post*r_pre"))[1].tobytes())
    prefs[f"{NUMBA}.chunk"] = 0
    assert results[0] == results[1]


def planned(made):
    """How a network would run; nothing is compiled."""
    made._clocks = {thing.clock for thing in made.sorted_objects}
    made.before_run({})
    return plan.plan(made)


def watched(made):
    made.add(StateMonitor(made["learning"], "w", record=[0]))


def with_python(made):
    made.add(NetworkOperation(lambda t: None))


@pytest.mark.parametrize(
    ("arguments", "prepare"),
    [
        ({"change": "x_post*r_pre"}, None),  # x may change during a run
        ({"change": "b_post*r_pre - w"}, None),
        ({"change": "b_post*r_pre*w"}, None),
        ({"change": "b_post*r_pre*randn()"}, None),
        ({"change": "b_post*j*r_pre*(1 + exp(b_post*r_pre))"}, None),
        ({"change": "b_post*r_pre", "on_pre": "current_post += w; w *= 0.9"}, None),
        ({"change": "b_post*r_pre", "sums": "x_post = w*r_pre : 1 (summed)"}, None),
        ({"change": "b_post*r_pre", "connect": "i < j"}, None),
        ({"change": "b_post*r_pre"}, watched),
        ({"change": "b_post*r_pre"}, with_python),
    ],
)
def test_other_changes_and_other_readers_keep_the_matrix(arguments, prepare):
    prefs[f"{NUMBA}.rewrites"] = (*REWRITES, "low_rank")
    made = network(**arguments)
    if prepare is not None:
        prepare(made)
    assert products(planned(made)) is None


def test_it_is_used_on_demand_only():
    assert products(planned(network("b_post*r_pre"))) is None
    prefs[f"{NUMBA}.rewrites"] = (*REWRITES, "low_rank")
    assert products(planned(network("b_post*r_pre"))) == 1
