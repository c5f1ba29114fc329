"""A summed drive is skipped while its inputs stay the same, and not one bit is different."""

import numpy as np
import pytest
from brian2 import (
    Network,
    NetworkOperation,
    NeuronGroup,
    StateMonitor,
    Synapses,
    ms,
    prefs,
)

import bioplaus.engine
from bioplaus.engine.running.plan import last_plan

assert bioplaus.engine

REWRITES = "codegen.runtime.numba.rewrites"
pytestmark = pytest.mark.usefixtures("on_the_engine")
NOTE = "unchanged_drive: the sum is computed again only when its inputs have changed"


def network(expression="w*x_pre", change="x = 0.1*i + floor(t/ms + 0.5)", weights="w : 1"):
    """Twenty constant-ish sources that a slow clock changes every millisecond, six targets."""
    pre = NeuronGroup(20, "x : 1", name="pre")
    post = NeuronGroup(6, "dy/dt = (drive - y)/ms : 1\ndrive : 1", method="euler", name="post")
    if change:
        pre.run_regularly(change, dt=1 * ms, name="changes")
    drive = Synapses(
        pre, post, f"{weights}\ndrive_post = {expression} : 1 (summed)", method="euler",
        name="drive",
    )  # fmt: skip
    drive.connect()
    drive.w = np.random.default_rng(1).normal(size=120)
    monitor = StateMonitor(post, ["y", "drive"], record=True, name="monitor")
    return Network(pre, post, drive, monitor)


def recorded(rewrites, steps_between=None, **options):
    prefs[REWRITES] = rewrites
    made = network(**options)
    made.run(2.5 * ms)
    made["drive"].w["i == 0"] = 2  # by hand, between two runs
    made.run(2.5 * ms)
    notes = [note for step in last_plan(made).steps for note in step.notes]
    monitor = made["monitor"]
    return notes, monitor.y.tobytes() + monitor.drive.tobytes(), np.array(monitor.drive)


@pytest.mark.parametrize(
    ("options", "skips"),
    [
        ({}, True),
        ({"change": ""}, True),
        ({"change": "x = log(x - 1.5)"}, True),  # not a number
        ({"expression": "w*x_pre*y_post"}, True),  # changes every step, and is noticed
        ({"expression": "w*x_pre*sin(t/ms)"}, False),
        ({"expression": "w*rand()"}, False),
        ({"weights": "dw/dt = -w/ms : 1 (clock-driven)"}, False),
    ],
)
def test_the_bits_are_those_of_the_plain_form(options, skips):
    if options.get("expression") == "w*rand()":
        prefs[REWRITES] = ("unchanged_drive",)
        made = network(**options)
        made.run(0.1 * ms)
        assert not any(step.notes for step in last_plan(made).steps)
        return
    notes, bits, _ = recorded(("unchanged_drive",), **options)
    assert notes == ([NOTE] if skips else [])
    assert recorded((), **options)[:2] == ([], bits)


def test_a_sum_that_also_changes_its_weights_is_always_computed():
    """Joined with a weight change whose inputs are assigned at every step, but never change."""
    results = []
    for rewrites in (("unchanged_drive", "dense", "one_pass"), ()):
        prefs[REWRITES] = rewrites
        pre = NeuronGroup(20, "x : 1", name="pre")
        post = NeuronGroup(30, "y : 1", name="z_post")
        pre.run_regularly("x = 1")
        equations = "dw/dt = x_pre/ms : 1 (clock-driven)\ny_post = w*x_pre : 1 (summed)"
        drive = Synapses(pre, post, equations, method="euler", name="drive")
        drive.connect()
        made = Network(pre, post, drive, *pre.contained_objects)
        made.run(1 * ms)
        results.append((np.array(drive.w).tobytes(), np.array(post.y).tobytes()))
        joined = any(
            note.startswith("one_pass") for step in last_plan(made).steps for note in step.notes
        )
        assert joined == bool(rewrites)
    np.testing.assert_allclose(drive.w, 1)
    assert results[0] == results[1]


def test_a_sum_over_sources_with_a_clock_of_their_own_follows_it():
    results = []
    for rewrites in (("unchanged_drive",), ()):
        prefs[REWRITES] = rewrites
        pre = NeuronGroup(20, "x = sin(t/ms) : 1", dt=0.2 * ms, name="pre")
        post = NeuronGroup(3, "y : 1", name="post")
        drive = Synapses(pre, post, "y_post = x_pre/20 : 1 (summed)", name="drive")
        drive.connect()
        Network(pre, post, drive).run(1.1 * ms)
        results.append(np.array(post.y))
    np.testing.assert_allclose(results[0], np.sin(1.0))
    assert results[0].tobytes() == results[1].tobytes()


def test_changes_take_effect_in_their_step():
    _, _, drive = recorded(("unchanged_drive",))
    steps = np.flatnonzero(np.any(np.diff(drive, axis=1) != 0, axis=0)) + 1
    # Sources change at full milliseconds, weights by hand at 2.5 ms; the monitor sees the sum of a
    # step at the start of the next one.
    assert list(steps) == [1, 11, 21, 26, 31, 41]


def test_python_in_the_network_may_change_anything():
    prefs[REWRITES] = ("unchanged_drive",)
    made = network(change="")
    pre, w = made["pre"], made["drive"].variables["w"].get_value()
    pre.x = 1

    def tread(t):
        w[:] = float(t / ms)

    made.add(NetworkOperation(tread, when="start"))
    made.run(1 * ms)
    # The monitor sees the sum of a step at the start of the next one.
    expected = 20 * np.concatenate([[0], np.arange(9) * 0.1])
    np.testing.assert_allclose(made["monitor"].drive[0], expected, rtol=1e-12)
