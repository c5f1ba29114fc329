"""Adding cells: what is joined, what is once, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import Network, ms, mV, prefs, volt

from bioplaus.neurons.cell import Cell, Clocks, Operation, ShapeError

LEAK = Cell(
    equations="""
    dv/dt = (rest - v
             + drive)/tau : 1
    drive : 1
    """,
    threshold="v > 1",
    reset="v = 0",
    method="exact",
    constants={"rest": 0.0, "tau": 10 * ms},
)
COUNTED = Cell(equations="spikes : 1", reset="spikes += 1", start={"spikes": 3.0})


def test_a_sum_has_both_texts_and_the_same_twice_is_once():
    both = LEAK + COUNTED
    again = both + COUNTED + LEAK + Cell()
    for name in ("equations", "reset", "threshold", "method", "constants", "start"):
        assert getattr(again, name) == getattr(both, name)
    assert both.reset.splitlines() == ["v = 0", "spikes += 1"]
    assert both.equations.splitlines()[-1] == "spikes : 1"


def test_statements_of_one_event_follow_one_another():
    opens = Cell(events={"burst": "v > 2"}, on_event={"burst": "a = 1\nb = 2"})
    both = opens + Cell(events={"burst": "v > 2"}, on_event={"burst": "b = 2\nc = 3", "late": "d"})
    assert both.on_event == {"burst": "a = 1\nb = 2\nc = 3", "late": "d"}


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (Cell("x : 1"), Cell("x : volt"), r"x means two things .*: x : 1 and x : V"),
        (Cell("dx/dt = -x/tau : 1"), Cell("x = 3 : 1"), "x means two things"),
        (Cell(threshold="v > 1"), Cell(threshold="v > 2"), "one threshold, not 'v > 1' and"),
        (Cell(method="euler"), Cell(method="exact"), "one method"),
        (Cell(refractory=2 * ms), Cell(refractory=3 * ms), "one refractory"),
        (Cell(constants={"k": 1.0}), Cell(constants={"k": 2.0}), "k means two things .*constants"),
        (Cell(constants={"k": 1 * ms}), Cell(constants={"k": 1 * mV}), "k means two things"),
        (Cell(start={"k": np.zeros(3)}), Cell(start={"k": np.zeros(2)}), "k means .* start"),
        (Cell(start={"k": np.zeros(3)}), Cell(start={"k": np.ones(3)}), "k means .* start"),
        (Cell(events={"b": "v > 1"}), Cell(events={"b": "v > 2"}), "b means .* events"),
        (
            Cell(operations={"o": Operation("x = 1", "frame")}),
            Cell(operations={"o": Operation("x = 1", 2 * ms)}),
            "o means .* operations",
        ),
    ],
)
def test_two_meanings_are_refused(one, other, words):
    with pytest.raises(ShapeError, match=words):
        one + other


def test_equal_values_are_one_value():
    """Arrays and quantities compare by value, a quantity in another unit too."""
    one = Cell(constants={"a": np.arange(3), "b": 1 * volt}, operations={"o": Operation("x = 1")})
    other = Cell(constants={"a": np.arange(3), "b": 1e3 * mV}, operations={"o": Operation("x = 1")})
    assert (one + other).constants.keys() == {"a", "b"}


def test_a_group_does_what_the_text_says_on_its_clocks():
    """Seen at a frame of 5 ms: counts at 0, 5 and 10 ms; the step's operation runs 12 times."""
    prefs.codegen.target = "numpy"
    cell = Cell(
        equations="steps : 1\nframes : 1\nslow : 1",
        operations={
            "each": Operation("steps += 1"),
            "seen": Operation("frames += 1", "frame"),
            "own": Operation("slow += 1", 4 * ms),
        },
    )
    group = (cell + Cell(start={"slow": 1.0})).group(2, "cells", Clocks.of(1e-3, 5 * ms))
    Network(group).run(12 * ms)
    assert (group.steps[0], group.frames[0], group.slow[1]) == (12, 3, 4)
    assert {each.name for each in group.contained_objects} >= {"cells_each", "cells_seen"}
