"""Projections without self-connections are swept in two parts a row: not one bit is different."""

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeGeneratorGroup, StateMonitor, Synapses, ms, prefs

import bioplaus.engine
from bioplaus.engine.program.shape import Shape, shape_of

assert bioplaus.engine

REWRITES = "codegen.runtime.numba.rewrites"

CELLS = """
dx/dt = (sin(0.2*i + t/(3*ms)) + 0.1*drive - x)/(5*ms) : 1
drive : 1
back : 1
jolt : 1
"""
LEARNING = (
    "dw/dt = (y_post*x_pre - w)/(30*ms) : 1 (clock-driven)\ndrive_post = w*x_pre : 1 (summed)"
)


def connected(pre, post, *equations, number, condition="i != j", **options):
    synapses = Synapses(pre, post, *equations, method="euler", **options)
    synapses.connect(condition)
    synapses.w = np.random.default_rng(number).normal(size=len(synapses))
    return synapses


def network(size):
    """Every form of loop over synapses, on whole groups and between parts of one group."""
    cells = NeuronGroup(size, CELLS + "y = cos(x) : 1", method="euler", name="cells")
    source = SpikeGeneratorGroup(
        size, [0, 3, 4, 1, 2, size - 1], np.array([0, 0, 1, 2, 2, 4]) * 0.3 * ms, name="source"
    )
    projections = [
        connected(cells, cells, LEARNING, number=1, name="learning"),
        connected(
            cells, cells, "w : 1\nback_pre = w*exp(-x_post) : 1 (summed)", number=2, name="backward"
        ),
        connected(
            cells[2:6], cells[3:], "dw/dt = -w*x_pre*x_post/ms : 1 (clock-driven)",
            number=3, name="parts", condition="i + 2 != j + 3",
        ),
        connected(
            cells[1:], cells[:4], "dw/dt = -w*x_pre*x_post/ms : 1 (clock-driven)",
            number=4, name="tall", condition="i + 1 != j",
        ),
        connected(
            source, cells, "w : 1", on_pre="jolt_post += w\nw *= 0.9", number=5, name="event",
        ),
        connected(
            source, cells, "w : 1", on_pre="jolt_post -= w*y_post + j", number=6, name="late",
            delay=0.5 * ms,
        ),
    ]  # fmt: skip
    monitor = StateMonitor(cells, ["x", "drive", "back", "jolt"], record=True, name="monitor")
    return Network(cells, source, projections, monitor), projections, monitor


def outcome(size):
    simulated, projections, monitor = network(size)
    simulated.run(3 * ms)
    simulated.run(2 * ms)
    recorded = {name: np.array(getattr(monitor, name)) for name in monitor.record_variables}
    return recorded | {p.name: np.array(p.w) for p in projections}, simulated, projections


@pytest.mark.usefixtures("on_the_engine")
@pytest.mark.parametrize("size", [13])
def test_every_form_has_the_same_bits_as_the_plain_loops(size, capsys):
    swept, simulated, projections = outcome(size)
    assert [shape_of(p).gap for p in projections] == [0, 0, -1, 1, 0, 0]
    bioplaus.engine.explain(simulated)
    assert capsys.readouterr().out.count("in two parts each: no self-connections") >= 6
    prefs[REWRITES] = ()
    plain, simulated, _ = outcome(size)
    for name, expected in plain.items():
        assert swept[name].tobytes() == expected.tobytes(), name
    prefs.codegen.target = "numpy"
    for name, expected in outcome(size)[0].items():
        np.testing.assert_allclose(swept[name], expected, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("gap", [None, -9, -2, -1, 0, 1, 3, 9])
@pytest.mark.parametrize(("rows", "columns"), [(1, 4), (5, 1), (4, 6), (6, 4)])
def test_a_shape_knows_its_synapses(rows, columns, gap):
    pairs = [(r, c) for r in range(rows) for c in range(columns) if gap is None or c != r + gap]
    shape = Shape(rows, columns, 2, 3, gap)
    assert len(shape) == len(pairs)
    assert shape.sources().tolist() == [r + 2 for r, _ in pairs]
    assert shape.targets().tolist() == [c + 3 for _, c in pairs]
