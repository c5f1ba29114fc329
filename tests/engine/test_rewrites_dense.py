"""All-to-all projections are swept by rows: no index arrays, and not one bit is different."""

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    StateMonitor,
    Synapses,
    ms,
    prefs,
    seed,
)

import bioplaus.engine
from bioplaus.engine.program.shape import shape_of
from bioplaus.engine.running.plan import last_plan

assert bioplaus.engine

REWRITES = "codegen.runtime.numba.rewrites"
pytestmark = pytest.mark.usefixtures("on_the_engine")


def connected(pre, post, *equations, weights, **options):
    synapses = Synapses(pre, post, *equations, method="euler", **options)
    synapses.connect()
    synapses.w = weights.normal(size=len(pre) * len(post))
    return synapses


def many_forms():
    """Drives, weight changes and spike effects; whole groups, parts of groups, and a delay."""
    weights = np.random.default_rng(1)
    pre = NeuronGroup(
        7, "dx/dt = (sin(0.2*i + t/(3*ms)) - x)/(5*ms) : 1\nback : 1", method="euler", name="pre"
    )
    post = NeuronGroup(
        11, "dy/dt = (drive - y)/(5*ms) : 1\ndrive : 1\njolt : 1", method="euler", name="post"
    )
    source = SpikeGeneratorGroup(5, [0, 3, 4, 1, 2, 2], np.array([0, 0, 1, 2, 2, 4]) * 0.3 * ms)
    forward = connected(
        pre,
        post,
        """dw/dt = 30*Hz*(y_post*x_pre - 0.1*w) : 1 (clock-driven)
        drive_post = w*x_pre : 1 (summed)""",
        weights=weights,
        name="forward",
    )
    backward = connected(
        pre, post, "w : 1\nback_pre = w*exp(-y_post) : 1 (summed)", weights=weights, name="backward"
    )
    parts = connected(
        pre[2:6], post[3:9], "dw/dt = -w*x_pre*y_post*Hz : 1 (clock-driven)",
        weights=weights, name="parts",
    )  # fmt: skip
    event = connected(
        source, post[1:], "w : 1", on_pre="jolt_post += w\nw *= 0.9", weights=weights, name="event"
    )
    late = connected(
        source, post, "w : 1", on_pre="jolt_post -= w*y_post", delay=0.5 * ms, weights=weights,
        name="late",
    )  # fmt: skip
    recurrent = connected(
        pre,
        pre,
        "dw/dt = (x_pre - x_post)*Hz : 1 (clock-driven)",
        weights=weights,
        name="recurrent",
    )
    groups = [pre, post, source]
    projections = [forward, backward, parts, event, late, recurrent]
    monitor = StateMonitor(post, ["y", "jolt", "drive"], record=True, name="monitor")
    return Network(*groups, *projections, monitor), projections, monitor


def results(rewrites):
    prefs[REWRITES] = rewrites
    seed(1)
    network, projections, monitor = many_forms()
    network.run(3 * ms)
    network.run(2 * ms)
    steps = [s for s in last_plan(network).steps if isinstance(s.code_object.owner, Synapses)]
    swept = [step.shape is not None for step in steps]
    recorded = [
        monitor.y,
        monitor.jolt,
        monitor.drive,
        network["pre"].variables["back"].get_value(),
    ]
    weights = [projection.variables["w"].get_value() for projection in projections]
    return swept, b"".join(np.asarray(a).tobytes() for a in [*recorded, *weights]), projections


def test_every_form_has_the_same_bits_as_the_plain_loops():
    swept, bits, projections = results(("dense", "one_pass"))
    assert len(swept) == 6  # the weight change and the drive of `forward` are one
    assert all(swept)
    assert [shape_of(p).rows for p in projections] == [7, 7, 4, 5, 5, 7]
    assert [shape_of(p).first_target for p in projections] == [0, 0, 3, 1, 0, 0]
    plain_swept, plain_bits, _ = results(())
    assert not any(plain_swept)
    assert bits == plain_bits


@pytest.mark.parametrize(
    "connection",
    [
        {"condition": "i < j"},
        {"condition": "i != j and i != j + 1"},
        {"j": "i"},
        {"i": [0, 1, 0, 1], "j": [0, 0, 1, 1]},
        {"i": [0, 0, 1, 1], "j": [0, 0, 1, 1]},
        {"p": 1, "n": 2},
    ],
)
def test_anything_else_is_not_taken_for_all_to_all(connection):
    group = NeuronGroup(2 if "i" in connection else 4, "x : 1")
    synapses = Synapses(group, group)
    synapses.connect(**connection)
    assert shape_of(synapses) is None


def test_a_projection_that_grows_is_looked_at_again():
    group = NeuronGroup(3, "x : 1", dt=1 / (10 * Hz))
    synapses = Synapses(group, group)
    synapses.connect(j="0")
    assert shape_of(synapses).columns == 1
    synapses.connect(j="2")
    assert shape_of(synapses) is None


def passes(name, weight_change):
    """How a drive and a weight change of one projection are joined, and the weights after 2 ms."""
    pre = NeuronGroup(3, "x = sin(i + t/ms) : 1", name="pre")
    post = NeuronGroup(4, "dy/dt = (drive - y)/ms : 1\ndrive : 1", method="euler", name="m_post")
    weights = np.random.default_rng(2)
    equations = f"dw/dt = {weight_change}/ms : 1 (clock-driven)\ndrive_post = w*x_pre : 1 (summed)"
    projection = connected(pre, post, equations, weights=weights, name=name)
    network = Network(pre, post, projection)
    network.run(2 * ms)
    notes = [note for step in last_plan(network).steps for note in step.notes]
    joined = [note for note in notes if note.startswith("one_pass")]
    return joined, projection.variables["w"].get_value().tobytes()


@pytest.mark.parametrize(
    ("name", "weight_change", "joins"),
    [
        ("a_early", "x_pre*y_post", True),  # the weight changes before the target does
        ("z_late", "x_pre*y_post", False),  # the target changes first, and the weight sees it
        ("a_own", "x_pre*drive_post", False),  # the change needs the whole sum
        ("a_noisy", "x_pre*rand()", False),  # other numbers would be drawn
        ("z_free", "x_pre*w", True),
    ],
)
def test_a_drive_and_a_weight_change_are_joined_only_where_order_allows(name, weight_change, joins):
    prefs[REWRITES] = ("dense", "one_pass")
    seed(4)
    joined, bits = passes(name, weight_change)
    assert bool(joined) == joins
    prefs[REWRITES] = ()
    seed(4)
    assert passes(name, weight_change) == ([], bits)


def test_what_has_joined_an_earlier_sweep_still_stands_between_others():
    """The weights must change by the error of this step, whose sum has joined that of the drive."""

    def passes():
        pre = NeuronGroup(3, "x = sin(i + t/ms) : 1", name="pre")
        post = NeuronGroup(4, "drive : 1\ncurrent : 1\nerror : 1", name="post")
        sums = "current_post = w*x_pre : 1 (summed)\nerror_post = w*x_pre**2 : 1 (summed)\nw : 1"
        learns = "drive_post = w*x_pre : 1 (summed)\ndw/dt = error_post*x_pre/ms : 1 (clock-driven)"
        weights = np.random.default_rng(2)
        learning = connected(pre, post, learns, weights=weights, name="a_learning")
        encoding = connected(pre, post, sums, weights=weights, name="b_encoding")
        network = Network(pre, post, learning, encoding)
        network.run(2 * ms)
        notes = [note for step in last_plan(network).steps for note in step.notes]
        joined = [note for note in notes if note.startswith("one_pass")]
        return joined, learning.variables["w"].get_value().tobytes()

    prefs[REWRITES] = ("dense", "one_pass")
    joined, bits = passes()
    assert joined == ["one_pass: joined with b_encoding_summed_variable_error_post"]
    prefs[REWRITES] = ()
    assert passes() == ([], bits)


@pytest.mark.parametrize(
    ("expression", "together"), [("w*y_pre", True), ("w*(x_pre + y_pre)", False)]
)
def test_rows_go_together_only_where_they_meet_at_the_target_alone(expression, together):
    """Where what is summed is also read at the source, a row must be complete before the next."""
    results = []
    for rewrites in ((), ("dense",)):
        prefs[REWRITES] = rewrites
        cells = NeuronGroup(9, "dy/dt = (x - y)/ms : 1\nx : 1", method="euler", name="cells")
        cells.y = np.linspace(-1, 1, 9)
        drive = connected(
            cells, cells, f"w : 1\nx_post = {expression} : 1 (summed)",
            weights=np.random.default_rng(4), name="drive",
        )  # fmt: skip
        network = Network(cells, drive)
        network.run(2 * ms)
        results.append(np.array(cells.y).tobytes())
    assert results[0] == results[1]
    assert ("of_row_3" in last_plan(network).program.text) == together
